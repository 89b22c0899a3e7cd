"""A metrics page in the text format, as values to compare."""

import re

Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')
_ESCAPED = re.compile(r"\\(.)")


class Page:
    """`kinds` by name (a histogram's has three), `values` by series. AssertionError for a line that should not be."""

    def __init__(self, text: str) -> None:
        self.kinds: dict[str, str] = {}
        self.values: dict[Series, float] = {}
        family = kind = ""
        for line in filter(None, text.split("\n")):
            if line.startswith("# TYPE "):
                family, kind = line.split(" ")[2:]
            elif not line.startswith("#"):
                series, value = _sample(line)
                assert series not in self.values, f"twice on one page: {line}"
                assert series[0].startswith(family), f"among the samples of {family}: {line}"
                self.kinds[series[0]] = kind
                self.values[series] = value


def _sample(line: str) -> tuple[Series, float]:
    found = _SAMPLE.fullmatch(line)
    assert found, f"no sample: {line!r}"
    name, inside, value = found.groups()
    assert not _LABEL.sub("", inside or ""), f"no labels: {line!r}"
    pairs = [(label, _unescaped(text)) for label, text in _LABEL.findall(inside or "")]
    return (name, tuple(sorted(pairs))), float(value)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def shown(series: Series) -> str:
    name, labels = series
    return name + "{" + ",".join(f"{label}={text!r}" for label, text in labels) + "}"
