"""What every program's `main` does: read its options, then print a page, or serve until it is told to stop.

Exit status: 0 after a stop, 1 where it cannot listen or (with --once) a collector failed, 2 for a bad option.
"""

import errno
import os
import signal
import socket
from collections.abc import Mapping, Sequence

from motes.shared import common, listen, log, notify, settings
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.options import Option
from motes.shared.plugin import Plugin
from motes.shared.service import Service
from motes.shared.settings import Settings, Sources
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Old


class Program:
    """A program's name, what it is for, its default address, and its exporters.

    `own` is the one exporter that it is, whose options are its flags; without it, the tables of the configuration say
    which of `plugins` run, and `default` runs where they name none; and that configuration is looked for where it is
    not named. `letters` are short flags and the options that they stand for (`-l`, as "l": "web.listen-address");
    `bare` is the repeatable option that bare words are for.
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
        letters: Mapping[str, str] | None = None,
        bare: str = "",
    ) -> None:
        self.name = name
        self.about = about
        self.address = address
        self.plugins = plugins
        self.own = own
        self.default = default
        self.letters = {"h": "help", **(letters or {})}
        self.bare = bare
        self._inherited: Sequence[tuple[str, socket.socket]] = ()

    def main(self, words: Sequence[str]) -> int:
        _occupy_standard_descriptors()
        try:
            return self._main(words)
        except Misconfigured as error:
            more = f" (and {len(error.problems) - 1} more, see --config.check)" if len(error.problems) > 1 else ""
            self._complain(error.problems[0] + more)
            notify.send(STATUS=f"cannot start: {error.problems[0]}{more}")
            return 2

    def _main(self, words: Sequence[str]) -> int:
        self._inherited = _inherited()
        old: Old = {}
        given, wrong = CommandLine(settings.on_command_line(self.own), self.letters, self.bare).look(words, old)
        if wrong and not given.get("config.check"):
            raise Misconfigured(wrong)
        if given.get("help"):
            return self._print(self._help())
        if given.get("version"):
            return self._print(f"{self.name}, version {VERSION}\n")
        if given.get("config.example"):
            return self._print(self._example())
        sources = Sources(
            given,
            os.environ,
            self.plugins,
            own=self.own,
            default=self.default,
            searching=self.own is None,
            old=old,
        )
        return self._check(sources, wrong) if given.get("config.check") else self._serve(sources)

    def _check(self, sources: Sources, wrong: Sequence[str]) -> int:
        """Say all that is wrong, besides what is already known to be; the exit status."""
        from motes.shared import check  # noqa: PLC0415 - only when it is asked for

        told = self._placed(sources.look())
        log.configure(told.values["log.level"], told.values["log.format"])
        _warn(sources.old, told)
        problems = [*wrong, *check.problems(told)]
        for problem in problems:
            self._complain(problem)
        return 2 if problems else self._print(f"{self.name}: all is well: {check.picture(told)}\n")

    def _serve(self, sources: Sources) -> int:
        told = self._settings(sources)
        log.configure(told.values["log.level"], told.values["log.format"])
        _warn(sources.old, told)
        service = Service(self.name, told, lambda: self._settings(sources), self._inherited)
        return self._once(service) if told.values["once"] else service.run()

    def _settings(self, sources: Sources) -> Settings:
        """All that the program is told, with where to listen; read again on SIGHUP."""
        return self._placed(sources.read())

    def _placed(self, told: Settings) -> Settings:
        """With the addresses of those that do not say where to be served, if nobody does."""
        values = told.values
        handed_over = self._handed_over(told) if self._inherited or values["web.systemd-socket"] else []
        if values["web.systemd-socket"]:
            values["web.listen-address"] = handed_over
        if not values["web.listen-address"] and not all(wanted.listen for wanted in told.exporters):
            values["web.listen-address"] = handed_over or [self.address]
        return told

    def _handed_over(self, told: Settings) -> list[str]:
        """The service manager's sockets: all of them, or those that no exporter has for itself."""
        taken = {spec for wanted in told.exporters for spec in wanted.listen if spec.startswith("fd:")}
        names = dict.fromkeys([name for name, _ in self._inherited])
        return [spec for name in names if (spec := f"fd:{name}") not in taken] if taken else ["fd:"]

    def _once(self, service: Service) -> int:
        """One page to standard output; the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: _leave(service, number))
        scrape = service.take()
        status = self._write(service.pages.make(scrape, openmetrics=False, gzip=False))
        service.end()
        failed = any(result is None or result.error for _, result in scrape.results())
        return status or int(failed)

    def _print(self, text: str) -> int:
        return self._write(text.encode())

    def _write(self, text: bytes) -> int:
        """To standard output; the exit status."""
        try:
            while text:
                text = text[os.write(1, text) :]
        except OSError as error:
            if error.errno != errno.EPIPE:
                self._complain(f"cannot write to standard output: {error.strerror}")
            return 1
        return 0

    def _complain(self, what: str) -> None:
        """One line, whatever is in it."""
        shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in f"{self.name}: {what}")
        try:
            os.write(2, shown.encode("utf-8", "backslashreplace") + b"\n")
        except OSError:
            pass

    def _help(self) -> str:
        from motes.shared.help import usage  # noqa: PLC0415 - only when it is asked for

        groups: list[tuple[str, Sequence[Option]]] = [("Web and log", common.WEB), ("Program", common.MAIN)]
        if self.own:
            groups.insert(0, (f"The {self.own.name} exporter", self.own.options.all()))
        bare = self.own.options.find(self.bare) if self.own else None
        line = f"{self.name} [OPTIONS]" + (f" [{bare.kind.metavar}...]" if bare else "")
        defaults = {"web.listen-address": self.address}
        return usage(line, self.about, groups, defaults=defaults, letters=self.letters, bare=self.bare)

    def _example(self) -> str:
        from motes.shared.example import example  # noqa: PLC0415 - likewise

        on = [self.own.name] if self.own else self.default
        return example(self.name, self.plugins, on, {"web.listen-address": [self.address]})


def _leave(service: Service, number: int) -> None:
    """Have exporters give back what they hold, and go by the signal; another one is not kept waiting."""
    signal.signal(number, signal.SIG_DFL)
    service.end()
    signal.raise_signal(number)


def _warn(old: "Old", told: Settings) -> None:
    for word, instead in old.items():
        log.warn("deprecated option", option=word, instead=instead)
    for name in told.ignored:
        log.warn("variable ignored", variable=name, reason="there is no such option")
    if told.values["runtime.gomaxprocs"] is not None:
        log.warn("option ignored", option="--runtime.gomaxprocs", reason="there is no Go in here")


def _occupy_standard_descriptors() -> None:
    """Where one is closed, a socket would take its number, and be sent the log. Writing to these fails."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)


def _inherited() -> Sequence[tuple[str, socket.socket]]:
    try:
        return listen.inherited()
    except ValueError as error:
        raise Misconfigured([str(error)]) from error
