"""A program while it serves: its exporters, engine and server, and what signals do to them.

SIGTERM and SIGINT stop it, SIGHUP has it read its configuration again. A configuration that is wrong changes nothing.
"""

import resource
import select
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from time import monotonic, time

from motes.shared import garbage, log, notify, process
from motes.shared.address import Address
from motes.shared.allow import Allow
from motes.shared.collector import Collector
from motes.shared.config import Misconfigured
from motes.shared.engine import Engine, Scrape
from motes.shared.exposition import Family, gauge
from motes.shared.listen import Listeners
from motes.shared.pages import Pages, Telemetry
from motes.shared.places import places
from motes.shared.running import Run, Running
from motes.shared.server import Server
from motes.shared.settings import Settings
from motes.shared.site import Site
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.status import StatusPage

# Connections, kept descriptors of kernel files, and room; the usual soft limit leaves little.
_FILES = 4096
# How long all may take from the signal to the end, and how much of it exporters may, in seconds.
_STOP_WITHIN = 1.9
_END_WITHIN = 1.0


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
        self._reloaded_at = self._started = time()
        self._stop_by = float("inf")
        self._process = process.collector(VERSION, self._metrics)
        allow, served = _allow(settings), places(settings)
        self.running = Running(settings.exporters)
        self.engine = Engine(self._collectors(settings, self.running.runs))
        self.pages = Pages(self._telemetry(), self.engine.claims)
        self._site = Site(self.engine, self.pages)
        self._site.views = served
        self.server = Server(self._site, self.engine, allow)
        self.listeners = Listeners(
            list(served),
            socket_mode=settings.values["web.socket-mode"],
            socket_group=settings.values["web.socket-group"],
            inherited=inherited,
            opened=self.server.opened,
            closed=self.server.closed,
        )
        self._page: StatusPage | None = None
        self._site.person_page = lambda view: self._status_page().render(view)
        self._site.status_json = lambda view: self._status_page().json(view)
        self._apply(settings)

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        _raise_file_limit()
        try:
            self.server.listen(self.listeners)
        except (OSError, ValueError) as error:
            log.error("cannot start", err=error)
            notify.send(STATUS=f"cannot start: {error}")
            return 1
        for number in (signal.SIGTERM, signal.SIGINT):
            self.server.on_signal(number, self._stop)
        self.server.on_signal(signal.SIGHUP, self._reload)
        self.server.every(5.0, self.running.close_leaving)
        if (interval := notify.watchdog_interval()) is not None:
            self.server.every(interval, self._keep_alive)
        self.running.start()
        self._announce()
        garbage.settle()
        self.server.run()
        self.end(self._stop_by)
        log.info("stopped")
        return 0

    def take(self) -> Scrape:
        """One collection instead, once all is there that is worth waiting for, in the time that a scrape may take."""
        timeout = self.settings.values["scrape.timeout"]
        deadline = monotonic() + timeout
        self.running.start()
        # What is left of the time is the collectors'.
        self.running.settle(deadline - timeout / 10)
        finished: list[Scrape] = []
        self.engine.scrape(self.engine.states, deadline, finished.append)
        while not finished:
            select.select([self.engine], [], [], self.engine.timeout(monotonic()))
            self.engine.handle()
            self.engine.tick(monotonic())
        return finished[0]

    def end(self, until: float = float("inf")) -> None:
        """Let exporters give back what they hold; they have a second, if that is not beyond a monotonic time."""
        self.running.end(min(until, monotonic() + _END_WITHIN))

    def _announce(self) -> None:
        self._site.ready = True
        log.info("serving", program=self.name, version=VERSION, exporters=self._names(), **_from(self.settings))
        notify.send(READY=1, STATUS=self._status())

    def _names(self) -> str:
        return ",".join(run.name for run in self.running.runs)

    def _status(self) -> str:
        """In a few words, for the service manager."""
        serving = f"serving {self._names()} on {', '.join(str(each.address) for each in self.listeners.listeners)}"
        return "; ".join(filter(None, (serving, self._problem())))

    def _status_page(self) -> "StatusPage":
        if self._page is None:
            from motes.shared.status import StatusPage  # noqa: PLC0415 - a tenth of a megabyte, for who looks at it

            self._page = StatusPage(
                self.name,
                self.engine,
                self.listeners,
                self._site,
                running=self.running,
                allowed=lambda: self.settings.values["web.allow"],
                problem=self._problem,
                started=self._started,
            )
        return self._page

    def _problem(self) -> str:
        return "" if self._reload_succeeded else "what was read last was not taken, or not all of it, see the log"

    def _stop(self) -> None:
        notify.send(STOPPING=1)
        log.info("stopping")
        self._stop_by = min(self._stop_by, monotonic() + _STOP_WITHIN)
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
            log.info("configuration read", exporters=self._names(), **_from(self.settings))
            self._reload_succeeded = int(self.running.refresh())
            self.running.start()
            if self._reload_succeeded:
                self._reloaded_at = time()
        notify.send(READY=1, STATUS=self._status())

    def _change(self, settings: Settings) -> None:
        """Go over to new settings; what did not change goes on. Raises, with nothing changed, for what does not fit."""
        allow, served = _allow(settings), places(settings)
        prepared = self.running.prepare(settings.exporters)
        try:
            self._listen(settings, list(served))
        except BaseException:
            self.running.drop(prepared)
            raise
        self.settings = settings
        self.server.permit(allow)
        self._site.views = served
        self.running.replace(prepared, self.engine.replace(self._collectors(settings, prepared)))
        self.pages.tell_of(self._telemetry())
        self._apply(settings)

    def _listen(self, settings: Settings, addresses: Sequence[Address]) -> None:
        """Go over to these addresses, and its mode and group of unix sockets; or raise, and stay with what is."""
        self._permit(settings)
        try:
            self.listeners.replace(addresses)
        except BaseException:
            self._permit(self.settings)
            raise

    def _permit(self, settings: Settings) -> None:
        self.listeners.permit(settings.values["web.socket-mode"], settings.values["web.socket-group"])

    def _apply(self, settings: Settings) -> None:
        values = settings.values
        log.configure(values["log.level"], values["log.format"])
        self._site.telemetry_path = values["web.telemetry-path"]
        self._site.max_requests = values["web.max-requests"]
        self._site.timeout = values["scrape.timeout"]
        self.engine.max_series = values["scrape.max-series"]

    def _collectors(self, settings: Settings, runs: Sequence[Run]) -> list[Collector]:
        own = [] if settings.values["web.disable-exporter-metrics"] else [self._process]
        return [collector for run in runs for collector in run.collectors] + own

    def _telemetry(self) -> dict[str, Telemetry]:
        return {run.name: (*run.plugin.telemetry, run.wanted.label_pairs) for run in self.running.runs}

    def _metrics(self) -> Iterator[Family]:
        help = "Whether the configuration was taken when it was last read."
        yield gauge("motes_config_last_reload_successful", help, self._reload_succeeded)
        help = "When a configuration was last taken, Unix time."
        yield gauge("motes_config_last_reload_success_timestamp_seconds", help, self._reloaded_at)


def _allow(settings: Settings) -> Allow:
    try:
        return Allow(settings.values["web.allow"])
    except ValueError as error:
        raise Misconfigured([f"--web.allow: {error}"]) from error


def _from(settings: Settings) -> dict[str, str]:
    """Which file the settings are from, as a field of the log, if there is one."""
    return {"config": settings.file} if settings.file else {}


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
