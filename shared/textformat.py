"""The Prometheus text format 0.0.4, read into families whose samples are ready to be sent again.

Strict, as Prometheus' own parser is: a line that is not understood, a label or a series that is there twice, or a
last line that does not end makes the whole text bad. Timestamps are refused.
Errors: ValueError with the number of the line and what is wrong there.
Source: the text-based exposition format 0.0.4.
"""

import re
from collections.abc import Iterator
from math import inf, isfinite, isinf, isnan

from motes.shared.exposition import labels, number

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_COMMENT = re.compile(r"#[ \t]*(HELP|TYPE)[ \t]+([^ \t]*)[ \t]*(.*)")
_LABEL = re.compile(r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\["\\n])*)"[ \t]*')
_HELP = re.compile(r'(?:[^\\]|\\["\\n])*')
_KINDS = frozenset(("counter", "gauge", "histogram", "summary", "untyped"))
# The label that tells a compound's parts apart, and the suffixes of its series.
_PART = {"summary": "quantile", "histogram": "le"}
_SUFFIXES = {"summary": ("_count", "_sum"), "histogram": ("_count", "_sum", "_bucket")}


class TextFamily:
    """`samples` maps the labels of each series, or of each compound, to its lines."""

    __slots__ = ("help", "kind", "name", "samples")

    def __init__(self, name: str, kind: str, help: str | None, samples: dict[bytes, bytes]) -> None:
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples


def parse(content: bytes) -> dict[str, TextFamily]:
    """The families that have a sample, by name."""
    *lines, rest = content.decode().split("\n")
    drafts: dict[str, _Draft] = {}
    for at, line in enumerate(lines, 1):
        try:
            _take(line.lstrip(" \t"), drafts)
        except ValueError as error:
            raise ValueError(f"line {at}: {error}") from None
    if rest.strip(" \t"):
        raise ValueError(f"line {len(lines) + 1}: the last line does not end")
    return {name: draft.family() for name, draft in drafts.items() if draft.metrics}


class _Metric:
    """A series, or the series of a compound: the parts by their bounds, the sum and the count."""

    __slots__ = ("count", "labels", "parts", "value")

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels
        self.value = b"0"
        self.count = 0
        self.parts: dict[float, bytes] = {}


class _Draft:
    """A family while its lines are read."""

    __slots__ = ("compounds", "help", "kind", "metrics", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = ""
        self.help: str | None = None
        self.metrics: list[_Metric] = []
        self.compounds: dict[frozenset[tuple[str, str]], _Metric] = {}

    def metric(self, labels: dict[str, str]) -> _Metric:
        """The one that a line of these labels belongs to."""
        key = frozenset(labels.items())
        if self.kind in _PART and key in self.compounds:
            return self.compounds[key]
        metric = self.compounds[key] = _Metric(labels)
        self.metrics.append(metric)
        return metric

    def family(self) -> TextFamily:
        names = sorted({name for metric in self.metrics for name in metric.labels})
        samples: dict[bytes, bytes] = {}
        for metric in self.metrics:
            # A label that only others of the family have is empty here.
            filled = {name: metric.labels.get(name, "") for name in names}
            key = labels(**filled) if filled else b""
            if key in samples:
                raise ValueError(f"{self.name}{key.decode()} is there twice")
            samples[key] = b"".join(self._lines(metric, filled, key))
        return TextFamily(self.name, self.kind, self.help, samples)

    def _lines(self, metric: _Metric, filled: dict[str, str], key: bytes) -> Iterator[bytes]:
        name = self.name.encode()
        if self.kind not in _PART:
            yield b"%b%b %b\n" % (name, key, metric.value)
            return
        part, suffix = _PART[self.kind], b"_bucket" if self.kind == "histogram" else b""
        if self.kind == "histogram":
            metric.parts.setdefault(inf, b"%d" % metric.count)
        for bound in sorted(metric.parts):
            yield b"%b%b%b %b\n" % (name, suffix, labels(**filled, **{part: _shown(bound)}), metric.parts[bound])
        yield b"%b_sum%b %b\n" % (name, key, metric.value)
        yield b"%b_count%b %d\n" % (name, key, metric.count)


def _take(line: str, drafts: dict[str, _Draft]) -> None:
    if line.startswith("#"):
        comment = _COMMENT.fullmatch(line)
        if comment and comment[2]:
            _describe(comment, drafts)
    elif line:
        _sample(line, drafts)


def _describe(comment: re.Match[str], drafts: dict[str, _Draft]) -> None:
    keyword, name, told = comment.groups()
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no metric's name")
    draft, _ = _draft(name, drafts)
    if not told:
        return
    if keyword == "HELP":
        if draft.help is not None:
            raise ValueError(f"a second HELP for {name}")
        if not _HELP.fullmatch(told):
            raise ValueError(f'an escape in the HELP for {name} that is none of \\\\ \\n \\"')
        draft.help = _unescaped(told)
    elif draft.kind:
        raise ValueError(f"a second TYPE for {name}, or one behind its samples")
    elif told.lower() in _KINDS:
        draft.kind = told.lower()
    else:
        raise ValueError(f"{told!r} is no type")


def _draft(name: str, drafts: dict[str, _Draft]) -> tuple[_Draft, str]:
    """The family that a name belongs to, and what the name has behind the family's."""
    if name not in drafts:
        for suffix in ("_count", "_sum", "_bucket"):
            found = drafts.get(name.removesuffix(suffix))
            if found and suffix in _SUFFIXES.get(found.kind, ()):
                return found, suffix
    return drafts.setdefault(name, _Draft(name)), ""


def _sample(line: str, drafts: dict[str, _Draft]) -> None:
    name = _NAME.match(line)
    if not name:
        raise ValueError(f"no metric's name: {line[:40]!r}")
    draft, suffix = _draft(name[0], drafts)
    draft.kind = draft.kind or "untyped"
    rest = line[name.end() :].lstrip(" \t")
    given: dict[str, str] = {}
    part = None
    if rest.startswith("{"):
        given, part, rest = _labels(rest, _PART.get(draft.kind))
    if " " in rest or "\t" in rest:
        raise ValueError(f"more than a value (timestamps are not taken): {rest[:40]!r}")
    value = _value(rest)
    metric = draft.metric(given)
    if draft.kind not in _PART or suffix == "_sum":
        metric.value = number(rest.encode())
    elif suffix == "_count":
        metric.count = _whole(value)
    elif part is not None and not isnan(part):
        metric.parts[part] = b"%d" % _whole(value) if draft.kind == "histogram" else number(rest.encode())


def _labels(text: str, special: str | None) -> tuple[dict[str, str], float | None, str]:
    """The labels between the braces, the special one's value, and what is behind."""
    given: dict[str, str] = {}
    part = None
    at = _past_blanks(text, 1)
    while not text.startswith("}", at):
        label = _LABEL.match(text, at)
        if not label or text[label.end() : label.end() + 1] not in (",", "}"):
            raise ValueError(f"no label: {text[at : at + 40]!r}")
        name, value = label[1], _unescaped(label[2])
        if name == special:
            part = _value(value)
        elif name in given or name.startswith("__"):
            raise ValueError(f"label {name} is {'there twice' if name in given else 'reserved'}")
        else:
            given[name] = value
        at = label.end()
        if text.startswith(",", at):
            at = _past_blanks(text, at + 1)
    return given, part, text[at + 1 :].lstrip(" \t")


def _past_blanks(text: str, at: int) -> int:
    while text.startswith((" ", "\t"), at):
        at += 1
    return at


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _value(text: str) -> float:
    try:
        # Python takes 1_000 and white space, and reads 1e999 as infinity.
        value = float(text) if text.isascii() and "_" not in text and text == text.strip() else None
    except ValueError:
        value = None
    if value is None or (isinf(value) and "i" not in text.lower()):
        raise ValueError(f"{text[:40]!r} is no number")
    return value


def _whole(value: float) -> int:
    if not isfinite(value) or value < 0:
        raise ValueError(f"{value} is no count")
    return int(value)


def _shown(bound: float) -> str:
    """A bound as Prometheus' libraries write it: 1, 2.5, 1e+06, +Inf."""
    if not isfinite(bound):
        return "+Inf" if bound > 0 else "-Inf"
    shortest = f"{bound!r}"
    digits = shortest.partition("e")[0].replace(".", "").strip("-0")
    scientific = f"{bound:.{max(len(digits) - 1, 0)}e}"
    return shortest.removesuffix(".0") if -4 <= int(scientific.partition("e")[2]) < 6 else scientific
