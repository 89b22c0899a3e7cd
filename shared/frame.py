"""Families laid out once, to be filled again and again.

Formatting sample by sample is most of a page's cost. Where names and label sets stay the same from scrape to scrape,
a frame holds all the text between the values, and filling it is one operation for all of its families.
"""

from collections.abc import Container, Iterable, Sequence

from motes.shared.exposition import Family, Value, heading, number

# Kind, name and HELP of a family, and the label sets of its samples (as `labels` writes them; b"" for none).
Row = tuple[str, str, str, Sequence[bytes]]


class Frame:
    """Families in their order, with their label sets. Those without any are left out."""

    __slots__ = ("_clashing", "_openmetrics", "_parts", "names", "size", "text")

    kind = help = ""

    def __init__(self, families: Iterable[Row]) -> None:
        self._parts = [
            (heading(name, kind, help), _template(name.encode(), label_sets))
            for kind, name, help, label_sets in families
            if label_sets
        ]
        self.names = tuple([part.name for part, _ in self._parts])
        self.size = sum([template.count(b"%b\n") for _, template in self._parts])
        self.text = b"".join([_literal(part.text) + template for part, template in self._parts])
        self._clashing = [name for part, _ in self._parts for name in part.clashing]
        self._openmetrics = b""

    def fill(self, values: Iterable[Value]) -> Family:
        """The frame with values, all samples of the first family first; ValueError for bytes that are no number."""
        # By way of a list: tuples that were made longer or shorter pile up in Python's store of free ones.
        filled = (*values,)
        if len(filled) != self.size:
            raise ValueError(f"{len(filled)} values for {self.size} samples")
        if not _all_digits(filled):
            filled = tuple([number(value) for value in filled])
        return self, filled

    def openmetrics(self, taken: Container[str]) -> bytes:
        """The template for OpenMetrics; `taken` are the names of all families on the page."""
        if any(name in taken for name in self._clashing):
            return self._for_openmetrics(taken)
        if not self._openmetrics:
            self._openmetrics = self._for_openmetrics(taken)
        return self._openmetrics

    def _for_openmetrics(self, taken: Container[str]) -> bytes:
        return b"".join([_literal(part.openmetrics(taken)) + samples for part, samples in self._parts])


def _all_digits(values: "tuple[Value, ...]") -> bool:
    """Whether all of them are bytes, and digits: one look instead of one at each."""
    try:
        return b"".join(values).isdigit() and b"" not in values  # type: ignore[arg-type]
    except TypeError:
        return False


def _template(name: bytes, label_sets: Sequence[bytes]) -> bytes:
    return b"".join([_literal(name + label_set) + b" %b\n" for label_set in label_sets])


def _literal(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")
