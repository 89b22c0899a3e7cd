"""The exporters that run, from their start until their threads have ended.

Errors: what an exporter raises when something is asked of it is a line in the log, and nothing to the others.
"""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic, sleep

from motes.shared import log
from motes.shared.config import Misconfigured
from motes.shared.plugin import Exporter, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values
    from motes.shared.engine import State

# How often those that are waited for are asked, in seconds.
_ASK_EVERY = 0.02


class Run:
    """One exporter, set up with what was given for it."""

    __slots__ = ("exporter", "given", "plugin", "started", "states")

    def __init__(self, plugin: Plugin, given: "Values") -> None:
        self.plugin = plugin
        self.given = given
        self.exporter = _created(plugin, given)
        self.started = False
        # Of its collectors, once it is replaced.
        self.states: Sequence[State] = ()

    def start(self) -> None:
        self.started = self._does("started", self.exporter.start)

    def refresh(self) -> bool:
        """Whether it could."""
        return self._does("refreshed", self.exporter.refresh)

    def close(self) -> None:
        self._does("closed", self.exporter.close)

    def settled(self) -> bool:
        return self._says(self.exporter.settled)

    def ended(self) -> bool:
        return self._says(self.exporter.ended)

    def _does(self, what: str, act: Callable[[], None]) -> bool:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - one exporter's defect does not end the others
            self._complain(what, error)
            return False
        return True

    def _says(self, ask: Callable[[], bool]) -> bool:
        """What it answers. One that cannot is not waited for, if it was ever started."""
        try:
            return not self.started or ask()
        except Exception as error:  # noqa: BLE001 - likewise
            self._complain("asked", error)
            return True

    def _complain(self, what: str, error: Exception) -> None:
        told = error if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        log.error(f"exporter not {what}", exporter=self.plugin.name, err=told)


class Running:
    """Made of plugins with what was given for them; Misconfigured where one refuses it."""

    def __init__(self, wanted: "Iterable[tuple[Plugin, Values]]") -> None:
        self.runs: Sequence[Run] = ()
        self._leaving: list[Run] = []
        self._closed: list[Run] = []
        self.runs = self.prepare(wanted)

    def prepare(self, wanted: "Iterable[tuple[Plugin, Values]]") -> list[Run]:
        """What is to run: what runs already with the same values, and what is made for it. See `replace` and `drop`."""
        prepared: list[Run] = []
        try:
            for plugin, given in wanted:
                same = next((run for run in self.runs if run.plugin is plugin and run.given == given), None)
                prepared.append(same or Run(plugin, given))
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
            run.states = [state for state in gone if state.collector in run.exporter.collectors]
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
        self._close([*self._leaving, *self.runs])
        _wait([run.ended for run in self._closed], until)

    def _close(self, runs: Iterable[Run]) -> None:
        self._closed = [run for run in self._closed if not run.ended()]
        for run in runs:
            run.close()
            self._closed.append(run)


def _created(plugin: Plugin, given: "Values") -> Exporter:
    try:
        return plugin.create(given)
    except ValueError as error:
        raise Misconfigured([str(error)]) from error
    except Exception as error:  # one exporter's defect is a line, not a traceback
        raise Misconfigured([f"exporter {plugin.name}: {type(error).__name__}: {error}"]) from error


def _wait(asked: Iterable[Callable[[], bool]], until: float) -> None:
    """Until each has said yes."""
    while (asked := [ask for ask in asked if not ask()]) and (left := until - monotonic()) > 0:
        sleep(min(_ASK_EVERY, left))
