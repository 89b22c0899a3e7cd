"""All profiles: of the user who runs this, or those that are named, and what is known of them.

A scrape only reads what the threads have put here; how old tabs are is computed then, so that it goes on while nobody
writes. Errors: see base.py and profile.py.
"""

import os
from collections.abc import Iterator, Sequence
from time import time

from motes.exporters.firefox_tabs import numbers, places
from motes.exporters.firefox_tabs.base import Base
from motes.exporters.firefox_tabs.bases import Bases, Finder
from motes.exporters.firefox_tabs.decoder import Decoder
from motes.exporters.firefox_tabs.finding import Target
from motes.exporters.firefox_tabs.numbers import PREFIX
from motes.exporters.firefox_tabs.pattern import Pattern
from motes.exporters.firefox_tabs.problems import ADVICE
from motes.exporters.firefox_tabs.profile import Profile, Reader
from motes.shared.exposition import Family, counter, gauge, labels
from motes.shared.readings import boottime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.sensor import Sensor


class Tabs:
    """`patterns` say where to look; where there are none, that is where browsers keep this user's profiles."""

    def __init__(self, patterns: Sequence[str], *, most: int, interval: float, containers: bool) -> None:
        self._decoder = Decoder(most)
        reader = Reader(self._decoder.decode, most, interval=interval, containers=containers)
        self._bases = Bases(reader, interval)
        self._finders: list[Finder] = []
        for pattern in map(Pattern, patterns):
            if pattern.wild:
                self._finders.append(Finder(pattern, self._bases))
            else:
                self._bases.offer(pattern, {pattern.text: [Target("", named=True)]})
        if not patterns:
            self._bases.offer(self, _of_user())

    def start(self) -> None:
        self._bases.start()
        for finder in self._finders:
            finder.start()

    def stop(self) -> None:
        for finder in self._finders:
            finder.sampler.stop()
        self._bases.stop()
        self._decoder.stop()

    def ended(self) -> bool:
        return self._bases.ended() and all(finder.sampler.ended() for finder in self._finders)

    def settled(self) -> bool:
        """Whether everything has been looked at that answers."""
        return all(each.looked or each.hangs() for each in self._watched())

    def _watched(self) -> list[Finder | Base]:
        return [*self._finders, *self._bases.all()]

    def families(self) -> Iterator[Family]:
        """All that is true now, and what was counted."""
        profiles = [profile for base in self._bases.all() for profile in base.profiles()]
        yield from _counts(profiles)
        yield from _states(profiles)
        statuses = [each.status for each in profiles]
        seen = {each.whose.alone: each.seen for each in statuses if each.seen}
        help = "When the profile was last looked at and known, Unix time; outlives what was known."
        yield gauge(PREFIX + "last_seen_timestamp_seconds", help, seen)
        errors = {each.whose.labelled(reason=name): n for each in statuses for name, n in each.errors.copy().items()}
        yield counter(PREFIX + "parse_errors_total", "Session files that could not be read, by reason.", errors)
        help = "1 while there is a problem, labelled by where it is and what to do about it."
        yield gauge(PREFIX + "problem_info", help, self._problems(profiles))

    def _problems(self, profiles: Sequence[Profile]) -> dict[bytes, float]:
        samples: dict[bytes, float] = {}
        for each in profiles:
            status = each.status
            if status.problem:
                samples[status.whose.labelled(**_problem(status.problem, status.path))] = 1
        for reason, path in self._elsewhere(profiles):
            samples[labels(user="", profile="", browser="", **_problem(reason, path))] = 1
        return samples

    def _elsewhere(self, profiles: Sequence[Profile]) -> list[tuple[str, str]]:
        """Problems that are no profile's: reasons and paths."""
        found = [where for each in self._watched() for where in each.problems]
        found += [("hung", each.path) for each in self._watched() if each.hangs()]
        found += [("too_many", "")] if self._bases.crowded else []
        if not found and not profiles and self.settled():
            found = [("not_found", "")]
        return found

    def sensors(self) -> "Iterator[Sensor]":
        """What is told of each profile, and of what is wrong elsewhere."""
        from motes.exporters.firefox_tabs.sensors import elsewhere, told  # noqa: PLC0415 - for who looks at the page

        profiles = [profile for base in self._bases.all() for profile in base.profiles()]
        yield from [elsewhere(reason, path) for reason, path in self._elsewhere(profiles)]
        yield from map(told, profiles)


def _of_user() -> dict[str, list[Target]]:
    targets: dict[str, list[Target]] = {}
    for base, below, browser in places.of_user(os.environ):
        targets.setdefault(base, []).append(Target(below, browser))
    return targets


def _problem(reason: str, path: str) -> dict[str, str]:
    return {"path": path, "problem": reason, "advice": ADVICE[reason]}


def _counts(profiles: Sequence[Profile]) -> Iterator[Family]:
    """What sessions say, as long as that is true."""
    now, since_boot = time(), boottime()
    known = [(each.status.whose, truth) for each in profiles if (truth := each.truth).until > since_boot]
    for name, help in numbers.HELPS.items():
        samples: dict[bytes, float] = {}
        for _, truth in known:
            samples.update(truth.samples.get(name, ()))
        yield gauge(PREFIX + name, help, samples)
    ages = {whose.alone: age for whose, truth in known if (age := numbers.oldest(truth.session, now)) is not None}
    yield gauge(PREFIX + "oldest_tab_age_seconds", numbers.OLDEST, ages)
    untouched: dict[bytes, float] = {}
    for whose, truth in known:
        untouched.update(numbers.untouched(whose, truth.session, now))
    yield gauge(PREFIX + "untouched_tabs", numbers.UNTOUCHED, untouched)


def _states(profiles: Sequence[Profile]) -> Iterator[Family]:
    """Whether browsers run and use their profiles, as long as that is true."""
    now = boottime()
    known = [each for each in profiles if each.state_until > now]
    running = {each.status.whose.alone: bool(each.running) for each in known}
    yield gauge(PREFIX + "running", "Whether a browser has the profile; also 0 where nothing tells.", running)
    used = {each.status.whose.alone: each.used for each in known if each.used is not None}
    yield gauge(PREFIX + "profile_in_use", "Whether the browser starts with the profile, by its profiles.ini.", used)
