"""The kernel's slab caches.

Source: proc/slabinfo, version 2.1, see slabinfo(5). The kernel shows it to root alone.
Unit:   objects, bytes, pages.
Errors: a line of other than 16 words fails the collector. Of caches of the same name, the first is served.
"""

from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_INCLUDE, _EXCLUDE = "collector.slabinfo.slabs-include", "collector.slabinfo.slabs-exclude"
OPTIONS = (
    Option(_INCLUDE, REGEX, compile_re2(".*"), "Slab caches to serve."),
    Option(_EXCLUDE, REGEX, None, "Of these, slab caches to leave out."),
)

_WORDS = 16
# In the order of the columns behind the name.
_FAMILIES = (
    ("gauge", "node_slabinfo_active_objects", "Objects in use."),
    ("gauge", "node_slabinfo_objects", "Objects there are, in use or not."),
    ("gauge", "node_slabinfo_object_size_bytes", "Size of an object."),
    ("gauge", "node_slabinfo_objects_per_slab", "Objects that a slab holds."),
    ("gauge", "node_slabinfo_pages_per_slab", "Pages that a slab takes."),
)


class Collector:
    """Keeps the frame of the wanted caches, and where they stand, until there are others."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE])
        self._seen: list[bytes] = []
        self._wanted: list[int] = []
        self._frame = Frame(())

    def collect(self) -> list[Family]:
        words = _words(self._proc("slabinfo").splitlines())
        names = words[::_WORDS]
        if names != self._seen:
            self._look(names)
            self._seen = names
        columns = [words[column::_WORDS] for column in range(1, 6)]
        return [self._frame.fill([column[at] for column in columns for at in self._wanted])]

    def _look(self, names: list[bytes]) -> None:
        first = {name: at for at, name in reversed(list(enumerate(names)))}
        self._wanted = [at for at, name in enumerate(names) if first[name] == at and not self._ignored(name)]
        label_sets = [labels(slab=names[at]) for at in self._wanted]
        self._frame = Frame([(*family, label_sets) for family in _FAMILIES])

    def _ignored(self, name: bytes) -> bool:
        return self._filter.ignored(name.decode("utf-8", "surrogateescape"))


def _words(lines: list[bytes]) -> list[bytes]:
    """Of all caches, in one piece; each is NAME and five numbers, : tunables and three, : slabdata and three."""
    lines = [line for line in lines if b"slabinfo -" not in line and b"# name" not in line]
    words = b"\n".join(lines).split()
    colons = [b":"] * len(lines)
    if len(words) != _WORDS * len(lines) or words[6::_WORDS] != colons or words[11::_WORDS] != colons:
        raise ValueError(f"a line of other than {_WORDS} words")
    return words
