"""What one program is told: the common options, and which exporters run, with theirs.

Source: command line before environment before file before default.
Errors: Misconfigured, with all that is wrong.
"""

from collections.abc import Mapping, Sequence

from motes.shared import config
from motes.shared.common import COMMON, TABLES
from motes.shared.config import Misconfigured
from motes.shared.options import Catalogue, joined
from motes.shared.plugin import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Old, Values

    Labels = tuple[tuple[str, str], ...]
    # What runs of each exporter that has a table, by its name.
    Found = dict[str, list["Wanted"]]

# Tells instances apart.
INSTANCE = "instance_name"


class Wanted:
    """An exporter that is to run: its kind, which one of that kind (`instance`; mostly there is one, without a name),
    its options' values, the labels that all of its series get, and where alone it is served; if nowhere, with the rest.

    It is `sound` unless something in its table is wrong.
    """

    __slots__ = ("instance", "labels", "listen", "plugin", "sound", "values")

    def __init__(
        self,
        plugin: Plugin,
        instance: str = "",
        values: "Values | None" = None,
        labels: "Labels" = (),
        listen: Sequence[str] = (),
        *,
        sound: bool = True,
    ) -> None:
        self.plugin = plugin
        self.instance = instance
        self.values: Values = {} if values is None else values
        self.labels = labels
        self.listen = listen
        self.sound = sound

    @property
    def name(self) -> str:
        """What it is called everywhere: node, card10-bme680.kitchen."""
        return f"{self.plugin.name}.{self.instance}" if self.instance else self.plugin.name

    @property
    def label_pairs(self) -> "Labels":
        """The labels, and the one that tells instances apart."""
        return ((INSTANCE, self.instance), *self.labels) if self.instance else self.labels

    def same(self, other: "Wanted") -> bool:
        """Whether one that runs would do for the other; where they are served is not their concern."""
        return self.plugin is other.plugin and self._told() == other._told()

    def _told(self) -> "tuple[str, Values, Labels]":
        return self.instance, self.values, self.labels


class Settings:
    """Values of the common options, the exporters that run, and the file, if there is one, that some of it is from.

    `problems` are all that is wrong, a line each. `ignored` are variables of the environment that look like options
    and are none.
    """

    def __init__(
        self,
        values: "Values",
        exporters: Sequence[Wanted],
        *,
        file: str = "",
        problems: Sequence[str] = (),
        ignored: Sequence[str] = (),
    ) -> None:
        self.values = values
        self.exporters = exporters
        self.file = file
        self.problems = problems
        self.ignored = ignored


def on_command_line(own: Plugin | None) -> Catalogue:
    """The options that a program takes as flags: the common ones, and those of the one exporter that it is."""
    return joined(COMMON, own.options) if own else COMMON


class Sources:
    """Where settings come from: what the command line gave, the environment, and the plugins that tables may name.

    With `own`, that one exporter runs. Else those run that the file has tables of, or those of `default` where it
    has none. With `searching`, a file is looked for where none is named. `old` gathers the aliases that are in use,
    with their present names; the caller may have begun it.
    """

    def __init__(
        self,
        given: "Values",
        environment: Mapping[str, str],
        plugins: Mapping[str, Plugin],
        *,
        own: Plugin | None = None,
        default: Sequence[str] = (),
        searching: bool = False,
        old: "Old | None" = None,
    ) -> None:
        self.old: Old = {} if old is None else old
        self._ours = {name: value for name, value in given.items() if COMMON.find(name)}
        self._theirs = {name: value for name, value in given.items() if name not in self._ours}
        self._environment = environment
        self._plugins = plugins
        self._own = own
        self._default = default
        self._searching = searching
        self._found = ""

    def read(self) -> Settings:
        """All that the program is told, read anew; Misconfigured if anything in it is wrong."""
        settings = self.look()
        if settings.problems:
            raise Misconfigured(settings.problems)
        return settings

    def look(self) -> Settings:
        """As `read`, with what is wrong among the rest."""
        environment, problems = config.from_environment(self._environment, COMMON.options)
        path = self._ours.get("config.file", environment.get("config.file"))
        if path is None:
            # One that was there is missed.
            path = self._found = (config.default_file(self._environment) or self._found) if self._searching else ""
        from_file, found, wrong = self._file(path) if path else ({}, {}, [])
        values = config.defaults(COMMON.options) | from_file | environment | self._ours
        exporters, more, ignored = self._exporters(found)
        return Settings(values, exporters, file=path, problems=[*problems, *wrong, *more], ignored=ignored)

    def _file(self, path: str) -> "tuple[Values, Found, list[str]]":
        """The common options' values, the exporters by the name of their table, and what is wrong."""
        values: Values = {}
        exporters: Found = {}
        problems = []
        try:
            loaded = config.load_file(path)
        except Misconfigured as error:
            return {}, {}, list(error.problems)
        for name, table in loaded.items():
            if name in TABLES:
                found, wrong = config.from_table(name, table, f"{name}.", COMMON, self.old)
                values |= found
            elif (plugin := self._plugins.get(name)) is not None:
                exporters[name], wrong = self._instances(plugin, table)
            else:
                wrong = [self._no_table(name, table)]
            problems += wrong
        return values, exporters, [f"{path}: {problem}" for problem in problems]

    def _instances(self, plugin: Plugin, table: object) -> tuple[list[Wanted], list[str]]:
        from motes.shared import broken, tables  # noqa: PLC0415 - for those who have a file

        try:
            return tables.wanted(plugin, table, self.old)
        except Exception as error:  # noqa: BLE001 - a defect of what declares its options
            return tables.wanted(broken.plugin(plugin.name, error), table, self.old)

    def _no_table(self, name: str, table: object) -> str:
        if not isinstance(table, dict):
            return f"{name} stands outside of the tables: an option is in its table, such as [web]"
        kin, dot, _ = name.partition(".")
        if dot and self._plugins.get(kin) is not None:
            return f'["{name}"]: instances stand without quotes: [{name}]'
        known = (*TABLES, *self._plugins)
        meant = config.near(name, known)
        there = ", ".join(f"[{each}]" for each in known)
        return f"[{name}]: no such table" + (f" ([{meant}]?)" if meant else "") + f"; there are {there}"

    def _exporters(self, found: "Found") -> tuple[list[Wanted], list[str], list[str]]:
        """Those that run with what was given for them, what is wrong with that, and variables that are nobody's.

        What the command line and the environment give is for every instance.
        """
        unknown = set(config.variables(self._environment)) - {config.variable(option) for option in COMMON.options}
        exporters = []
        problems = []
        for instances in self._running(found):
            # Asked only where there may be one, for this imports what declares them.
            options = instances[0].plugin.options.all() if unknown and instances else ()
            unknown.difference_update(map(config.variable, options))
            environment, wrong = config.from_environment(self._environment, options)
            problems += wrong
            for wanted in instances:
                wanted.values = wanted.values | environment | self._theirs
                wanted.sound = wanted.sound and not wrong
            exporters += instances
        return exporters, problems, sorted(unknown)

    def _running(self, found: "Found") -> list[list[Wanted]]:
        if self._own:
            return [found.get(self._own.name) or [Wanted(self._own)]]
        return list(found.values()) or [[Wanted(self._plugins[name])] for name in self._default]
