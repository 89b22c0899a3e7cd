"""Files below a folder, made what they are wanted to be, and nothing else touched.

What was written is in a manifest, as sha256sum(1) reads it: a file that is not in there, or is not any more what was
written, is somebody else's. It has what is about to be written before that is, so that a run can end anywhere.
Errors: Misconfigured, with a line for each file that is in the way; nothing has been written then.
"""

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

from motes.shared.config import Misconfigured

MANIFEST = ".motes-fleet"
_UNFINISHED = ".motes-fleet-new"
_LONGEST_FILE = 16 << 20
_DIGEST_LENGTH = 64

# Digests and paths.
Lines = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class File:
    content: bytes
    mode: int

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass
class Plan:
    """Paths that are to be made, changed and removed, and why that cannot be."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


@contextmanager
def alone(path: Path, *, make: bool) -> Iterator["Folder"]:
    """The folder, with no other run at work there; made where there is none, or seen as an empty one."""
    if make:
        _make(path)
    held = _locked(path) if path.exists() else None
    try:
        yield Folder(path)
    finally:
        if held is not None:
            os.close(held)


class Folder:
    """One that holds what is written for a fleet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._read_manifest()

    def plan(self, wanted: Mapping[str, File]) -> Plan:
        """What there is to do."""
        plan = Plan()
        known = {path for _, path in self._known}
        for path in sorted({*wanted, *known}):
            try:
                self._compare(path, wanted.get(path), plan)
            except OSError as error:
                plan.problems.append(f"cannot read {self._path / path}: {error.strerror}")
        if plan.problems:
            raise Misconfigured(list(dict.fromkeys(plan.problems)))
        return plan

    def write(self, wanted: Mapping[str, File], plan: Plan) -> None:
        lines = frozenset((file.digest, path) for path, file in wanted.items())
        try:
            self._note(lines | self._known)
            for path in (*plan.new, *plan.changed):
                self._put(path, wanted[path])
            for path in plan.gone:
                self._remove(path)
            self._note(lines)
        except OSError as error:
            where = error.filename or self._path
            raise Misconfigured(
                [f"cannot write {where}: {error.strerror}; when that is mended, run this again"]
            ) from None

    def _read_manifest(self) -> Lines:
        path = self._path / MANIFEST
        try:
            content = _content(path)
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise Misconfigured([f"cannot read {path}: {error.strerror}"]) from None
        lines = content.decode(errors="replace").splitlines()
        pairs = frozenset((line[:_DIGEST_LENGTH], line[_DIGEST_LENGTH + 2 :]) for line in lines)
        if not all(map(_within, [written for _, written in pairs])):
            raise Misconfigured([f"{path} is not what motes fleet has written: move it away"])
        return pairs

    def _compare(self, path: str, wanted: File | None, plan: Plan) -> None:
        there = self._look(path, plan)
        if there is None:
            if wanted:
                plan.new.append(path)
        elif there != wanted:
            (plan.changed if wanted else plan.gone).append(path)
            same = wanted and there.content == wanted.content
            if not same and (there.digest, path) not in self._known:
                plan.problems.append(f"{self._path / path} is not as motes fleet has written it: move it away")

    def _look(self, path: str, plan: Plan) -> File | None:
        """What is there, if it can be one of ours."""
        for parent in list(PurePosixPath(path).parents)[-2::-1]:
            above = self._path / parent
            if above.is_symlink() or (above.exists() and not above.is_dir()):
                plan.problems.append(f"{above} is not a folder: move it away")
                return None
        here = self._path / path
        try:
            found = here.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            plan.problems.append(f"{here} is not a file: move it away")
            return None
        return File(_content(here), stat.S_IMODE(found.st_mode))

    def _note(self, lines: Lines) -> None:
        content = "".join(
            [f"{digest}  {path}\n" for digest, path in sorted(lines, key=lambda line: line[::-1])]
        ).encode()
        if lines != self._known:
            self._put(MANIFEST, File(content, 0o644))
        self._known = lines

    def _put(self, path: str, file: File) -> None:
        here = self._path / path
        here.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path / _UNFINISHED
        try:
            # Of a run that was ended.
            unfinished.unlink(missing_ok=True)
            with open(unfinished, "xb", opener=_for_owner) as written:
                written.write(file.content)
                written.flush()
                os.fchmod(written.fileno(), file.mode)
            unfinished.replace(here)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            error.filename = str(here)
            raise

    def _remove(self, path: str) -> None:
        here = self._path / path
        here.unlink(missing_ok=True)
        for parent in list(PurePosixPath(path).parents)[:-1]:
            try:
                (self._path / parent).rmdir()
            except OSError:
                # Something else is in there.
                return


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Misconfigured([f"{path} is not a folder"]) from None
    except OSError as error:
        raise Misconfigured([f"cannot make {path}: {error.strerror}"]) from None


def _locked(path: Path) -> int:
    if not path.is_dir():
        raise Misconfigured([f"{path} is not a folder"])
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Misconfigured([f"cannot read {path}: {error.strerror}"]) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise Misconfigured([f"{path}: another motes fleet is at work there"]) from None
    return held


def _content(path: Path) -> bytes:
    with open(path, "rb", opener=_without_links) as file:
        return file.read(_LONGEST_FILE)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _within(path: str) -> bool:
    parts = path.split("/")
    return bool(path) and not {"", ".", ".."}.intersection(parts)


def first_words(paths: Iterable[str]) -> list[str]:
    """The folders of the first level that these are in."""
    return sorted({path.partition("/")[0] for path in paths})
