"""What one run of a collector gave."""

from collections.abc import Iterable, Sequence

from motes.shared.exposition import Heading
from motes.shared.frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.exposition import Family

_LAYOUTS = frozenset((Heading, Frame))
_BODIES = frozenset((bytes, list))

Layout = Heading | Frame


def names_of(layouts: Iterable[Layout]) -> list[str]:
    """The names of all the families, as often as they were given."""
    return [name for layout in layouts for name in layout.names]


def series_in(body: bytes | list[bytes]) -> int:
    """How many a family's samples are: lines, or a frame's values."""
    return len(body) if isinstance(body, list) else body.count(b"\n")


class Result:
    """Families, how long they took in seconds, and what went wrong.

    With `absent`, there is nothing of the kind on this machine: no success, but no error either.
    """

    __slots__ = ("_series", "absent", "duration", "error", "families", "layouts", "size")

    def __init__(self, families: "Sequence[Family]", duration: float, *, error: str = "", absent: bool = False) -> None:
        self.families = families
        self._series = -1
        self.duration = duration
        self.error = error
        self.absent = absent
        if not families:
            self.layouts: list[Layout] = []
            self.size = 0
            return
        self.layouts = [layout for layout, _ in families]
        bodies = [body for _, body in families]
        if not _LAYOUTS.issuperset(map(type, self.layouts)) or not _BODIES.issuperset(map(type, bodies)):
            raise TypeError("a collector yields families, as gauge and the like make them")
        # Bytes and values: at least as many as there are series, and sooner found.
        self.size = sum(map(len, bodies))

    @property
    def success(self) -> bool:
        return not self.error and not self.absent

    @property
    def series(self) -> int:
        if self._series < 0:
            self._series = sum([series_in(body) for _, body in self.families])
        return self._series
