"""What somebody else's collector gives, looked at before it gets onto the page that others share.

One line that is no sample, and Prometheus takes nothing of the whole page.
Errors: TypeError or ValueError for what is no family, or would not be read as what it is meant to be.
Source: the text-based exposition format 0.0.4.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from motes.shared.exposition import Family, Heading, number
from motes.shared.frame import Frame
from motes.shared.label_set import label_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    Collect = Callable[[float], Iterable[Family]]

# Kinds of families, with what the names of their samples may have behind the family's.
_SUFFIXES: dict[str, Sequence[bytes]] = {
    "counter": (b"",),
    "gauge": (b"",),
    "histogram": (b"_bucket", b"_sum", b"_count"),
    "summary": (b"", b"_sum", b"_count"),
    "untyped": (b"",),
}


class Foreign:
    """A collector's function. Series and frames that were good are known again in the next run."""

    def __init__(self, collect: "Collect") -> None:
        self._collect = collect
        self._frames: dict[Frame, None] = {}
        self._series: dict[bytes, None] = {}

    def collect(self, deadline: float) -> Iterator[Family]:
        frames, self._frames = self._frames, {}
        series, self._series = self._series, {}
        for family in self._collect(deadline):
            if type(family) is not tuple or len(family) != 2:
                raise TypeError(f"a {type(family).__name__} is no family, as gauge() and the like make them")
            layout, samples = family
            if type(layout) is Heading and type(samples) is bytes:
                self._check_body(layout, samples, series)
            elif type(layout) is Frame and type(samples) is list:
                self._check_frame(layout, samples, frames)
            else:
                raise TypeError("this is no family, as gauge() and the like make them")
            yield family

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
    if type(value) is not bytes or number(value) != value:
        raise ValueError(f"{value!r} is no number")


def _shown(series: bytes) -> str:
    return series.decode("utf-8", "replace")
