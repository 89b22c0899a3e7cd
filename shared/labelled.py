"""Collectors as the engine has them: under the name of what runs, with its labels on all of their series.

What a collector that is not of motes' own gives is looked at first, see foreign.py.
Errors: a series that has one of the labels already fails its collector.
"""

from collections.abc import Iterable, Iterator, Sequence

from motes.shared.collector import Collector, Failed
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame
from motes.shared.plugin import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from motes.shared.collector import Through


def labelled(
    collectors: Iterable[Collector], name: str, kin: str, label_pairs: Sequence[tuple[str, str]]
) -> Sequence[Collector]:
    """Those of one exporter that runs as `name` and is of the kind `kin`.

    Where nothing is to be changed about one it is the very same. TypeError or ValueError where one is none, or is
    there twice.
    """
    found = list(collectors)
    for each in found:
        if not isinstance(each, Collector) or not isinstance(each.name, str) or not callable(each.collect):
            raise TypeError(f"{each!r} is no Collector with a name and a function")
    names = [each.name for each in found]
    for each in found:
        if names.count(each.name) > 1:
            raise ValueError(f'it has two collectors called "{each.name}"')
    return [_labelled(each, name, kin, label_pairs) for each in found]


def _labelled(collector: Collector, name: str, kin: str, label_pairs: Sequence[tuple[str, str]]) -> Collector:
    foreign = not is_ours(collector.collect)
    if not foreign and not label_pairs and collector.exporter == name and collector.kin == kin:
        return collector
    through: Through | None = _Labels(label_pairs).put if label_pairs else None
    if foreign:
        from motes.shared.foreign import Foreign  # noqa: PLC0415 - for those who have one

        through = _one_after_the_other(Foreign().look, through)
    claims_last = foreign or collector.claims_last
    return Collector(name, collector.name, collector.collect, claims_last=claims_last, kin=kin, through=through)


def _one_after_the_other(first: "Through", second: "Through | None") -> "Through":
    return (lambda given: second(first(given))) if second else first


class _Labels:
    """Puts labels on families. What it has made of label sets and frames is kept until the next run."""

    def __init__(self, label_pairs: Sequence[tuple[str, str]]) -> None:
        self._names = frozenset([name.encode() for name, _ in label_pairs])
        self._text = labels(**dict(label_pairs))[1:-1]
        self._frames: dict[Frame, Frame] = {}
        self._label_sets: dict[bytes, bytes] = {}

    def put(self, families: Iterable[Family]) -> Iterator[Family]:
        frames, self._frames = self._frames, {}
        label_sets, self._label_sets = self._label_sets, {}
        try:
            for family in families:
                yield self._put_on(family, frames, label_sets)
        except BaseException:
            # As much as it may be, nobody needs it.
            self._frames, self._label_sets = {}, {}
            raise

    def _put_on(self, family: Family, frames: dict[Frame, Frame], label_sets: dict[bytes, bytes]) -> Family:
        layout: Any  # the checker loses which layout goes with which samples
        samples: Any
        layout, samples = family
        if not isinstance(layout, Frame):
            return layout, self._put_on_all(samples, label_sets)
        self._frames[layout] = known = frames.get(layout) or layout.mapped(self._put)
        return known, samples

    def _put_on_all(self, body: bytes, former: dict[bytes, bytes]) -> bytes:
        lines = []
        # Not splitlines: a label value may hold a carriage return.
        for line in body.split(b"\n")[:-1]:
            series, _, value = line.rpartition(b" ")
            name, brace, rest = series.partition(b"{")
            label_set = brace + rest
            known = self._label_sets.get(label_set)
            if known is None:
                self._label_sets[label_set] = known = former.get(label_set) or self._put(label_set)
            lines.append(b"%b%b %b\n" % (name, known, value))
        return b"".join(lines)

    def _put(self, label_set: bytes) -> bytes:
        from motes.shared.label_set import label_names  # noqa: PLC0415 - brings `re`, which few need

        names = label_names(label_set)
        taken = self._names.intersection(names)
        if taken:
            name = min(taken).decode()
            raise Failed(f"the label {name}, which is configured, is in {label_set.decode()} already")
        return label_set[:-1] + b"," + self._text + b"}" if names else b"{" + self._text + b"}"
