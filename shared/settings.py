"""The options that every program has, and the configuration that they and the exporters' options make.

Source: command line before environment before file before default.
Errors: Misconfigured, with all that is wrong in the file.
"""

from collections.abc import Mapping, Sequence

from motes.shared import address, config, log
from motes.shared.allow import Allow
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, INTEGER, PATH, TIMEOUT, Catalogue, Kind, Option, choice, joined
from motes.shared.plugin import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Old, Values

_IN_PATHS = frozenset("/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _address(word: str) -> str:
    address.parse(word)
    return word


def _network(word: str) -> str:
    Allow([word])
    return word


def _telemetry_path(word: str) -> str:
    segments = word[1:].rstrip("/").split("/")
    plain = word == "/" or not {"", ".", "..", "-"}.intersection(segments)
    if word.startswith("/") and plain and _IN_PATHS.issuperset(word):
        return word
    raise ValueError(f'"{word}" is not a path such as /metrics, of letters, digits and the signs - . _ ~')


def _mode(word: str) -> int:
    if len(word) in (3, 4) and set(word) <= set("01234567"):
        return int(word, 8)
    raise ValueError(f'"{word}" is not a file mode such as 0660')


def _group(word: str) -> str:
    import grp  # noqa: PLC0415 - seldom needed

    if word and not (word.isascii() and word.isdigit()):
        try:
            grp.getgrnam(word)
        except KeyError:
            raise ValueError(f'there is no group "{word}" on this machine') from None
    return word


def _refused(word: str) -> str:
    if word:
        raise ValueError(
            "TLS and passwords are left to what stands in front: bind to loopback, unix: or dev: and put nginx "
            "or a tunnel before it, see the README"
        )
    return word


WEB = (
    Option(
        "web.listen-address",
        Kind("ADDRESS", _address),
        [],
        "Where to listen: HOST:PORT, :PORT, dev:IFACE:PORT, unix:PATH, fd:NAME.",
        repeatable=True,
    ),
    Option(
        "web.allow",
        Kind("NETWORK", _network),
        [],
        "An address or network that may connect; everybody if none is given.",
        repeatable=True,
    ),
    Option("web.telemetry-path", Kind("PATH", _telemetry_path), "/metrics", "The path of the metrics."),
    Option("web.max-requests", INTEGER, 40, "Scrapes at once; 0 for any number."),
    Option("web.disable-exporter-metrics", BOOLEAN, False, "Leave out metrics about this process."),
    Option("web.socket-mode", Kind("MODE", _mode, show="{:04o}".format), 0o660, "The mode of unix sockets, in octal."),
    Option(
        "web.socket-group", Kind("GROUP", _group), "", "The group of unix sockets; the process's own if none is given."
    ),
    Option("web.systemd-socket", BOOLEAN, False, "Listen on the sockets that the service manager hands over."),
    Option(
        "web.config.file", Kind("PATH", _refused), "", "Refused: TLS and passwords are left to a proxy.", hidden=True
    ),
    Option("scrape.timeout", TIMEOUT, 10.0, "The longest that a scrape may take, whatever the scraper allows."),
    Option("log.level", choice(*log.LEVELS), "info", "The least severe events to log."),
    Option("log.format", choice(*log.FORMATS), "logfmt", "How to log."),
)
MAIN = (
    Option("config.file", PATH, "", "A TOML file with more options."),
    Option("once", BOOLEAN, False, "Print one page and stop; exit status 1 if a collector failed."),
    Option("version", BOOLEAN, False, "Print the version and stop."),
    Option("help", BOOLEAN, False, "Print this and stop."),
    Option("runtime.gomaxprocs", INTEGER, None, "Ignored: there is no Go in here.", hidden=True),
)
TABLES = ("web", "scrape", "log")


class Settings:
    """What one program was told: values of the common options, and those given for each of its exporters.

    `ignored` are variables of the environment that look like options and are none.
    """

    def __init__(
        self, values: "Values", exporters: "Sequence[tuple[Plugin, Values]]", ignored: Sequence[str] = ()
    ) -> None:
        self.values = values
        self.exporters = exporters
        self.ignored = ignored


COMMON = Catalogue([*WEB, *MAIN])


def on_command_line(own: Plugin | None) -> Catalogue:
    """The options that a program takes as flags: the common ones, and those of the one exporter that it is."""
    return joined(COMMON, own.options) if own else COMMON


class Sources:
    """Where settings come from: what the command line gave, the environment, and the plugins that tables may name.

    With `own`, that one exporter runs. Else those run that the file has tables of, or those of `default` where it
    has none. `old` gathers the aliases that are in use, with their present names; the caller may have begun it.
    """

    def __init__(
        self,
        given: "Values",
        environment: Mapping[str, str],
        plugins: Mapping[str, Plugin],
        *,
        own: Plugin | None = None,
        default: Sequence[str] = (),
        old: "Old | None" = None,
    ) -> None:
        self.old: Old = {} if old is None else old
        self._ours = {name: value for name, value in given.items() if COMMON.find(name)}
        self._theirs = {name: value for name, value in given.items() if name not in self._ours}
        self._environment = environment
        self._plugins = plugins
        self._own = own
        self._default = default

    def read(self) -> Settings:
        """All that the program is told, read anew."""
        environment = config.from_environment(self._environment, COMMON.options)
        path = self._ours.get("config.file", environment.get("config.file", ""))
        from_file, tables = self._file(path) if path else ({}, {})
        values = config.defaults(COMMON.options) | from_file | environment | self._ours
        return Settings(values, *self._exporters(tables))

    def _file(self, path: str) -> "tuple[Values, dict[str, Values]]":
        """The common options' values, and those of the exporters by the name of their table."""
        values: Values = {}
        exporters: dict[str, Values] = {}
        problems = []
        for name, table in config.load_file(path).items():
            plugin = None if name in TABLES else self._plugins.get(name)
            if plugin is None and name not in TABLES:
                problems.append(self._no_table(name, table))
                continue
            options, prefix = (plugin.options, plugin.prefix) if plugin else (COMMON, f"{name}.")
            found, wrong = config.from_table(name, table, prefix, options, self.old)
            problems += wrong
            if plugin:
                exporters[name] = found
            else:
                values |= found
        if problems:
            raise Misconfigured([f"{path}: {problem}" for problem in problems])
        return values, exporters

    def _no_table(self, name: str, table: object) -> str:
        if not isinstance(table, dict):
            return f"{name} stands outside of the tables: an option is in its table, such as [web]"
        known = ", ".join(f"[{each}]" for each in (*TABLES, *self._plugins))
        return f"[{name}]: no such table; there are {known}"

    def _exporters(self, tables: "Mapping[str, Values]") -> "tuple[list[tuple[Plugin, Values]], list[str]]":
        """Those that run with what was given for them, and the variables that are nobody's."""
        running = [self._own] if self._own else [self._plugins[name] for name in tables or self._default]
        unknown = set(config.variables(self._environment)) - {config.variable(option) for option in COMMON.options}
        exporters = []
        for plugin in running:
            # Asked only where there may be one, for this imports what declares them.
            options = plugin.options.all() if unknown else ()
            unknown.difference_update(map(config.variable, options))
            environment = config.from_environment(self._environment, options)
            exporters.append((plugin, tables.get(plugin.name, {}) | environment | self._theirs))
        return exporters, sorted(unknown)
