"""The exporters that run, from their start until their threads have ended.

Errors: what an exporter raises when something is asked of it is a line in the log, and nothing to the others. So is
        that somebody else's has not come back.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from time import monotonic, sleep

from motes.shared import log
from motes.shared.collector import Collector, told
from motes.shared.config import Misconfigured
from motes.shared.labelled import labelled
from motes.shared.plugin import PATIENCE, Exporter, is_ours
from motes.shared.settings import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from motes.shared.aside import Aside
    from motes.shared.engine import State

# How often those that are waited for are asked, in seconds.
_ASK_EVERY = 0.02
# How long somebody else's exporter may take to answer, in seconds.
_ANSWER_WITHIN = 1.0
# Likewise at the end, where all wait for it.
_END_WITHIN = 0.3


class Run:
    """One exporter, set up as it is wanted: Misconfigured where it refuses that.

    What else prevents it is a defect of its own: that is in `broken`, and another exporter in its place, which says
    so. `collectors` are the exporter's as the engine has them, under its name and with its labels. `problem` is what it
    could not do when it was asked last.
    """

    __slots__ = (
        "_aside",
        "_making",
        "broken",
        "collectors",
        "exporter",
        "name",
        "plugin",
        "problem",
        "started",
        "states",
        "wanted",
    )

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.name = wanted.name
        self.plugin = wanted.plugin
        self.broken = wanted.plugin.error
        self.problem = ""
        self._aside = self._making = None if is_ours(wanted.plugin.create) else _aside()
        self.exporter, self.collectors = self._set_up(wanted)
        self.started = False
        # Of its collectors, once it is replaced.
        self.states: Sequence[State] = ()

    @property
    def lasting(self) -> bool:
        """Whether there is no use in making it again: it is not broken, or is being made still."""
        return not self.broken or (self._making is not None and self._making.busy)

    def start(self) -> None:
        if self.broken:
            log.error("exporter is broken", exporter=self.name, err=self.broken)
        self.started = self._does("started", self.exporter.start, _ANSWER_WITHIN)

    def refresh(self) -> bool:
        """Whether it could."""
        return self._does("refreshed", self.exporter.refresh, _ANSWER_WITHIN)

    def close(self, within: float = _ANSWER_WITHIN) -> None:
        self._does("closed", self.exporter.close, within)

    def settled(self) -> bool:
        return self._says(self.exporter.settled, _ANSWER_WITHIN)

    def ended(self) -> bool:
        return self._says(self.exporter.ended, _END_WITHIN)

    def ask(self, act: "Callable[[], Any]", within: float = _ANSWER_WITHIN) -> "Any":
        """What it gives or raises, which is TimeoutError where somebody else's does not come back in time."""
        return self._aside.ask(act, within) if self._aside else act()

    def _set_up(self, wanted: Wanted) -> tuple[Exporter, Sequence[Collector]]:
        try:
            exporter = self.ask(lambda: _created(wanted), PATIENCE)
        except (Misconfigured, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - one exporter's defect, even SystemExit, does not end the others
            exporter = self._instead(error)
        try:
            return exporter, self._labelled(exporter)
        except (TypeError, ValueError) as error:
            self._does("closed", exporter.close, _ANSWER_WITHIN)
            exporter = self._instead(error)
            return exporter, self._labelled(exporter)

    def _instead(self, error: BaseException) -> Exporter:
        from motes.shared import broken  # noqa: PLC0415 - for those who have one

        plugin = broken.plugin(self.name, error)
        self.broken = plugin.error
        # What stands in is ours.
        self._aside = None
        return plugin.create({})

    def _labelled(self, exporter: Exporter) -> Sequence[Collector]:
        return labelled(exporter.collectors, self.name, self.plugin.name, self.wanted.label_pairs)

    def _does(self, what: str, act: Callable[[], None], within: float) -> bool:
        try:
            self.ask(act, within)
        except BaseException as error:  # noqa: BLE001 - likewise
            self._complain(what, error)
            self.problem = f"not {what}: {_words(error)}"
            return False
        self.problem = ""
        return True

    def _says(self, ask: Callable[[], bool], within: float) -> bool:
        """What it answers. One that cannot is not waited for, if it was ever started."""
        try:
            return not self.started or bool(self.ask(lambda: bool(ask()), within))
        except BaseException as error:  # noqa: BLE001 - likewise
            self._complain("asked", error)
            return True

    def _complain(self, what: str, error: BaseException) -> None:
        log.error(f"exporter not {what}", exporter=self.name, err=_words(error))


class Running:
    """Made of those that are wanted; Misconfigured where one refuses what was given for it."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self.runs: Sequence[Run] = ()
        self._leaving: list[Run] = []
        self._closed: list[Run] = []
        self.runs = self.prepare(wanted)

    def prepare(self, wanted: Iterable[Wanted]) -> list[Run]:
        """What is to run: what runs already just so, and what is made for it. See `replace` and `drop`."""
        prepared: list[Run] = []
        try:
            for each in wanted:
                same = next((run for run in self.runs if run.lasting and run.wanted.same(each)), None)
                prepared.append(same or Run(each))
        except BaseException:
            self.drop(prepared)
            raise
        return prepared

    def drop(self, prepared: Iterable[Run]) -> None:
        """Close what was made in vain."""
        for run in prepared:
            if run not in self.runs:
                run.close()

    def replace(self, prepared: Sequence[Run], gone: "Sequence[State]") -> None:
        """Go over to these; `gone` are the states of the others' collectors, some of which may be at work."""
        leaving = [run for run in self.runs if run not in prepared]
        for run in leaving:
            run.states = [state for state in gone if state.collector in run.collectors]
        self._leaving += leaving
        self.runs = prepared
        self.close_leaving()

    def close_leaving(self) -> None:
        """Close exporters that were replaced, once none of their collectors is at work any more."""
        back = [run for run in self._leaving if not any(state.pending for state in run.states)]
        self._leaving = [run for run in self._leaving if run not in back]
        self._close(back)

    def start(self) -> None:
        """Start those that have not been."""
        for run in self.runs:
            if not run.started:
                run.start()

    def refresh(self) -> bool:
        """Have those that were started read their files again; whether all could."""
        refreshed = [run.refresh() for run in self.runs if run.started]
        return all(refreshed)

    def settle(self, until: float) -> None:
        """Wait, until a monotonic time, for all that there is to wait for."""
        _wait([run.settled for run in self.runs], until)

    def end(self, until: float) -> None:
        """Close them all, and wait for their threads until a monotonic time."""
        self._close([*self._leaving, *self.runs], _END_WITHIN, until)
        _wait([run.ended for run in self._closed], until)

    def _close(self, runs: Iterable[Run], within: float = _ANSWER_WITHIN, until: float = inf) -> None:
        self._closed = [run for run in self._closed if not run.ended()]
        for run in runs:
            run.close(max(_ASK_EVERY, min(within, until - monotonic())))
            self._closed.append(run)


def _aside() -> "Aside":
    from motes.shared.aside import Aside  # noqa: PLC0415 - for those who have one of somebody else's

    return Aside()


def _created(wanted: Wanted) -> Exporter:
    try:
        exporter = wanted.plugin.create(wanted.values)
    except ValueError as error:
        which = f"[{wanted.name}] " if wanted.instance else ""
        raise Misconfigured([which + _words(error)]) from error
    if not isinstance(exporter, Exporter):
        raise TypeError(f"it has made a {type(exporter).__name__}, which is no Exporter")
    return exporter


def _words(error: BaseException) -> str:
    """A plain ValueError is meant for people."""
    return told(error).removeprefix("ValueError: ")


def _wait(asked: Iterable[Callable[[], bool]], until: float) -> None:
    """Until each has said yes."""
    while (asked := [ask for ask in asked if not ask()]) and (left := until - monotonic()) > 0:
        sleep(min(_ASK_EVERY, left))
