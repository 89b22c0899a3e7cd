"""The bases that there are, each with its thread: those that are named, and those that globs find.

A glob is expanded again from time to time, in a thread of its own, for the folder that it lists may not answer either.
Errors: a glob that cannot be expanded is a problem; what it found before stays.
"""

from _thread import allocate_lock
from collections.abc import Iterable, Mapping

from motes.exporters.firefox_tabs.base import NAME, Base, Problems
from motes.exporters.firefox_tabs.claims import Claims
from motes.exporters.firefox_tabs.finding import Target
from motes.exporters.firefox_tabs.pattern import Pattern
from motes.exporters.firefox_tabs.problems import Failure, failure
from motes.exporters.firefox_tabs.profile import Reader
from motes.exporters.firefox_tabs.watch import Watch
from motes.shared import log
from motes.shared.sampler import Sampler

# Each has a thread.
MOST = 64
# Seconds between two expansions of a glob.
_LOOK = 30.0

Targets = Mapping[str, list[Target]]


class Bases:
    def __init__(self, reader: Reader, interval: float) -> None:
        self.crowded = False
        self._reader = reader
        self._interval = interval
        self._claims = Claims()
        self._lock = allocate_lock()
        self._offers: dict[object, Targets] = {}
        self._bases: dict[str, Base] = {}
        self._leaving: list[Base] = []
        self._started = self._stopped = False

    def all(self) -> list[Base]:
        return list(self._bases.values())

    def offer(self, source: object, targets: Targets) -> None:
        """What somebody has found, by base, in place of what he had found before."""
        with self._lock:
            self._offers[source] = targets
            self._arrange()

    def start(self) -> None:
        with self._lock:
            self._started = True
            for base in self._bases.values():
                _start(base.sampler)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for base in self._bases.values():
                base.sampler.stop()

    def ended(self) -> bool:
        return all(base.sampler.ended() for base in [*self._leaving, *self.all()])

    def _arrange(self) -> None:
        wanted: dict[str, list[Target]] = {}
        for targets in self._offers.values():
            for path, each in targets.items():
                wanted.setdefault(path, []).extend(each)
        self._leaving = [base for base in self._leaving if not base.sampler.ended()]
        for path in [path for path in self._bases if path not in wanted]:
            base = self._bases.pop(path)
            base.sampler.stop()
            self._leaving.append(base)
        self.crowded = len(wanted) > MOST
        for path, each in list(wanted.items())[:MOST]:
            self._set(path, each)

    def _set(self, path: str, targets: list[Target]) -> None:
        base = self._bases.get(path)
        # One that does not end has its thread still.
        if base is None and len(self._bases) + len(self._leaving) >= 2 * MOST:
            self.crowded = True
            return
        if base is None:
            base = self._bases[path] = Base(path, targets, self._reader, self._claims, self._interval)
        base.aim(targets)
        if self._started and not self._stopped:
            _start(base.sampler)


def _start(sampler: Sampler) -> None:
    """Unless it runs: where there was no thread to be had for another one, all are started again."""
    if sampler.ended():
        sampler.start()


class Finder:
    """Expands one glob. `looked` says whether it has done so once."""

    def __init__(self, pattern: Pattern, bases: Bases) -> None:
        self.looked = False
        self.problems: Problems = {}
        self.sampler = Sampler(NAME, self._work)
        self.path = pattern.text
        self._pattern = pattern
        self._bases = bases
        self._watch = Watch()

    def start(self) -> None:
        _start(self.sampler)

    def hangs(self) -> bool:
        return self._watch.hangs()

    def _work(self, sampler: Sampler) -> None:
        self._look()
        while sampler.sleep(_LOOK):
            self._look()

    def _look(self) -> None:
        self._watch.begin()
        try:
            below = self._pattern.below
            found = {path: [Target(below, linked=linked)] for path, linked in self._pattern.bases()}
            self._tell(() if found else (Failure("not_found"),))
            self._bases.offer(self, found)
        except OSError as error:
            failed = failure(error)
            self._tell((failed if isinstance(failed, Failure) else Failure("not_found"),))
        finally:
            self._watch.end()
        self.looked = True

    def _tell(self, failures: Iterable[Failure]) -> None:
        problems = {(each.reason, self.path): each for each in failures}
        for key in problems.keys() - self.problems.keys():
            log.warn("nothing is found", path=self.path, **problems[key].fields())
        self.problems = problems
