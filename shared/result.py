"""What one run of a collector gave, ready to go on a page in either format."""

from collections.abc import Container, Iterable, Sequence

from motes.shared import exposition
from motes.shared.exposition import Family


class Result:
    """Families checked for their shape, how long they took in seconds, and what went wrong.

    `text` has them as pieces of a page, which hold no copy of anything.
    With `absent`, there is nothing of the kind on this machine: no success, but no error either.
    """

    __slots__ = ("absent", "duration", "error", "families", "names", "text")

    def __init__(self, families: Sequence[Family], duration: float, *, error: str = "", absent: bool = False) -> None:
        self.families = families
        self.duration = duration
        self.error = error
        self.absent = absent
        self.names = frozenset([name for name, _, _, _ in families])
        if len(self.names) != len(families):
            raise ValueError(f"the family {_repeated(families)} was given twice")
        self.text = exposition.text_pieces(families)

    @property
    def success(self) -> bool:
        return not self.error and not self.absent

    @property
    def series(self) -> int:
        return sum(body.count(b"\n") for *_, body in self.families)

    def openmetrics(self, taken: Container[str]) -> list[bytes]:
        """As OpenMetrics, without the end mark. `taken` are the names of all the families on the page."""
        return exposition.openmetrics_pieces(self.families, taken)


def _repeated(families: Iterable[Family]) -> str:
    seen: set[str] = set()
    for name, *_ in families:
        if name in seen:
            return name
        seen.add(name)
    return ""
