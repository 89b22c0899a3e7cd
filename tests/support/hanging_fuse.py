"""A FUSE file system that answers only when it is told to: a dead server, or a driver that does not come back.

On a folder it is statfs that waits; on a file, which then is the whole file system, reading it.
It speaks the kernel's protocol on /dev/fuse itself (include/uapi/linux/fuse.h), and needs root.
"""

import ctypes
import os
import selectors
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN = struct.Struct("<IIQQIIII")
_OUT = struct.Struct("<IiQ")
_INIT_IN = struct.Struct("<IIII")
_STATFS, _INIT, _FORGET, _INTERRUPT, _BATCH_FORGET = 17, 26, 2, 36, 42
_GETATTR, _OPEN, _READ, _RELEASE, _FLUSH = 3, 14, 15, 18, 25
_OF_FILES = frozenset((_GETATTR, _OPEN, _READ, _RELEASE, _FLUSH))
_FOLDER_MODE, _FILE_MODE = 0o40000, 0o100444
_DIRECT_IO = 1  # FOPEN_DIRECT_IO: nothing is kept of what was read
_NO_ANSWER = frozenset((_FORGET, _INTERRUPT, _BATCH_FORGET))
_ENOSYS = 38
_MNT_DETACH = 2
# blocks, free, available, files, free files, block size, longest name, fragment size
_STATUS = struct.pack("<QQQQQIII28x", 1000, 600, 500, 100, 40, 4096, 255, 4096)

_libc = ctypes.CDLL(None, use_errno=True)


class HangingFuse:
    """`asked` counts the questions; `answer()` answers those under way, and from then on all; `hang()` ends that.

    `content` is the file's: what is asked gets what it was at that time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = 0
        self.content = b""
        self._answers = False
        self._waiting: list[tuple[int, bytes]] = []
        self._lock = threading.Lock()
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        self._stop, self._stopped = os.pipe()
        self._is_file = path.is_file()
        options = f"fd={self._device},rootmode={_FILE_MODE if self._is_file else _FOLDER_MODE:o},user_id=0,group_id=0"
        if _libc.mount(b"hanging", os.fsencode(path), b"fuse.hanging", 0, options.encode()):
            raise OSError(ctypes.get_errno(), "mount", str(path))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def answer(self) -> None:
        with self._lock:
            self._answers = True
            for unique, body in self._waiting:
                self._reply(unique, body)
            self._waiting.clear()

    def hang(self) -> None:
        with self._lock:
            self._answers = False

    def close(self) -> None:
        os.close(self._stopped)
        self._thread.join()
        os.close(self._stop)
        os.close(self._device)  # aborts the connection: whoever waits gets ENOTCONN or ECONNABORTED
        _libc.umount2(os.fsencode(self.path), _MNT_DETACH)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._device, selectors.EVENT_READ)
            selector.register(self._stop, selectors.EVENT_READ)
            while all(key.fd == self._device for key, _ in selector.select()):
                try:
                    request = os.read(self._device, 1 << 20)
                except (BlockingIOError, FileNotFoundError):
                    continue  # taken back by an interrupt
                with self._lock:
                    self._handle(request)

    def _handle(self, request: bytes) -> None:
        _, opcode, unique, *_ = _IN.unpack_from(request)
        if opcode == _INIT:
            major, minor, *_ = _INIT_IN.unpack_from(request, _IN.size)
            self._reply(unique, struct.pack("<IIIIHHIIHHI28x", major, min(minor, 31), 0, 0, 0, 0, 4096, 1, 0, 0, 0))
        elif opcode == _STATFS:
            self._hold(unique, _STATUS)
        elif self._is_file and opcode in _OF_FILES:
            self._handle_file(opcode, unique, request)
        elif opcode not in _NO_ANSWER:
            self._reply(unique, b"", -_ENOSYS)

    def _handle_file(self, opcode: int, unique: int, request: bytes) -> None:
        if opcode == _GETATTR:
            # True for no time; inode, size; mode and links; block size.
            attributes = struct.pack("<QQ44xII12xI4x", 1, len(self.content), _FILE_MODE, 1, 4096)
            self._reply(unique, bytes(16) + attributes)
        elif opcode == _OPEN:
            self._reply(unique, struct.pack("<QII", 0, _DIRECT_IO, 0))
        elif opcode == _READ:
            (offset,) = struct.unpack_from("<Q", request, _IN.size + 8)
            self._hold(unique, self.content[offset:])
        else:
            self._reply(unique, b"")

    def _hold(self, unique: int, body: bytes) -> None:
        self.asked += 1
        if self._answers:
            self._reply(unique, body)
        else:
            self._waiting.append((unique, body))

    def _reply(self, unique: int, body: bytes, error: int = 0) -> None:
        os.write(self._device, _OUT.pack(_OUT.size + len(body), error, unique) + body)


@contextmanager
def hanging_fuse(path: Path) -> Iterator[HangingFuse]:
    """Mounted on this folder, or file; unmounted afterwards, with everybody who waits for it let go."""
    fuse = HangingFuse(path)
    try:
        yield fuse
    finally:
        fuse.close()
