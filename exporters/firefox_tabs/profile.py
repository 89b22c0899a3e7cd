"""One profile: looked at again and again by one thread, read by the scrape's.

Nothing is decoded twice. Where the file that should tell is damaged, its older copy does; where that does not either,
what was true stays so for a while.

Errors: each is counted once for each state of a file, see status.py. What is passing is tried again, though the file
        has not changed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic

from motes.exporters.firefox_tabs.choice import FILES, Choice, choose
from motes.exporters.firefox_tabs.lock import Locks
from motes.exporters.firefox_tabs.mozlz4 import HEADER, unpacked_size
from motes.exporters.firefox_tabs.numbers import NOTHING, Samples, samples
from motes.exporters.firefox_tabs.opening import File, Folder, Identity, identity, there
from motes.exporters.firefox_tabs.problems import PASSING, Failure, Gone
from motes.exporters.firefox_tabs.session import Session
from motes.exporters.firefox_tabs.status import Status
from motes.shared.readings import boottime

# What was true stays so for so many seconds, and for two and a half intervals at least.
_LIVES, _INTERVALS = 300.0, 2.5
# How often a file is read that changes meanwhile.
_ATTEMPTS = 3

Read = tuple[Identity, Session]


class Reader:
    """How profiles are read. `decode` counts what is in a file, of `most` octets at most when they are unpacked."""

    def __init__(
        self, decode: Callable[[int], Session], most: int, *, interval: float, containers: bool, proc: str = "/proc"
    ) -> None:
        self.decode = decode
        self.most = most
        self.lives = max(_LIVES, _INTERVALS * interval)
        self.containers = containers
        self.locks = Locks(proc)


class Truth:
    """What a session says, until a time since boot; `session` has what is open."""

    __slots__ = ("samples", "session", "until")

    def __init__(self, samples: Samples, session: Session, until: float) -> None:
        self.samples = samples
        self.session = session
        self.until = until


class Profile:
    """`running` and `used` are true until `state_until`, and None where nobody knows.

    `waiting` is entered where it is not the file system that is waited for.
    """

    def __init__(self, status: Status, reader: Reader, waiting: Callable[[], AbstractContextManager[None]]) -> None:
        self.status = status
        self.running: bool | None = None
        self.used: bool | None = None
        self.state_until = 0.0
        self.truth = Truth({}, NOTHING, 0.0)
        self._reader = reader
        self._waiting = waiting
        self._newest: Read | None = None
        self._served: object = None
        # What is wrong with files as they are, and from when on, in monotonic seconds, they may be tried again.
        self._wrong: dict[Identity, tuple[Failure, float]] = {}

    def look(self, folder: Folder, *, used: bool | None) -> None:
        """At its folder; `used` is whether the browser starts with it."""
        self.running, self.used = self._reader.locks.running(folder), used
        self.state_until = self._until()
        try:
            found = {name: identity(each) for name in FILES if (each := there(folder, name)) is not None}
            self._wrong = {each: wrong for each, wrong in self._wrong.items() if each in found.values()}
            choice = choose(found, running=self.running)
            failure = self._take(folder, choice, found) if choice else self._nothing()
        except Failure as failed:
            failure = failed
        if failure:
            self.status.fails(failure)
        else:
            self.status.works()

    def _until(self) -> float:
        return boottime() + self._reader.lives

    def _nothing(self) -> Failure | None:
        """There is no file. While a browser runs, there will be one, and what was true stays so for a while."""
        if self.running:
            return Failure("not_saved")
        self.truth, self._served = Truth({}, NOTHING, 0.0), None
        return None

    def _take(self, folder: Folder, choice: Choice, found: dict[str, Identity]) -> Failure | None:
        """Serve the best file that can be read, and say what is wrong with the one that is better."""
        wrong = None
        for name in choice.names:
            if wrong and self._knows_better(found[name]):
                break
            try:
                newest = self._newest = self._read(folder, name, found[name])
            except Gone:
                continue
            except Failure as failure:
                wrong = wrong or failure
                continue
            self._serve(newest, self._until(), open=choice.open)
            self.status.sees()
            return wrong
        if self._newest:
            self._serve(self._newest, self.truth.until, open=choice.open)
        return wrong

    def _knows_better(self, file: Identity) -> bool:
        """Whether what is true still is newer than this file."""
        return self._newest is not None and self.truth.until > boottime() and self._newest[0][3] > file[3]

    def _serve(self, newest: Read, until: float, *, open: bool) -> None:
        file, session = newest
        if self._served != (file, open):
            whose, containers = self.status.whose, self._reader.containers
            self.truth.samples = samples(whose, session, file[3] / 1e9, open=open, containers=containers)
            self._served = file, open
        self.truth = Truth(self.truth.samples, session if open else NOTHING, until)

    def _read(self, folder: Folder, name: str, known: Identity) -> Read:
        """What is in a file, which is `known` to be in this state."""
        if self._newest and self._newest[0] == known:
            return self._newest
        wrong, again = self._wrong.get(known, (None, 0.0))
        if wrong and monotonic() < again:
            raise wrong
        newest = None
        for _ in range(_ATTEMPTS):
            try:
                with folder.open(name) as file:
                    newest, whole = self._attempt(folder, name, file, newest)
            except Gone:
                if newest is None:
                    raise
                return newest
            if whole:
                break
        if newest is None:
            changed = Failure("changed")
            self.status.count(changed)
            raise changed
        return newest

    def _attempt(self, folder: Folder, name: str, file: File, newest: Read | None) -> tuple[Read | None, bool]:
        """What is in a file, if that stays as it is meanwhile, or else `newest`; and whether it is still the newest."""
        before = identity(file.stat())
        try:
            session = self._decode(file, before)
        except Failure as failure:
            if self._is_still(folder, name, before):
                self._refuse(before, failure)
            return newest, False
        stays = identity(file.stat()) == before
        return (before, session) if stays else newest, stays and self._is_still(folder, name, before)

    def _decode(self, file: File, known: Identity) -> Session:
        unpacked_size(file.read(HEADER), known[2], self._reader.most)
        file.fetch(known[2])
        with self._waiting():
            return self._reader.decode(file.number)

    def _is_still(self, folder: Folder, name: str, known: Identity) -> bool:
        found = there(folder, name)
        return found is not None and identity(found) == known

    def _refuse(self, file: Identity, failure: Failure) -> None:
        """A file as it is now: counted, unless it was tried again."""
        if file not in self._wrong:
            self.status.count(failure)
        self._wrong[file] = failure, monotonic() + PASSING.get(failure.reason, float("inf"))
        raise failure
