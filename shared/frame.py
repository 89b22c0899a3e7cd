"""Families laid out once, to be filled again and again.

Making the text of each sample is most of a page's cost. Where names and label sets stay the same from scrape to
scrape, a frame holds all the text between the values, and a page is made by joining the two.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from motes.shared.exposition import Family, Heading, Value, heading, numbers

# Kind, name and HELP of a family, and the label sets of its samples (as `labels` writes them; b"" for none).
Row = tuple[str, str, str, Sequence[bytes]]


class Frame:
    """Families in their order, with their label sets. Those without any are left out.

    `text` is what stands before each value, and, as its last piece, behind them all.
    """

    __slots__ = ("_clashing", "_openmetrics", "_parts", "names", "size", "text")

    def __init__(self, families: Iterable[Row]) -> None:
        self._parts = [
            (heading(name, kind, help), [b"\n%b%b " % (name.encode(), label_set) for label_set in label_sets])
            for kind, name, help, label_sets in families
            if label_sets
        ]
        self.names = tuple([part.name for part, _ in self._parts])
        self.size = sum([len(samples) for _, samples in self._parts])
        self.text = _between([(part.text, samples) for part, samples in self._parts])
        self._clashing = [name for part, _ in self._parts for name in part.clashing]
        self._openmetrics: list[bytes] = []

    @property
    def headings(self) -> tuple[Heading, ...]:
        return tuple([part for part, _ in self._parts])

    def families(self) -> Iterator[tuple[Heading, list[bytes]]]:
        """Each heading with its label sets."""
        for part, samples in self._parts:
            # Before a label set stand the end of a line and the name, behind it a blank.
            begin = len(part.key) + 1
            yield part, [sample[begin:-1] for sample in samples]

    def mapped(self, change: Callable[[bytes], bytes]) -> "Frame":
        """The same with other label sets."""
        return Frame([(each.kind, each.name, each.help, list(map(change, sets))) for each, sets in self.families()])

    def bodies(self, values: Sequence[bytes]) -> "Iterator[tuple[Heading, bytes]]":
        """Each heading with its sample lines, of a frame that was filled with these values."""
        rest = iter(values)
        for part, samples in self._parts:
            lines = b"".join([piece for sample in samples for piece in (sample, next(rest))])
            yield part, lines[1:] + b"\n"

    def fill(self, values: Iterable[Value]) -> Family:
        """The frame with values, all samples of the first family first; ValueError for bytes that are no number."""
        given = list(values)
        if len(given) != self.size:
            raise ValueError(f"{len(given)} values for {self.size} samples")
        return self, numbers(given)

    def openmetrics(self, taken: Container[str]) -> list[bytes]:
        """As `text`, for OpenMetrics; `taken` are the names of all families on the page."""
        if any(name in taken for name in self._clashing):
            return self._for_openmetrics(taken)
        if not self._openmetrics:
            self._openmetrics = self._for_openmetrics(taken)
        return self._openmetrics

    def _for_openmetrics(self, taken: Container[str]) -> list[bytes]:
        return _between([(part.openmetrics(taken), samples) for part, samples in self._parts])


def _between(parts: Iterable[tuple[bytes, list[bytes]]]) -> list[bytes]:
    between = []
    end = b""
    for head, samples in parts:
        # A heading ends its own last line, a value does not.
        between.append(end + head + samples[0][1:])
        between += samples[1:]
        end = b"\n"
    return [*between, end]
