"""Families and samples to text: Prometheus text 0.0.4 and OpenMetrics 1.0.0.

A family is a plain tuple `(name, kind, help, body)`, where body holds its sample lines, ready to send.
The lines are the same in both formats; only the comments around them differ.

A value is an int, a float, or the digits that the kernel wrote, as bytes: those go out as they came.
Errors: bytes that are no number raise ValueError, so that garbage fails a collector and not the page.
Source: the text-based exposition format 0.0.4; OpenMetrics 1.0.0.
"""

from collections.abc import Container, Iterable, Mapping
from math import isfinite, isnan

Value = bytes | int | float
Samples = Value | Mapping[bytes, Value]
Family = tuple[str, str, str, bytes]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
END = b"# EOF\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# As a tuple, for a union would be built anew at every call.
_NUMBERS = (bytes, int, float)
_CACHED_HEADERS = 10_000
_LETTERS = frozenset(b"_xXnNpP")
_text_headers: dict[tuple[str, str, str], bytes] = {}
_openmetrics_headers: dict[tuple[str, str, str], bytes] = {}


def gauge(name: str, help: str, samples: Samples) -> Family:
    """A family of one sample, or of one for each label set (as `labels` writes it) in a mapping."""
    return name, "gauge", help, _body(name.encode(), samples)


def counter(name: str, help: str, samples: Samples) -> Family:
    """As `gauge`; a name without `_total` is served as it is, and is `unknown` in OpenMetrics."""
    return name, "counter", help, _body(name.encode(), samples)


def untyped(name: str, help: str, samples: Samples) -> Family:
    """As `gauge`, for numbers whose kind their source does not tell."""
    return name, "untyped", help, _body(name.encode(), samples)


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


def _checked(value: bytes) -> bytes:
    # Python reads more than the formats allow: white space, 1_000, infinity.
    parsed = float(value)
    return number(parsed) if _LETTERS.intersection(value) else value.strip()


def _body(name: bytes, samples: Samples) -> bytes:
    if isinstance(samples, _NUMBERS):
        return b"%b %b\n" % (name, number(samples))
    return b"".join([b"%b%b %b\n" % (name, key, number(value)) for key, value in samples.items()])


def text(families: Iterable[Family]) -> bytes:
    """A page in the Prometheus text format 0.0.4."""
    return b"".join(text_pieces(families))


def text_pieces(families: Iterable[Family]) -> list[bytes]:
    """A page in the text format, in pieces. Families without a sample are left out."""
    chunks: list[bytes] = []
    known = _text_headers
    for name, kind, help, body in families:
        if body:
            chunks.append(known.get((name, kind, help)) or _text_header(name, kind, help))
            chunks.append(body)
    return chunks


def _text_header(name: str, kind: str, help: str) -> bytes:
    _check_name(name)
    told = help.replace("\\", "\\\\").replace("\n", "\\n")
    return _keep(_text_headers, (name, kind, help), f"# HELP {name} {told}\n# TYPE {name} {kind}\n")


def _check_name(name: str) -> None:
    if not name.isascii() or not name.replace(":", "_").isidentifier():
        raise ValueError(f"{name!r} is no metric name")


def _keep(headers: dict[tuple[str, str, str], bytes], key: tuple[str, str, str], header: str) -> bytes:
    if len(headers) >= _CACHED_HEADERS:
        headers.clear()
    headers[key] = header.encode("utf-8", "replace")
    return headers[key]


def openmetrics_pieces(families: Iterable[Family], taken: Container[str]) -> list[bytes]:
    """The same series as pieces of OpenMetrics 1.0.0, without `END`; `taken` are the names of all families there."""
    chunks: list[bytes] = []
    for name, kind, help, body in families:
        if not body:
            continue
        if kind in ("histogram", "summary"):
            chunks.extend(_as_unknown(help, body))
            continue
        key = name, "counted" if kind == "counter" and _counts(name, taken) else kind, help
        chunks.append(_openmetrics_headers.get(key) or _openmetrics_header(*key))
        chunks.append(body)
    return chunks


def _counts(name: str, taken: Container[str]) -> bool:
    """Whether a counter can be one in OpenMetrics, where its family has a name of its own and may have `_created`."""
    family = name.removesuffix("_total")
    return family not in ("", name) and family not in taken and f"{family}_created" not in taken


def _openmetrics_header(name: str, kind: str, help: str) -> bytes:
    told = help.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    shown = name[:-6] if kind == "counted" else name
    word = {"counted": "counter", "gauge": "gauge"}.get(kind, "unknown")
    return _keep(_openmetrics_headers, (name, kind, help), f"# HELP {shown} {told}\n# TYPE {shown} {word}\n")


def _as_unknown(help: str, body: bytes) -> Iterable[bytes]:
    # OpenMetrics asks of histograms what the older format does not (canonical `le`, a +Inf bucket);
    # series by series they stay what they are in the text format.
    series: dict[bytes, list[bytes]] = {}
    # Not splitlines: a label value may hold a carriage return.
    for line in body[:-1].split(b"\n"):
        series.setdefault(line.partition(b" ")[0].partition(b"{")[0], []).append(line)
    for name, lines in series.items():
        yield _openmetrics_header(name.decode(), "untyped", help)
        yield b"\n".join([*lines, b""])
