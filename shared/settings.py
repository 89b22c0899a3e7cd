"""The options that every program has, and the configuration that they and the exporters' options make.

Source: command line before environment before file before default.
Errors: Misconfigured, with all that is wrong in the file.
"""

from collections.abc import Mapping, Sequence

from motes.shared import config, log
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, DURATION, INTEGER, PATH, TEXT, Catalogue, Kind, Option, choice, joined
from motes.shared.plugin import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values


def _mode(word: str) -> int:
    if len(word) in (3, 4) and set(word) <= set("01234567"):
        return int(word, 8)
    raise ValueError(f'"{word}" is not a file mode such as 0660')


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
        TEXT,
        [],
        "Where to listen: HOST:PORT, :PORT, dev:IFACE:PORT, unix:PATH, fd:NAME.",
        repeatable=True,
    ),
    Option(
        "web.allow", TEXT, [], "An address or network that may connect; everybody if none is given.", repeatable=True
    ),
    Option("web.telemetry-path", PATH, "/metrics", "The path of the metrics."),
    Option("web.max-requests", INTEGER, 40, "Scrapes at once; 0 for any number."),
    Option("web.disable-exporter-metrics", BOOLEAN, False, "Leave out metrics about this process."),
    Option("web.socket-mode", Kind("MODE", _mode), 0o660, "The mode of unix sockets, in octal (default 0660)."),
    Option("web.socket-group", TEXT, "", "The group of unix sockets; the process's own if none is given."),
    Option("web.systemd-socket", BOOLEAN, False, "Listen on the sockets that the service manager hands over."),
    Option(
        "web.config.file", Kind("PATH", _refused), "", "Refused: TLS and passwords are left to a proxy.", hidden=True
    ),
    Option("scrape.timeout", DURATION, 10.0, "The longest that a scrape may take, whatever the scraper allows."),
    Option("log.level", choice(*log.LEVELS), "info", "The least severe events to log."),
    Option("log.format", choice(*log.FORMATS), "logfmt", "How to log."),
)
MAIN = (
    Option("config.file", PATH, "", "A TOML file with more options."),
    Option("once", BOOLEAN, False, "Print one page and stop; exit status 1 if a collector failed."),
    Option("version", BOOLEAN, False, "Print the version and stop."),
    Option("help", BOOLEAN, False, "Print this and stop."),
    Option("runtime.gomaxprocs", INTEGER, 1, "Ignored: there is no Go in here.", hidden=True),
)
TABLES = ("web", "scrape", "log")


class Settings:
    """What one program was told: values of the common options, and those given for each of its exporters."""

    def __init__(self, values: "Values", exporters: "Sequence[tuple[Plugin, Values]]") -> None:
        self.values = values
        self.exporters = exporters


COMMON = Catalogue([*WEB, *MAIN])


def on_command_line(own: Plugin | None) -> Catalogue:
    """The options that a program takes as flags: the common ones, and those of the one exporter that it is."""
    return joined(COMMON, own.options) if own else COMMON


def read(
    given: "Values", environment: Mapping[str, str], own: Plugin | None, plugins: Mapping[str, Plugin]
) -> Settings:
    """Settings from all sources. `given` is what the command line gave, `plugins` are those that tables may name."""
    ours = {name: value for name, value in given.items() if COMMON.find(name)}
    theirs = {name: value for name, value in given.items() if name not in ours}
    from_environment = config.from_environment(environment, COMMON.options)
    path = ours.get("config.file", from_environment.get("config.file", ""))
    from_file, exporters = _tables(config.load_file(path) if path else {}, plugins)
    if own is not None:
        in_file = next((found for plugin, found in exporters if plugin is own), {})
        exporters = [(own, in_file | theirs)]
    return Settings(config.defaults(COMMON.options) | from_file | from_environment | ours, exporters)


def _tables(tables: "Values", plugins: Mapping[str, Plugin]) -> "tuple[Values, list[tuple[Plugin, Values]]]":
    values: Values = {}
    exporters = []
    problems = []
    for name, table in tables.items():
        plugin = plugins.get(name)
        if plugin is None and name not in TABLES:
            known = ", ".join(f"[{each}]" for each in (*TABLES, *plugins))
            problems.append(f"[{name}]: no such table; there are {known}")
            continue
        options, prefix = (plugin.options, plugin.prefix) if plugin else (COMMON, f"{name}.")
        found, wrong = config.from_table(name, table, prefix, options)
        problems += wrong
        if plugin:
            exporters.append((plugin, found))
        else:
            values |= found
    if problems:
        raise Misconfigured(problems)
    return values, exporters
