"""Whether an encrypted frame may be new, by its message counter.

A frame that somebody recorded is as good as a new one to the cipher; only its counter tells. Firmware sends several
frames under one counter, a counter of 8 bits is soon round, and all begin anew after a change of battery. So: the same
counter again is fine, and a counter that goes back is a replay, for as long as what was said last holds.
"""


class Guard:
    """Of one device and one kind of frame. Times in seconds, by any clock that does not go back."""

    __slots__ = ("_bits", "_last", "_until")

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._last = 0
        self._until = float("-inf")

    def accepts(self, counter: int, now: float, ttl: float) -> bool:
        """Whether the frame is no replay; what it says holds for `ttl` then."""
        ahead = (counter - self._last) % (1 << self._bits)
        if now < self._until and ahead >= 1 << (self._bits - 1):
            return False
        self._last = counter
        self._until = now + ttl
        return True
