"""The options that every program has.

Errors: ValueError, as all options' kinds raise it.
"""

from motes.shared import address, log
from motes.shared.allow import Allow
from motes.shared.options import BOOLEAN, INTEGER, PATH, TIMEOUT, Catalogue, Kind, Option, choice

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


ADDRESS = Kind("ADDRESS", _address)
WEB = (
    Option(
        "web.listen-address",
        ADDRESS,
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
    Option(
        "scrape.max-series",
        INTEGER,
        200_000,
        "Series that one exporter may have; beyond, the collector that would exceed it fails. 0 for any number.",
    ),
    Option("log.level", choice(*log.LEVELS), "info", "The least severe events to log."),
    Option("log.format", choice(*log.FORMATS), "logfmt", "How to log."),
)
MAIN = (
    Option("config.file", PATH, "", "A TOML file with more options."),
    Option("config.check", BOOLEAN, False, "Say all that is wrong with what the program is told, and stop."),
    Option("config.example", BOOLEAN, False, "Print a file with every option and what it is for, and stop."),
    Option("once", BOOLEAN, False, "Print one page and stop; exit status 1 if a collector failed."),
    Option("version", BOOLEAN, False, "Print the version and stop."),
    Option("help", BOOLEAN, False, "Print this and stop."),
    Option("runtime.gomaxprocs", INTEGER, None, "Ignored: there is no Go in here.", hidden=True),
)
TABLES = ("web", "scrape", "log")
COMMON = Catalogue([*WEB, *MAIN])
