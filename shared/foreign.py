"""What somebody else's collector gives, looked at before it gets onto the page that others share.

One line that is no sample, and Prometheus takes nothing of the whole page.
Errors: TypeError or ValueError for what is no family, or would not be read as what it is meant to be.
Source: the text-based exposition format 0.0.4.
"""

from collections.abc import Iterable, Iterator, Sequence

from motes.shared.exposition import Family, Heading, number
from motes.shared.frame import Frame
from motes.shared.label_set import label_names

# Kinds of families, with what the names of their samples may have behind the family's.
_SUFFIXES: dict[str, Sequence[bytes]] = {
    "counter": (b"",),
    "gauge": (b"",),
    "histogram": (b"_bucket", b"_sum", b"_count"),
    "summary": (b"", b"_sum", b"_count"),
    "untyped": (b"",),
}


class Foreign:
    """Looks at what one collector gives. Series and frames that were good are known again in the next run."""

    def __init__(self) -> None:
        self._frames: dict[Frame, None] = {}
        self._series: dict[bytes, None] = {}

    def look(self, given: Iterable[Family]) -> Iterator[Family]:
        frames, self._frames = self._frames, {}
        series, self._series = self._series, {}
        try:
            for family in given:
                self._check(family, frames, series)
                yield family
        except BaseException:
            # As much as it may be, nobody needs it.
            self._frames, self._series = {}, {}
            raise

    def _check(self, family: object, frames: dict[Frame, None], series: dict[bytes, None]) -> None:
        layout, samples = family if type(family) is tuple and len(family) == 2 else (family, None)
        if type(layout) is Heading and type(samples) is bytes:
            self._check_body(layout, samples, series)
        elif type(layout) is Frame and type(samples) is list:
            self._check_frame(layout, samples, frames)
        else:
            raise TypeError(f"this {type(family).__name__} is no family as gauge() and the like make them")

    def _check_frame(self, frame: Frame, values: list[bytes], former: dict[Frame, None]) -> None:
        if len(values) != frame.size:
            raise ValueError(f"{len(values)} values for {frame.size} samples")
        for value in values:
            _check_number(value)
        if frame not in former:
            for heading, label_sets in frame.families():
                _check_kind(heading)
                if len(set(label_sets)) < len(label_sets):
                    raise ValueError(f"a series of {heading.name} was given twice")
                for label_set in label_sets:
                    label_names(label_set)
        self._frames[frame] = None

    def _check_body(self, heading: Heading, body: bytes, former: dict[bytes, None]) -> None:
        _check_kind(heading)
        *lines, rest = body.split(b"\n")
        if rest:
            raise ValueError(f"the last line of {heading.name} does not end")
        for line in lines:
            series, _, value = line.rpartition(b" ")
            _check_number(value)
            if series in self._series:
                raise ValueError(f"the series {_shown(series)} was given twice")
            if series not in former:
                _check_series(heading, series)
            self._series[series] = None


def _check_kind(heading: Heading) -> None:
    if heading.kind not in _SUFFIXES:
        raise ValueError(f"{heading.name} is a {heading.kind}, which is none of: {', '.join(_SUFFIXES)}")


def _check_series(heading: Heading, series: bytes) -> None:
    name, brace, rest = series.partition(b"{")
    if name not in [heading.key + suffix for suffix in _SUFFIXES[heading.kind]]:
        raise ValueError(f"{_shown(series)} is no series of the {heading.kind} {heading.name}")
    label_names(brace + rest)


def _check_number(value: bytes) -> None:
    try:
        good = type(value) is bytes and number(value) == value
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{value!r} is no number as it stands on a page")


def _shown(series: bytes) -> str:
    return series.decode("utf-8", "replace")
