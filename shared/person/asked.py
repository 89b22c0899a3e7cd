"""What `motes doctor` is to look at, out of its command line, the environment and the configuration file.

Errors: Misconfigured for a command line that cannot be; what is wrong with the configuration is in its settings.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from motes.shared import config, settings
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.motesd import Plugins
from motes.shared.plugin import Plugin
from motes.shared.settings import Settings, Sources, Wanted

_ADDRESS = "127.0.0.1:9100"


class Asked:
    """`settings` are those of the program that would run, with the exporters that are to be looked at.

    Without a name and a configuration, `idle` are our other exporters, which do not run.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.old: dict[str, str] = {}
        self._plugins = Plugins()
        self._names = list(takewhile(lambda word: not word.startswith("-"), words))
        kinds = dict.fromkeys(name.partition(".")[0] for name in self._names)
        known = {kind: find(self._plugins, kind) for kind in kinds}
        own = next(iter(known.values())) if len(known) == 1 else None
        flags = words[len(self._names) :]
        given = CommandLine(settings.on_command_line(own), {}).read(flags, self.old)
        self._sources = Sources(
            given, environment, self._plugins, own=own, default=list(kinds) or ["node"], searching=True, old=self.old
        )
        self.settings = self._limited(self._sources.look(), known)
        idle = [] if self._names or self.settings.file else [name for name in self._plugins if name != "node"]
        self.idle = [Wanted(self._plugins[name]) for name in idle]

    def _limited(self, told: Settings, known: Mapping[str, Plugin]) -> Settings:
        """Settings with the exporters that are named alone, and with where they listen if nobody says."""
        if told.values["web.systemd-socket"]:
            told.values["web.listen-address"] = ["fd:"]
        if self._names:
            configured = {each.plugin.name for each in told.exporters}
            there = [*told.exporters, *[Wanted(known[kind]) for kind in known if kind not in configured]]
            told.exporters = chosen(there, self._names)
        elif not told.values["web.listen-address"] and not all(each.listen for each in told.exporters):
            told.values["web.listen-address"] = [_ADDRESS]
        return told


def find(plugins: Mapping[str, Plugin], name: str) -> Plugin:
    found = plugins.get(name)
    if found is None:
        meant = config.near(name, plugins)
        there = ", ".join(plugins)
        raise Misconfigured([f'there is no exporter "{name}"' + (f" ({meant}?)" if meant else f"; there are {there}")])
    return found


def chosen(there: Sequence[Wanted], names: Sequence[str]) -> list[Wanted]:
    """Those of these names; the name of an exporter alone means all of its instances."""
    found = []
    for name in names:
        of_name = [each for each in there if name in (each.name, each.plugin.name)]
        if not of_name:
            raise Misconfigured([f"there is no {name}; there are {', '.join(each.name for each in there)}"])
        found += [each for each in of_name if each not in found]
    return found
