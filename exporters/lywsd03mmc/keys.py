"""Keys of thermometers that encrypt what they say.

Source: a file with a line `MAC KEY` for each, in hexadecimal digits; empty ones and those that begin with # are none.
Errors: a file that cannot be read, or is none, is a ValueError. A line that is none of these is told in the log, by its
        number and without what is in it, and so is a file that others can read; the rest is taken.
"""

import os
import stat
from collections.abc import Iterator

from motes.exporters.lywsd03mmc import mac
from motes.shared import log

_KEY_BYTES = 16
# A thousand keys and their comments are a tenth of this.
_MOST_BYTES = 1_000_000
_MOST_TOLD = 20


def parse(word: str) -> bytes:
    """A key from its 32 digits. ValueError, which does not say what was given."""
    try:
        key = bytes.fromhex(word)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("a key has 32 hexadecimal digits")
    return key


def read_file(path: str) -> dict[str, bytes]:
    """Keys by address."""
    keys, bad = listed(text(path))
    for number, why in bad[:_MOST_TOLD]:
        log.warn("line of the key file ignored", file=path, line=number, err=why)
    if more := bad[_MOST_TOLD:]:
        log.warn("more lines of the key file ignored", file=path, lines=len(more))
    return keys


def listed(text: str) -> tuple[dict[str, bytes], list[tuple[int, ValueError]]]:
    """Keys by address, and what is wrong with the other lines, by their number."""
    keys: dict[str, bytes] = {}
    bad: list[tuple[int, ValueError]] = []
    for number, words in _lines(text):
        try:
            address, key = _pair(words)
            if address in keys:
                raise ValueError(f"{address} has a key already")
        except ValueError as error:
            bad.append((number, error))
        else:
            keys[address] = key
    return keys, bad


def text(path: str) -> str:
    """What is in a file that may have keys in it."""
    try:
        with open(path, "rb", opener=_open) as file:
            mode = os.fstat(file.fileno()).st_mode
            read = file.read(_MOST_BYTES + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise ValueError(f"--ble.key-file: cannot read {path}: {error.strerror}") from None
    if not stat.S_ISREG(mode) or len(read) > _MOST_BYTES:
        raise ValueError(f"--ble.key-file: {path} is no file with keys: no regular one, or of more than a megabyte")
    _warn_of_readers(path, mode)
    return read.decode("utf-8-sig", "replace")


def _open(path: str, flags: int) -> int:
    """Without waiting for somebody to write, where it is a pipe: it is read again on SIGHUP, when all would wait."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words of those lines that should be keys, with their number."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, words


def _pair(words: list[str]) -> tuple[str, bytes]:
    # Behind the key there may be a comment.
    if len(words) < 2 or (len(words) > 2 and not words[2].startswith("#")):
        raise ValueError("a line has an address and a key: A4C138000001 00112233445566778899aabbccddeeff")
    try:
        address = mac.parse(words[0])
    except ValueError:
        # What stands there may be the key.
        raise ValueError("its first word is not a Bluetooth address such as A4C138000001") from None
    return address, parse(words[1])


def _warn_of_readers(path: str, mode: int) -> None:
    if mode & stat.S_IROTH:
        log.warn("others can read the key file", file=path, mode=f"{stat.S_IMODE(mode):04o}", advice="chmod o-r")
