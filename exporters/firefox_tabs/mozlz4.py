"""The container of session files: what its header claims, and whether that can be true.

Source: Firefox writes `mozLz40` and a zero octet, the size of what is packed as an unsigned 32-bit number, its least
        octet first, and then one LZ4 block (LZ4 Block Format Description).
Unit:   octets.
Errors: Failure for a header that is none, and for a size that is too large or cannot be.
"""

from motes.exporters.firefox_tabs.problems import Failure

MAGIC = b"mozLz40\0"
HEADER = len(MAGIC) + 4
LARGEST = 2**32 - 1


def unpacked_size(header: bytes, size: int, most: int) -> int:
    """What a file of so many octets claims to hold; `header` is its beginning."""
    if len(header) < HEADER:
        raise Failure("truncated")
    if not header.startswith(MAGIC):
        raise Failure("bad_magic")
    claimed = int.from_bytes(header[len(MAGIC) : HEADER], "little")
    if claimed > most:
        raise Failure("too_large")
    block = size - HEADER
    # What cannot be packed at all grows by an octet in 255, and an octet of a block makes no more than 255.
    if not claimed / 255 <= block <= claimed + claimed // 255 + 16:
        raise Failure("bad_block")
    return claimed
