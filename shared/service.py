"""A program while it serves: its exporters, engine and server, and what signals do to them.

SIGTERM and SIGINT stop it, SIGHUP has it read its configuration again. A configuration that is wrong changes nothing.
"""

import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import time

from motes.shared import address, log, notify, process
from motes.shared.allow import Allow
from motes.shared.collector import Collector
from motes.shared.config import Misconfigured
from motes.shared.engine import Engine, State
from motes.shared.exposition import Family, gauge
from motes.shared.listen import Listeners
from motes.shared.pages import Pages
from motes.shared.plugin import Exporter, Plugin
from motes.shared.server import Server
from motes.shared.settings import Settings
from motes.shared.site import Site
from motes.shared.status import StatusPage
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values

    Running = tuple[Plugin, Values, Exporter]

# Connections, kept descriptors of kernel files, and room; the usual soft limit leaves little.
_FILES = 4096


class Service:
    """Made from settings, which `again` reads anew; Misconfigured where something in them does not fit."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        again: Callable[[], Settings],
        inherited: Sequence[tuple[str, socket.socket]],
    ) -> None:
        self.name = name
        self.settings = settings
        self._again = again
        self._reload_succeeded = 1
        self._reloaded_at = time()
        self._retired: list[tuple[Sequence[State], Exporter]] = []
        self._process = process.collector(VERSION, self._metrics)
        self._running: list[Running] = [
            (plugin, given, _created(plugin, given)) for plugin, given in settings.exporters
        ]
        self.engine = Engine(self._collectors(settings))
        self.pages = Pages(self._telemetry(), self.engine.claims)
        self._site = Site(self.engine, self.pages)
        self.server = Server(self._site, self.engine, _allow(settings))
        self.listeners = Listeners(
            _addresses(settings),
            socket_mode=settings.values["web.socket-mode"],
            socket_group=settings.values["web.socket-group"],
            inherited=inherited,
            opened=self.server.opened,
            closed=self.server.closed,
        )
        self._site.person_page = StatusPage(name, self.engine, self.listeners, self._site).render
        self._apply(settings)

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        _raise_file_limit()
        try:
            self.server.listen(self.listeners)
        except (OSError, ValueError) as error:
            log.error("cannot start", err=error)
            return 1
        for number in (signal.SIGTERM, signal.SIGINT):
            self.server.on_signal(number, self._stop)
        self.server.on_signal(signal.SIGHUP, self._reload)
        self.server.every(5.0, self._close_retired)
        if (interval := notify.watchdog_interval()) is not None:
            self.server.every(interval, self._keep_alive)
        self._announce()
        _settle()
        self.server.run()
        log.info("stopped")
        return 0

    def _announce(self) -> None:
        self._site.ready = True
        exporters = ",".join(plugin.name for plugin, *_ in self._running)
        log.info("serving", program=self.name, version=VERSION, exporters=exporters)
        notify.send(READY=1, STATUS="serving on " + ", ".join(str(each.address) for each in self.listeners.listeners))

    def _stop(self) -> None:
        notify.send(STOPPING=1)
        log.info("stopping")
        self.server.stop()

    def _keep_alive(self) -> None:
        """The loop is alive, or this would not be called; a collector that hangs is no reason to be killed."""
        if self.engine.alive():
            notify.send(WATCHDOG=1)

    def _reload(self) -> None:
        if self.server.stopping:
            return
        notify.reloading()
        try:
            self._change(self._again())
        except Exception as error:  # noqa: BLE001 - whatever is wrong, what runs goes on
            self._reload_succeeded = 0
            told = error if isinstance(error, Misconfigured) else f"{type(error).__name__}: {error}"
            log.error("configuration not taken, the running one stays", err=told)
        else:
            self._reload_succeeded, self._reloaded_at = 1, time()
            log.info("configuration read")
        notify.send(READY=1)

    def _change(self, settings: Settings) -> None:
        """Go over to new settings; what did not change goes on. Raises, with nothing changed, for what does not fit."""
        allow = _allow(settings)
        kept, made = self._prepare(settings)
        try:
            self._listen(settings)
        except BaseException:
            _close(made)
            raise
        running, self._running = self._running, kept
        self.settings = settings
        self.server.allow = allow
        gone = self.engine.replace(self._collectors(settings))
        for each in running:
            if each not in kept:
                states = [state for state in gone if state.collector in each[2].collectors]
                self._retired.append((states, each[2]))
        self.pages.tell_of(self._telemetry())
        self._apply(settings)

    def _listen(self, settings: Settings) -> None:
        """Go over to its addresses, and its mode and group of unix sockets; or raise, and stay with what is."""
        self._permit(settings)
        try:
            self.listeners.replace(_addresses(settings))
        except BaseException:
            self._permit(self.settings)
            raise

    def _permit(self, settings: Settings) -> None:
        self.listeners.permit(settings.values["web.socket-mode"], settings.values["web.socket-group"])

    def _prepare(self, settings: Settings) -> "tuple[list[Running], list[Exporter]]":
        """What is to run: what runs already with the same values, and what is made for it."""
        kept: list[Running] = []
        made: list[Exporter] = []
        try:
            for plugin, given in settings.exporters:
                same = next((each for each in self._running if each[0] is plugin and each[1] == given), None)
                if same is None:
                    same = plugin, given, _created(plugin, given)
                    made.append(same[2])
                kept.append(same)
        except BaseException:
            _close(made)
            raise
        return kept, made

    def _apply(self, settings: Settings) -> None:
        values = settings.values
        log.configure(values["log.level"], values["log.format"])
        self._site.telemetry_path = values["web.telemetry-path"]
        self._site.max_requests = values["web.max-requests"]
        self._site.timeout = values["scrape.timeout"]

    def _close_retired(self) -> None:
        """Close exporters that were replaced, once none of their collectors is at work any more."""
        for states, exporter in self._retired[:]:
            if not any(state.pending for state in states):
                self._retired.remove((states, exporter))
                _close([exporter])

    def _collectors(self, settings: Settings) -> list[Collector]:
        own = [] if settings.values["web.disable-exporter-metrics"] else [self._process]
        return [collector for *_, exporter in self._running for collector in exporter.collectors] + own

    def _telemetry(self) -> dict[str, tuple[str, str]]:
        return {plugin.name: plugin.telemetry for plugin, *_ in self._running}

    def _metrics(self) -> Iterator[Family]:
        help = "Whether the configuration was taken when it was last read."
        yield gauge("motes_config_last_reload_successful", help, self._reload_succeeded)
        help = "When a configuration was last taken, Unix time."
        yield gauge("motes_config_last_reload_success_timestamp_seconds", help, self._reloaded_at)


def _created(plugin: Plugin, given: "Values") -> Exporter:
    try:
        return plugin.create(given)
    except ValueError as error:
        raise Misconfigured([str(error)]) from error
    except Exception as error:  # one exporter's defect is a line, not a traceback
        raise Misconfigured([f"exporter {plugin.name}: {type(error).__name__}: {error}"]) from error


def _close(exporters: Iterable[Exporter]) -> None:
    for exporter in exporters:
        try:
            exporter.close()
        except Exception as error:  # noqa: BLE001 - one exporter's defect does not end the others
            log.error("exporter not closed", err=f"{type(error).__name__}: {error}")


def _allow(settings: Settings) -> Allow:
    try:
        return Allow(settings.values["web.allow"])
    except ValueError as error:
        raise Misconfigured([f"--web.allow: {error}"]) from error


def _addresses(settings: Settings) -> list[address.Address]:
    try:
        addresses = [address.parse(spec) for spec in settings.values["web.listen-address"]]
        address.check(addresses)
    except ValueError as error:
        raise Misconfigured([f"--web.listen-address: {error}"]) from error
    return addresses


def _settle() -> None:
    """What is there now stays, so that looking for garbage costs next to nothing and can be done often.

    It empties Python's stores of free objects, too: in 3.11, tuples of 20 pile up there unused.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(500, 2, 2)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
