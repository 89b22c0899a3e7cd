"""What every program's `main` does: read its options, then print a page, or serve until it is told to stop.

Exit status: 0 after a stop, 1 where it cannot listen or (with --once) a collector failed, 2 for a bad option.
"""

import os
import select
import socket
import sys
from collections.abc import Mapping, Sequence
from time import monotonic

from motes.shared import config, listen, log, settings
from motes.shared.config import Misconfigured
from motes.shared.engine import Scrape
from motes.shared.options import Option
from motes.shared.plugin import Plugin
from motes.shared.service import Service
from motes.shared.settings import Settings
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values


class Program:
    """A program's name, what it is for, its default address, and its exporters.

    `own` is the one exporter that it is, whose options are its flags; without it, the tables of the configuration say
    which of `plugins` run, and `default` runs where they name none.
    """

    def __init__(
        self,
        name: str,
        about: str,
        address: str,
        plugins: Mapping[str, Plugin],
        *,
        own: Plugin | None = None,
        default: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.about = about
        self.address = address
        self.plugins = plugins
        self.own = own
        self.default = default
        self._inherited: Sequence[tuple[str, socket.socket]] = ()

    def main(self, words: Sequence[str]) -> int:
        try:
            self._inherited = _inherited()
            given = config.from_words(words, settings.on_command_line(self.own))
            if given.get("help"):
                return self._print(self._help())
            if given.get("version"):
                return self._print(f"{self.name}, version {VERSION}\n")
            told = self._settings(given)
            log.configure(told.values["log.level"], told.values["log.format"])
            service = Service(self.name, told, lambda: self._settings(given), self._inherited)
        except Misconfigured as error:
            sys.stderr.write(f"{self.name}: {error.problems[0]}\n")
            return 2
        return _once(service) if told.values["once"] else service.run()

    def _settings(self, given: "Values") -> Settings:
        """All that the program is told; read again on SIGHUP."""
        told = settings.read(given, os.environ, self.own, self.plugins)
        if not told.exporters:
            told.exporters = [(self.plugins[name], {}) for name in self.default]
        if told.values["web.systemd-socket"] or (self._inherited and not told.values["web.listen-address"]):
            told.values["web.listen-address"] = ["fd:"]
        elif not told.values["web.listen-address"]:
            told.values["web.listen-address"] = [self.address]
        if "runtime.gomaxprocs" in given:
            log.warn("option ignored", option="--runtime.gomaxprocs", reason="there is no Go in here")
        return told

    def _print(self, text: str) -> int:
        sys.stdout.write(text)
        return 0

    def _help(self) -> str:
        from motes.shared.help import usage  # noqa: PLC0415 - only when it is asked for

        groups: list[tuple[str, Sequence[Option]]] = [("Web and log", settings.WEB), ("Program", settings.MAIN)]
        if self.own:
            groups.insert(0, (f"The {self.own.name} exporter", list(self.own.options.all())))
        return usage(f"{self.name} [OPTIONS]", self.about, groups)


def _inherited() -> Sequence[tuple[str, socket.socket]]:
    try:
        return listen.inherited()
    except ValueError as error:
        raise Misconfigured([str(error)]) from error


def _once(service: Service) -> int:
    """One page to standard output."""
    finished: list[Scrape] = []
    engine = service.engine
    engine.scrape(engine.states, monotonic() + service.settings.values["scrape.timeout"], finished.append)
    while not finished:
        select.select([engine], [], [], engine.timeout(monotonic()))
        engine.handle()
        engine.tick(monotonic())
    page = service.pages.make(finished[0], openmetrics=False, gzip=False)
    sys.stdout.buffer.write(page)
    sys.stdout.flush()
    failed = [state for state, result in finished[0].results() if result is None or result.error]
    return 1 if failed else 0
