"""The host as a collector sees it: four trees of files, its flags and its deadline.

Every collector has a Host of its own and never runs twice at a time, so nothing here needs a lock.
On the kernel's own file systems descriptors are kept open and read again with pread; elsewhere
(a fixture tree, a copy) each file is opened anew, for there a kept descriptor would show an old file.
"""

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# One kept sysfs descriptor holds a page of kernel memory.
KEPT_FILES = 384
_KERNEL_FILESYSTEMS = frozenset((b"proc", b"sysfs"))
_FIRST_READ = 4096
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
# An attribute in sysfs is one page at most.
_PAGE = 4096
_GONE = frozenset((errno.ENODEV, errno.ENOENT, errno.ESRCH))
# Files of procfs that are one record, which comes at once; as all below sys/ do.
_ONE_RECORD = frozenset(
    (
        *("loadavg", "meminfo", "stat", "net/netstat", "net/snmp", "net/snmp6", "net/sockstat", "net/sockstat6"),
        *("pressure/cpu", "pressure/io", "pressure/irq", "pressure/memory"),
    )
)
# Many records, each this long at most: what leaves room for another in its page is all. To ask for more has the kernel
# walk its whole table of sockets again.
_SHORT_RECORDS = frozenset(("net/udp", "net/udp6"))
_LONGEST_RECORD = 300
# In procfs EIO, too: the module that had made the file was unloaded, and perhaps loaded again.
_GONE_IN_PROC = _GONE | {errno.EIO}


class Budget:
    """How many descriptors may be kept open, shared by all the trees of one exporter."""

    def __init__(self, kept: int = KEPT_FILES) -> None:
        self.left = kept


class Tree:
    """A folder of kernel files: /proc, /sys, or a copy of one elsewhere.

    Called with a path below its root, it gives that file's whole content. OSError as `open` and `read` raise it.
    In sysfs a short read is the end of the file (an attribute is one page at most); in procfs mostly an empty one is.
    """

    __slots__ = ("_budget", "_device", "_kept", "_listed", "_prefix", "_short_read_ends", "root")

    def __init__(self, root: str, budget: Budget | None = None, *, short_read_ends: bool = False) -> None:
        self.root = root.rstrip("/") or "/"
        self._prefix = self.root.rstrip("/") + "/"
        self._budget = budget or Budget(0)
        self._short_read_ends = short_read_ends
        self._device = _kernel_device(self.root)
        self._kept: dict[str, _Kept] = {}
        self._listed: dict[str, dict[str, Device]] = {}

    def __call__(self, path: str) -> bytes:
        kept = self._kept.get(path)
        if kept is not None:
            try:
                return kept.read()
            except OSError as error:
                if error.errno not in (_GONE if self._short_read_ends else _GONE_IN_PROC):
                    raise  # the driver's answer, such as EINVAL for the speed of a link that is down
            # Perhaps there is another device of the same name by now.
            self.release(self._kept.pop(path).descriptor)
        descriptor, keep = self.open(path)
        if keep:
            kept = self._kept[path] = _Kept(descriptor, self._ended_below(path))
            return kept.read()
        try:
            return _Kept(descriptor, _FIRST_READ if self._short_read_ends else 1).read()
        finally:
            os.close(descriptor)

    def attributes(self, folder: str, names: Iterable[str]) -> dict[str, bytes]:
        """The content of those of these attributes that can be read, a page at most; nothing of them is kept.

        Opened from their folder, which costs less than a walk from the root for each.
        """
        found: dict[str, bytes] = {}
        try:
            above = os.open(self._prefix + folder, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return found
        try:
            for name in names:
                try:
                    descriptor = os.open(name, _READING, dir_fd=above)
                except OSError:
                    continue
                try:
                    found[name] = os.pread(descriptor, _PAGE, 0)
                except OSError:
                    pass
                finally:
                    os.close(descriptor)
        finally:
            os.close(above)
        return found

    def value(self, path: str) -> bytes:
        """The content without the white space around it: for attributes that hold one value."""
        return self(path).strip()

    @property
    def is_kernels(self) -> bool:
        """Whether it is procfs or sysfs itself, where what is kept can be trusted to be told of its end."""
        return self._device is not None

    def path(self, path: str = "") -> str:
        return self._prefix + path if path else self.root

    def exists(self, path: str) -> bool:
        return os.path.exists(self._prefix + path)

    def names(self, path: str = "") -> list[str]:
        """The names in a folder, sorted."""
        return sorted(os.listdir(self._prefix + path))

    def devices(self, path: str) -> "list[Device]":
        """The entries of a folder, one per device, sorted by name; files in it are none (bonding_masters).

        In the kernel's own sysfs a device is the same from call to call as long as its name stands for the same inode.
        Elsewhere each call makes them anew: other file systems give an inode's number to the next file at once.
        """
        known = self._listed.get(path, {}) if self.is_kernels else {}
        fresh: dict[str, Device] = {}
        with os.scandir(self._prefix + path) as entries:
            for entry in sorted(entries, key=_name):
                if entry.is_file(follow_symlinks=False):
                    continue
                device = known.get(entry.name)
                if device is None or device.inode != entry.inode():
                    device = Device(self, f"{path}/{entry.name}", entry.name, entry.inode())
                fresh[entry.name] = device
        for name, device in known.items():
            if fresh.get(name) is not device:
                device.close()
        self._listed[path] = fresh
        return list(fresh.values())

    def close(self) -> None:
        while self._kept:
            self.release(self._kept.popitem()[1].descriptor)
        for devices in self._listed.values():
            for device in devices.values():
                device.close()
        self._listed.clear()

    def open(self, path: str) -> tuple[int, bool]:
        """A descriptor, and whether it is to be kept, and released in the end, or to be closed after use."""
        descriptor = os.open(self._prefix + path, _READING)
        # Less than none: another collector's thread may have taken the last one between the question and the taking.
        if self._device is None or self._budget.left <= 0 or os.fstat(descriptor).st_dev != self._device:
            return descriptor, False
        self._budget.left -= 1
        return descriptor, True

    def _ended_below(self, path: str) -> int:
        """A first read of the kernel's file that is shorter than this has come to the end."""
        if self._short_read_ends or path in _ONE_RECORD or path.startswith("sys/"):
            return _FIRST_READ
        return _PAGE - _LONGEST_RECORD if path in _SHORT_RECORDS else 1

    def release(self, descriptor: int) -> None:
        self._budget.left += 1
        os.close(descriptor)


class Device:
    """One entry of a sysfs folder. `labels` is its collector's to keep label sets in while the device lives."""

    __slots__ = ("_kept", "_present", "_tree", "inode", "labels", "name", "path")

    def __init__(self, tree: Tree, path: str, name: str, inode: int) -> None:
        self._tree = tree
        self._kept: dict[str, int] = {}
        self._present: dict[str, bool] = {}
        self.path = path
        self.name = name
        self.inode = inode
        self.labels: dict[str, bytes] = {}

    def __call__(self, attribute: str) -> bytes:
        """An attribute's value without the white space around it; OSError as `open` and `read` raise it."""
        return self.content(attribute).strip()

    def content(self, attribute: str) -> bytes:
        """The whole of an attribute; OSError likewise."""
        descriptor = self._kept.get(attribute)
        if descriptor is None:
            return self._open(attribute)
        try:
            return os.pread(descriptor, _PAGE, 0)
        except OSError as error:
            if error.errno not in _GONE:
                raise  # the driver's answer, such as EINVAL for the speed of a link that is down
        self._tree.release(self._kept.pop(attribute))
        return self._open(attribute)

    def get(self, attribute: str) -> bytes | None:
        """As a call, with None for an attribute that is absent or that the driver will not give."""
        try:
            return self(attribute)
        except OSError:
            return None

    def several(self, attributes: Iterable[str]) -> dict[str, bytes | None]:
        """Each of these as `get` gives it; in a copy of sysfs that costs less than one by one."""
        found = self.contents(attributes)
        return {attribute: found[attribute].strip() if attribute in found else None for attribute in attributes}

    def contents(self, attributes: Iterable[str]) -> dict[str, bytes]:
        """The content of those of these that can be read."""
        if not self._tree.is_kernels:
            return self._tree.attributes(self.path, attributes)
        found: dict[str, bytes] = {}
        for attribute in attributes:
            try:
                found[attribute] = self.content(attribute)
            except OSError:
                continue
        return found

    def has(self, attribute: str) -> bool:
        """Whether there is such an attribute; asked once of a device in the kernel's own sysfs."""
        if not self._tree.is_kernels:
            return self._tree.exists(f"{self.path}/{attribute}")
        if attribute not in self._present:
            self._present[attribute] = self._tree.exists(f"{self.path}/{attribute}")
        return self._present[attribute]

    def close(self) -> None:
        while self._kept:
            self._tree.release(self._kept.popitem()[1])

    def _open(self, attribute: str) -> bytes:
        descriptor, keep = self._tree.open(f"{self.path}/{attribute}")
        if keep:
            self._kept[attribute] = descriptor
            return os.pread(descriptor, _PAGE, 0)
        try:
            return os.pread(descriptor, _PAGE, 0)
        finally:
            os.close(descriptor)


class _Kept:
    """An open file, how long it was when last read, and below which length a first read has come to its end."""

    __slots__ = ("_ended_below", "_size", "descriptor")

    def __init__(self, descriptor: int, ended_below: int) -> None:
        self.descriptor = descriptor
        self._size = _FIRST_READ
        self._ended_below = ended_below

    def read(self) -> bytes:
        content = os.pread(self.descriptor, self._size, 0)
        if len(content) < self._ended_below:
            return content
        # seq_file gives whole records, a page or so at a time, and says no more than that with a short read.
        more = os.pread(self.descriptor, self._size, len(content))
        if not more:
            return content
        parts = [content]
        length = len(content)
        while more:
            parts.append(more)
            length += len(more)
            more = os.pread(self.descriptor, self._size, length)
        self._grow(length + _FIRST_READ)
        return b"".join(parts)

    def _grow(self, size: int) -> None:
        if size > self._size:
            if self._ended_below == self._size:
                self._ended_below = size
            self._size = size


class Shared:
    """Answers of the kernel that several collectors ask for, each kept for one page: that of the first who asks.

    Collectors of one page are known by their common deadline.
    """

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, Any]] = {}

    def answer(self, name: str, deadline: float, ask: "Callable[[], T]") -> "T":
        known = self._answers.get(name)
        if known is None or known[0] != deadline or deadline == float("inf"):
            known = self._answers[name] = deadline, ask()
        answer: T = known[1]
        return answer


class Host:
    """What one collector is given: four trees, its flags by full name, and the monotonic time to end by."""

    def __init__(self, flags: "Mapping[str, Any]", budget: Budget, shared: Shared | None = None) -> None:
        self._shared = shared or Shared()
        self.proc = Tree(flags["path.procfs"], budget)
        self.sys = Tree(flags["path.sysfs"], budget, short_read_ends=True)
        self.root = Tree(flags["path.rootfs"])
        self.udev = Tree(flags["path.udev.data"])
        self.flags = flags
        self.deadline = float("inf")

    def shared(self, name: str, ask: "Callable[[], T]") -> "T":
        """What `ask` gives, or gave another collector of this page under this name."""
        return self._shared.answer(name, self.deadline, ask)

    def net(self, name: str) -> bytes:
        """A file of the host's net/."""
        return self.proc(self.net_path(name))

    def net_path(self, name: str) -> str:
        """Where in proc it is. Under a /proc bound elsewhere, `net` is this process's own name space."""
        foreign = self.proc.root != "/proc" and self.proc.exists(f"1/net/{name}")
        return f"1/net/{name}" if foreign else f"net/{name}"

    def close(self) -> None:
        for tree in (self.proc, self.sys, self.root, self.udev):
            tree.close()


def _name(entry: "os.DirEntry[str]") -> str:
    return entry.name


@lru_cache(maxsize=8)
def _kernel_device(root: str) -> int | None:
    """The st_dev of a root that is procfs or sysfs itself; None for any other folder."""
    try:
        device = os.stat(root).st_dev
        with open("/proc/self/mountinfo", "rb") as mounts:
            wanted = b"%d:%d" % (os.major(device), os.minor(device))
            for line in mounts:
                fields, _, rest = line.partition(b" - ")
                if fields.split(b" ", 3)[2] == wanted:
                    return device if rest.split(b" ", 1)[0] in _KERNEL_FILESYSTEMS else None
    except (OSError, IndexError):
        pass
    return None
