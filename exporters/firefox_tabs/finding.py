"""Which profiles there are below a base, without being led astray.

What is served is in the base, as it is once all links are resolved: a link, or a line in profiles.ini, that leads out
of it is a problem and not followed. A base that is named as it is may be a link to anywhere.

Errors: Failure for a whole target; `complain` is told of what is wrong with a part.
"""

import os
from collections.abc import Callable, Iterator
from itertools import islice

from motes.exporters.firefox_tabs import pattern, places, profiles
from motes.exporters.firefox_tabs.opening import Folder
from motes.exporters.firefox_tabs.problems import Failure, Gone

# Matches of one glob below a base.
_MOST = 1000

Complain = Callable[[Failure, str], None]


class Target:  # noqa: PLW1641 - nobody asks for its hash
    """What to look for below a base. `browser` is empty where only the path tells.

    What is `named` must be there. A base that is `linked` is a link that anybody may have made.
    """

    __slots__ = ("below", "browser", "linked", "named")

    def __init__(self, below: str, browser: str = "", *, named: bool = False, linked: bool = False) -> None:
        self.below = below
        self.browser = browser
        self.named = named
        self.linked = linked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Target) and all(getattr(self, each) == getattr(other, each) for each in self.__slots__)


class Found:
    """A profile's folder, resolved; `used` is None where nobody says whether the browser starts with it."""

    __slots__ = ("browser", "path", "used")

    def __init__(self, path: str, browser: str, used: bool | None) -> None:
        self.path = path
        self.browser = browser
        self.used = used


def find(base: str, target: Target, complain: Complain) -> Iterator[Found]:
    limit = os.path.realpath(base)
    if target.linked and not _within(limit, os.path.realpath(os.path.dirname(base))):
        raise Failure("outside")

    def names(folder: str) -> list[str]:
        """Of what is in the base only, for the names of others are nobody's business."""
        try:
            with Folder(_resolved(folder, limit)) as opened:
                return opened.names(pattern.MOST_NAMES)
        except Gone:
            return []
        except Failure as failed:
            complain(failed, folder)
            return []

    for match in islice(pattern.below(base, target.below, names), _MOST):
        yield from _find_in(match, limit, target, complain)


def _find_in(match: str, limit: str, target: Target, complain: Complain) -> Iterator[Found]:
    """In a folder that matches."""
    try:
        path = _resolved(match, limit)
        with Folder(path) as folder:
            listed = _listed(folder, path, named=target.named)
    except Gone:
        if target.named:
            complain(Failure("not_found"), match)
        return
    except Failure as failed:
        complain(failed, match)
        return
    browser = target.browser or places.browser(match)
    for name, used in listed.items():
        try:
            yield Found(_resolved(os.path.join(path, name), limit), browser, used)
        except Failure as failed:
            complain(failed, match)


def _listed(folder: Folder, path: str, *, named: bool) -> dict[str, bool | None]:
    """The profiles in a folder; it is one itself where the name is empty."""
    try:
        return dict(profiles.listed(folder))
    except Gone:
        pass
    if profiles.is_profile(folder):
        return {"": _used(path)}
    if named:
        raise Failure("no_profile")
    return {}


def _used(path: str) -> bool | None:
    """Whether the browser starts with a profile, by the profiles.ini beside it, if there is one that says so."""
    above, name = os.path.split(path)
    try:
        with Folder(above) as folder:
            return profiles.listed(folder).get(name)
    except (Gone, Failure):
        return None


def _resolved(path: str, limit: str) -> str:
    """Where a path leads; Failure outside where that is not below the limit."""
    path = os.path.realpath(path)
    if not _within(path, limit):
        raise Failure("outside")
    return path


def _within(path: str, limit: str) -> bool:
    return path == limit or path.startswith(limit.rstrip("/") + "/")
