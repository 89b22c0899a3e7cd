"""Families and samples to text: Prometheus text 0.0.4 and OpenMetrics 1.0.0.

A family is a pair of its heading and its body, the sample lines, ready to send. The lines are the same in both
formats; only the comments around them differ. Headings are made once and found again by name.
Many families whose label sets stay the same are cheaper as one Frame, see frame.py.

A value is an int, a float, or the digits that the kernel wrote, as bytes: those go out as they came.
Errors: bytes that are no number raise ValueError, so that garbage fails a collector and not the page.
Source: the text-based exposition format 0.0.4; OpenMetrics 1.0.0.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from math import isfinite, isnan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from motes.shared.frame import Frame

Value = bytes | int | float
Samples = Value | Mapping[bytes, Value]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
END = b"# EOF\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# As a tuple, for a union would be built anew at every call.
_NUMBERS = (bytes, int, float)
_MOST_HEADINGS = 10_000
_LETTERS = frozenset(b"_xXnNpP")
# A large exponent has a plus; between values stand a comma and a blank.
_PLAIN = b"0123456789.e+-, "


class Heading:
    """A family's name, kind and HELP, as each format writes them.

    `base` is the name of a counter without `_total`, which is its family's name in OpenMetrics; else it is empty.
    Then `clashing` are the names that no other family may have there.
    """

    __slots__ = ("_openmetrics", "base", "clashing", "help", "key", "kind", "name", "text")

    def __init__(self, name: str, kind: str, help: str) -> None:
        if not name.isascii() or not name.replace(":", "_").isidentifier():
            raise ValueError(f"{name!r} is no metric name")
        self.name = name
        self.kind = kind
        self.help = help
        self.key = name.encode()
        self.base = name[:-6] if kind == "counter" and name.endswith("_total") else ""
        self.clashing = (self.base, self.base + "_created") if self.base else ()
        told = help.replace("\\", "\\\\").replace("\n", "\\n")
        self.text = f"# HELP {name} {told}\n# TYPE {name} {kind}\n".encode("utf-8", "replace")
        self._openmetrics = b""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def headings(self) -> "tuple[Heading, ...]":
        return (self,)

    def openmetrics(self, taken: Container[str]) -> bytes:
        """For OpenMetrics. A counter that clashes with another family, in `taken`, is of unknown kind there."""
        if any(name in taken for name in self.clashing):
            return _openmetrics(self.name, "unknown", self.help)
        if not self._openmetrics:
            kind = "counter" if self.base else "gauge" if self.kind == "gauge" else "unknown"
            self._openmetrics = _openmetrics(self.base or self.name, kind, self.help)
        return self._openmetrics


if TYPE_CHECKING:
    # What a collector yields: a heading with its sample lines, or a frame with its values.
    Family = tuple[Heading, bytes] | tuple[Frame, list[bytes]]
else:
    Family = tuple

_headings: dict[str, Heading] = {}


def heading(name: str, kind: str, help: str) -> Heading:
    """The heading of these three; ValueError for a name that is none."""
    found = _headings.get(name)
    if found is None or found.kind != kind or found.help != help:
        if len(_headings) >= _MOST_HEADINGS:
            _headings.clear()
        found = _headings[name] = Heading(name, kind, help)
    return found


def gauge(name: str, help: str, samples: Samples) -> Family:
    """A family of one sample, or of one for each label set (as `labels` writes it) in a mapping."""
    known = heading(name, "gauge", help)
    return known, _body(known.key, samples)


def counter(name: str, help: str, samples: Samples) -> Family:
    """As `gauge`; a name without `_total` is served as it is, and is `unknown` in OpenMetrics."""
    known = heading(name, "counter", help)
    return known, _body(known.key, samples)


def untyped(name: str, help: str, samples: Samples) -> Family:
    """As `gauge`, for numbers whose kind their source does not tell."""
    known = heading(name, "untyped", help)
    return known, _body(known.key, samples)


def labels(**pairs: str | bytes) -> bytes:
    """`{name="value",…}`, escaped. What is not UTF-8 becomes U+FFFD."""
    return b"{" + b",".join([b'%b="%b"' % (name.encode(), escape(value)) for name, value in pairs.items()]) + b"}"


def escape(value: str | bytes) -> bytes:
    """A label value as it stands between the quotes."""
    if isinstance(value, str):
        value = _encoded(value)
    if not value.isascii():
        value = value.decode("utf-8", "replace").encode()
    if b"\\" in value or b'"' in value or b"\n" in value:
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return value


def _encoded(value: str) -> bytes:
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Half a pair of UTF-16, as JSON can hold it.
        return value.encode("utf-8", "surrogatepass")


def number(value: Value) -> bytes:
    """One value in the syntax of both formats; ValueError for bytes that are none."""
    if isinstance(value, bytes):
        return value if value.isdigit() else _checked(value)
    if isinstance(value, int):
        return b"%d" % value
    if isfinite(value):
        return b"%r" % value
    return b"NaN" if isnan(value) else b"+Inf" if value > 0 else b"-Inf"


def numbers(values: "list[Any]") -> list[bytes]:
    """Each of these as `number` gives it. One look at all of them is enough where all are digits, or none is bytes."""
    if not values or isinstance(values[0], bytes):
        return _digits(values) or [number(value) for value in values]
    # What Python writes of ints and floats is what `number` makes of them; of True, nan and others it has letters.
    written = repr(values)[1:-1].encode()
    if written.translate(None, _PLAIN):
        return [number(value) for value in values]
    return written.split(b", ")


def _digits(values: "list[Any]") -> "list[Any] | None":
    try:
        plain = b"".join(values).isdigit() and b"" not in values
    except TypeError:
        return None
    return values if plain else None


def _checked(value: bytes) -> bytes:
    # Python reads more than the formats allow: white space, 1_000, infinity.
    parsed = float(value)
    return number(parsed) if _LETTERS.intersection(value) else value.strip()


def _body(key: bytes, samples: Samples) -> bytes:
    if isinstance(samples, _NUMBERS):
        return b"%b %b\n" % (key, number(samples))
    if not samples:
        return b""
    values = numbers(list(samples.values()))
    return b"".join([b"%b%b %b\n" % (key, label_set, value) for label_set, value in zip(samples, values, strict=True)])


def text(families: Iterable[Family]) -> bytes:
    """A page in the Prometheus text format 0.0.4."""
    return b"".join(text_pieces(families))


def text_pieces(families: Iterable[Family]) -> list[bytes]:
    """A page in the text format, in pieces. Families without a sample are left out."""
    pieces: list[bytes] = []
    layout: Any  # the checker loses which layout goes with which samples
    samples: Any
    for layout, samples in families:
        if isinstance(samples, list):
            pieces += _woven(layout.text, samples)
        elif samples:
            pieces.append(layout.text)
            pieces.append(samples)
    return pieces


def openmetrics_pieces(families: Iterable[Family], taken: Container[str]) -> list[bytes]:
    """The same series as OpenMetrics 1.0.0, without `END`; `taken` are the names of all families on the page."""
    pieces: list[bytes] = []
    layout: Any  # the checker loses which layout goes with which samples
    samples: Any
    for layout, samples in families:
        if isinstance(samples, list):
            pieces += _woven(layout.openmetrics(taken), samples)
        elif samples and layout.kind in ("histogram", "summary"):
            pieces.extend(_as_unknown(layout.help, samples))
        elif samples:
            pieces.append(layout.openmetrics(taken))
            pieces.append(samples)
    return pieces


def _woven(between: Sequence[bytes], values: Sequence[bytes]) -> list[bytes]:
    """What stands between values, and the values."""
    woven = [b""] * (2 * len(values) + 1)
    woven[::2] = between
    woven[1::2] = values
    return woven


def _openmetrics(name: str, kind: str, help: str) -> bytes:
    told = help.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f"# HELP {name} {told}\n# TYPE {name} {kind}\n".encode("utf-8", "replace")


def _as_unknown(help: str, body: bytes) -> Iterable[bytes]:
    # OpenMetrics asks of histograms what the older format does not (canonical `le`, a +Inf bucket);
    # series by series they stay what they are in the text format.
    series: dict[bytes, list[bytes]] = {}
    # Not splitlines: a label value may hold a carriage return.
    for line in body[:-1].split(b"\n"):
        series.setdefault(line.partition(b" ")[0].partition(b"{")[0], []).append(line)
    for name, lines in series.items():
        yield _openmetrics(name.decode(), "unknown", help)
        yield b"\n".join([*lines, b""])
