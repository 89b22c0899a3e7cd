"""All profiles below one folder, which may be on a file system that dies: a thread of their own looks at them.

Errors: what is wrong with a folder is a problem of its own, logged when it begins; the profiles that were found before
        stay until what is true of them vanishes. A profile that is there no more is forgotten at once.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from motes.exporters.firefox_tabs.claims import Claims, Key, Taken
from motes.exporters.firefox_tabs.finding import Complain, Found, Target, find
from motes.exporters.firefox_tabs.numbers import Whose
from motes.exporters.firefox_tabs.opening import Folder
from motes.exporters.firefox_tabs.problems import ADVICE, UNSURE, Failure, Gone, Stopped
from motes.exporters.firefox_tabs.profile import Profile, Reader
from motes.exporters.firefox_tabs.status import Status
from motes.exporters.firefox_tabs.watch import Watch
from motes.shared import log
from motes.shared.sampler import Sampler
from motes.shared.threads import Empty, SimpleQueue

NAME = "firefox-tabs"

# What is looked at in one base each time, and what may be told of it.
_MOST_PROFILES, _MOST_PROBLEMS = 1000, 32

Problems = dict[tuple[str, str], Failure]


class Base:
    """`problems` are reasons and paths."""

    def __init__(self, path: str, targets: list[Target], reader: Reader, claims: Claims, interval: float) -> None:
        self.path = path
        self.targets = targets
        self.problems: Problems = {}
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.sampler = Sampler(NAME, self._work, self._ring)
        self._watch = Watch()
        self._reader = reader
        self._claims = claims
        self._interval = interval
        self._profiles: dict[Key, Profile] = {}
        self._looked_for: list[Target] | None = None
        self._hung = False

    def aim(self, targets: list[Target]) -> None:
        """Look for these from now on: at once where they are others."""
        if targets != self.targets:
            self.targets = targets
            self._ring()

    @property
    def looked(self) -> bool:
        """Whether it has been looked at for all of them."""
        return self._looked_for is self.targets

    def profiles(self) -> list[Profile]:
        return list(self._profiles.values())

    def hangs(self) -> bool:
        """Whether its file system does; logged when that begins, and when it ends."""
        hangs = self._watch.hangs()
        if hangs != self._hung:
            self._hung = hangs
            if hangs:
                log.warn("file system hangs", path=self.path, advice=ADVICE["hung"])
            else:
                log.info("file system answers", path=self.path)
        return hangs

    def _work(self, sampler: Sampler) -> None:
        try:
            while not sampler.stopping:
                self._look()
                self._rest()
        except Stopped:
            pass
        finally:
            self._watch.end()
            if sampler.stopping:
                self._forget(list(self._profiles))

    def _ring(self) -> None:
        self._bell.put(None)

    def _rest(self) -> None:
        try:
            self._bell.get(timeout=self._interval)
        except Empty:
            pass

    def _look(self) -> None:
        targets = self.targets
        problems: Problems = {}
        reasons: set[str] = set()

        def complain(failure: Failure, path: str) -> None:
            reasons.add(failure.reason)
            if len(problems) < _MOST_PROBLEMS:
                problems.setdefault((failure.reason, path), failure)

        seen: set[Key] = set()
        for found in islice(self._found(targets, complain), _MOST_PROFILES):
            self._read(found, seen, complain)
        self._watch.end()
        if reasons.isdisjoint(UNSURE):
            self._forget([key for key in self._profiles if key not in seen])
        self._tell(problems)
        self._looked_for = targets

    def _found(self, targets: Iterable[Target], complain: Complain) -> Iterator[Found]:
        for target in targets:
            self._watch.begin()
            try:
                yield from find(self.path, target, complain)
            except Failure as failure:
                complain(failure, self.path)

    def _read(self, found: Found, seen: set[Key], complain: Complain) -> None:
        """Look at a profile, if it is there and was not `seen` by another way."""
        self._watch.begin()
        try:
            with Folder(found.path) as folder:
                if folder.identity not in seen:
                    seen.add(folder.identity)
                    self._profile(folder, found).look(folder, used=found.used)
        except (Gone, Taken):
            pass
        except Failure as failure:
            complain(failure, found.path)

    def _profile(self, folder: Folder, found: Found) -> Profile:
        profile = self._profiles.get(folder.identity)
        if profile and profile.status.path == found.path:
            return profile
        whose = Whose(_user(folder.owner), os.path.basename(found.path), found.browser)
        self._claims.take(folder.identity, whose.alone, self)
        profile = Profile(Status(whose, found.path), self._reader, self._watch.waiting)
        self._profiles[folder.identity] = profile
        return profile

    def _forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            del self._profiles[key]
            self._claims.release(key)

    def _tell(self, problems: Problems) -> None:
        for (reason, path), failure in problems.items():
            if (reason, path) not in self.problems:
                log.warn("folder is not read", path=path, **failure.fields())
        self.problems = problems


def _user(number: int) -> str:
    """The name of a user, or the number of one that has none."""
    from pwd import getpwuid  # noqa: PLC0415 - not before it is needed

    try:
        return getpwuid(number).pw_name
    except KeyError:
        return str(number)
