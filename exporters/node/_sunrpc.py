"""What NFS's client and its server count: lines of a word and numbers.

Source: proc/net/rpc/nfs and nfsd, see the kernel's net/sunrpc/stats.c and fs/nfsd/stats.c.
Errors: ValueError for a line that is unknown, too short or too long, or has something else than numbers.
"""

from collections.abc import Mapping

# The procedures of both, in the order of their numbers.
VERSION_2 = (
    *("Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write", "Create", "Remove"),
    *("Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat"),
)
VERSION_3 = (
    *("Null", "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read", "Write", "Create", "MkDir", "SymLink"),
    *("MkNod", "Remove", "RmDir", "Rename", "Link", "ReadDir", "ReadDirPlus", "FsStat", "FsInfo", "PathConf", "Commit"),
)


class Layout:
    """Which lines there are: `plain` have so many numbers; `procedures` begin with how many follow, with the least
    that there may be, and how many are wanted.
    """

    def __init__(self, plain: Mapping[bytes, int], procedures: Mapping[bytes, tuple[int, int]]) -> None:
        self._plain = plain
        self._procedures = procedures

    def parse(self, content: bytes) -> dict[bytes, list[bytes]]:
        """The numbers of each line, procedures without their count. What is absent is zeros, as in node_exporter."""
        found = {word: [b"0"] * count for word, count in self._plain.items()}
        found |= {word: [b"0"] * wanted for word, (_, wanted) in self._procedures.items()}
        for line in content.splitlines():
            word, *numbers = line.split() or [b""]
            # Of these lines only the first two numbers count: a histogram of threads follows.
            numbers = numbers[:2] if word == b"th" else numbers
            if not b"".join(numbers).isdigit():
                raise ValueError(f"not a word and numbers: {line!r}")
            found[word] = self._numbers(word, numbers)
        return found

    def _numbers(self, word: bytes, numbers: list[bytes]) -> list[bytes]:
        if word in self._plain:
            if len(numbers) != self._plain[word]:
                raise ValueError(f"{word.decode()}: {len(numbers)} numbers, not {self._plain[word]}")
            return numbers
        if word not in self._procedures:
            raise ValueError(f"an unknown line: {word!r}")
        least, wanted = self._procedures[word]
        count = int(numbers.pop(0))
        if len(numbers) != count or count < least:
            raise ValueError(f"{word.decode()}: {len(numbers)} procedures, not {max(count, least)}")
        return numbers[:wanted] + [b"0"] * (wanted - count)
