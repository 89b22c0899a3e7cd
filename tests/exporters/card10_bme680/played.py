"""A port in memory, behind which somebody plays a badge."""

from collections.abc import Callable, Iterable, Sequence

from motes.exporters.card10_bme680.problems import Failure, Stopped


class Memory:
    """Says these pieces one after the other, or fails so, whatever is written; then the program is to end."""

    def __init__(self, pieces: Iterable[bytes | Failure]) -> None:
        self.written = b""
        self._pieces = iter(pieces)

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written += data

    def read(self, seconds: float) -> bytes:  # noqa: ARG002 - a port's
        piece = next(self._pieces, None)
        if piece is None:
            raise Stopped
        if isinstance(piece, Failure):
            raise piece
        return piece

    def pause(self, seconds: float) -> None:
        pass

    def flush(self) -> None:
        pass

    def last(self, data: bytes) -> None:
        self.written += data

    def wake(self) -> None:
        pass


class Playing(Memory):
    """Answers what is written, and is silent else, which costs time on its clock alone."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(())
        self.now = 0.0
        self.chunks: list[bytes] = []
        self._answer = answer
        self._said = b""

    def says(self, said: bytes) -> None:
        """Without being asked."""
        self._said += said

    def clock(self) -> float:
        return self.now

    def write(self, data: bytes) -> None:
        super().write(data)
        self.chunks.append(data)
        self._said += self._answer(data)

    def read(self, seconds: float) -> bytes:
        said, self._said = self._said, b""
        if not said:
            self.now += seconds
        return said

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def flush(self) -> None:
        self._said = b""


def split(data: bytes, at: Sequence[int]) -> list[bytes]:
    """In pieces that end at these places, none of them empty."""
    ends = sorted({each % (len(data) + 1) for each in at} | {len(data)})
    return [piece for begin, end in zip([0, *ends], ends, strict=False) if (piece := data[begin:end])]
