"""Folders and files that are somebody else's, opened so that nothing is followed, and nothing hangs or is set off.

A path that is resolved is walked from the root, and from there on each name is looked up in the folder that is open
already: where somebody puts a link in its place meanwhile, that is not followed. Only regular files are opened, for
opening a FIFO waits, and opening a device may do anything.

Source: openat(2), open(2) for O_PATH and O_NOFOLLOW.
Errors: Gone where there is nothing of the name; Failure denied, io_error, not_a_file or not_owner.
"""

import os
import stat
from itertools import islice
from types import TracebackType

from motes.exporters.firefox_tabs.problems import Failure, Gone, failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_PART = 1 << 20

Identity = tuple[int, int, int, int]


def identity(found: os.stat_result) -> Identity:
    """What changes when the file does; a new name does not change it."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Folder:
    """An open folder; `path` is resolved. Use it with `with`."""

    def __init__(self, path: str) -> None:
        self._number = os.open("/", _FOLDER)
        try:
            for name in filter(None, path.split("/")):
                self._enter(name)
            found = os.fstat(self._number)
        except OSError as error:
            os.close(self._number)
            raise failure(error) from None
        self.owner = found.st_uid
        self.identity = found.st_dev, found.st_ino

    def _enter(self, name: str) -> None:
        inner = os.open(name, _FOLDER, dir_fd=self._number)
        os.close(self._number)
        self._number = inner

    def stat(self, name: str) -> os.stat_result:
        """What is at a path below, which may have folders before its last name; links are not followed."""
        folder, name = self._folder_of(name)
        try:
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            raise failure(error) from None
        finally:
            self._let_go(folder)

    def open(self, name: str) -> "File":
        """A regular file of the folder's owner."""
        folder, name = self._folder_of(name)
        try:
            self._check(os.stat(name, dir_fd=folder, follow_symlinks=False))
            file = File(os.open(name, _FILE, dir_fd=folder))
        except OSError as error:
            raise failure(error) from None
        finally:
            self._let_go(folder)
        try:
            self._check(file.stat())
        except Failure:
            file.close()
            raise
        return file

    def names(self, most: int) -> list[str]:
        """What is in it, or as much of that."""
        try:
            number = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._number)
        except OSError as error:
            raise failure(error) from None
        try:
            with os.scandir(number) as entries:
                return [entry.name for entry in islice(entries, most)]
        except OSError as error:
            raise failure(error) from None
        finally:
            os.close(number)

    def read_link(self, name: str) -> str:
        try:
            return os.readlink(name, dir_fd=self._number)
        except OSError as error:
            raise failure(error) from None

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise Failure("not_a_file")
        if found.st_uid != self.owner:
            raise Failure("not_owner")

    def _folder_of(self, path: str) -> tuple[int, str]:
        """Where the last name of a path is looked up; a link in place of a folder is a Failure."""
        folder, _, name = path.rpartition("/")
        if not folder:
            return self._number, name
        try:
            if stat.S_ISLNK(os.stat(folder, dir_fd=self._number, follow_symlinks=False).st_mode):
                raise Failure("not_a_file")
            return os.open(folder, _FOLDER, dir_fd=self._number), name
        except OSError as error:
            raise failure(error) from None

    def _let_go(self, folder: int) -> None:
        if folder != self._number:
            os.close(folder)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        os.close(self._number)


class File:
    """An open file. Use it with `with`."""

    def __init__(self, number: int) -> None:
        self.number = number

    def stat(self) -> os.stat_result:
        return os.fstat(self.number)

    def read(self, octets: int, begin: int = 0) -> bytes:
        """Its beginning, or what is somewhere else. Where others read does not change."""
        try:
            return os.pread(self.number, octets, begin)
        except OSError as error:
            raise failure(error) from None

    def fetch(self, size: int) -> None:
        """Have so much of it read once, so that who reads it next need not wait for the file system."""
        for begin in range(0, size, _PART):
            self.read(_PART, begin)

    def close(self) -> None:
        os.close(self.number)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def there(folder: Folder, name: str) -> os.stat_result | None:
    """What is at a path below, or None where there is nothing."""
    try:
        return folder.stat(name)
    except Gone:
        return None
