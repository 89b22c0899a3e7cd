"""What people are told of a profile: numbers of what is open, or of what could be had back."""

from time import time

from motes.exporters.firefox_tabs.numbers import oldest
from motes.exporters.firefox_tabs.problems import ADVICE
from motes.exporters.firefox_tabs.profile import Profile, Truth
from motes.shared import human
from motes.shared.readings import boottime
from motes.shared.sensor import Sensor

# Usual after each start, and for who wants nothing to be remembered.
_NO_PROBLEM = ("", "not_saved")


def told(profile: Profile) -> Sensor:
    status = profile.status
    browser = "" if status.whose.browser == "firefox" else status.whose.browser
    whose = ", ".join(filter(None, (browser, status.whose.user)))
    readings = _readings(profile.truth) if profile.truth.until > boottime() else []
    name = f"{status.whose.profile} ({whose})"
    problem = "" if status.problem in _NO_PROBLEM else status.problem
    return Sensor(name, readings, status.seen, problem=human.words(problem), advice=ADVICE.get(problem, ""))


def elsewhere(reason: str, path: str) -> Sensor:
    """What is wrong with what is no profile."""
    return Sensor(path or "profiles", (), 0.0, problem=human.words(reason), advice=ADVICE[reason])


def _readings(truth: Truth) -> list[tuple[str, str]]:
    session = truth.session
    if not session.windows:
        restorable = sum(truth.samples.get("restorable_tabs", {}).values())
        return [("windows", "none"), ("tabs to restore", f"{restorable:,.0f}")]
    readings = [("windows", f"{session.windows:,}"), ("tabs", f"{sum(number for _, number in session.states()):,}")]
    age = oldest(session, time())
    return readings if age is None else [*readings, ("oldest tab", human.span(age))]
