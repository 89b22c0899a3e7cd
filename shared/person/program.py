"""motes: for the person who looks after programs of motes.

Exit status: that of the command; 2 where it was asked for in a way that cannot be.
"""

import errno
import os
import sys
from collections.abc import Callable, Sequence

from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured, near
from motes.shared.person import options, place
from motes.shared.person.fetch import Unreachable
from motes.shared.person.terminal import Terminal, plain
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values
    from motes.shared.options import Catalogue

_NOBODY_READS = (errno.EPIPE, errno.EIO)

Command = Callable[[Sequence[str], Terminal], int]

HELP = """\
usage: motes COMMAND [OPTIONS]

  motes status [URL]
      How a program of motes does: what is wrong, where it listens, its exporters, sensors and collectors.
      Exit status 0 if all is well, 1 if something is wrong, 2 if it cannot be reached.
  motes watch [URL] [--interval=DURATION]
      The same again and again, every 2 s, until Ctrl-C.
  motes read NAME [--metrics] [OPTIONS]
      Take one reading from an exporter, such as card10-bme680, and print it; --metrics prints what Prometheus would
      be given. The options are those of the exporter's own program, and --config.file.
      Exit status 0 if no collector failed, 1 if one did.
  motes doctor [NAME...] [OPTIONS]
      What is missing, or not as it should be, for what is configured, or for the exporters that are named; and who
      can reach it. The options are those of motesd, or of the one exporter that is named.
      It looks, and changes nothing. Exit status 0 if nothing is bad, 1 if something is.
  motes fleet INVENTORY FOLDER [--check]
      From one inventory (TOML) of a monitor and its hosts, write the files that each of them needs below FOLDER, with
      a script that installs them. Files that are as they should be are not touched. With --check, only say what
      would change, with exit status 1 if something would.

A URL is that of the page for people (http://127.0.0.1:9100/ if none is given), HOST:PORT, or unix:/PATH.
The configuration is that of motesd: --config.file, MOTES_CONFIG_FILE, ~/.config/motes/motes.toml for who is not
root, or /etc/motes/motes.toml. Colours are for terminals, and not where NO_COLOR is set.
"""


def _status(words: Sequence[str], terminal: Terminal) -> int:
    from motes.shared.person.status import status  # noqa: PLC0415 - a command needs its own, not the others'

    return status(_place(_read(options.STATUS, words, "url")), terminal)


def _watch(words: Sequence[str], terminal: Terminal) -> int:
    from motes.shared.person.watch import watch  # noqa: PLC0415

    values = _read(options.WATCH, words, "url")
    return watch(_place(values), terminal, values.get("interval", options.INTERVAL.default))


def _reading(words: Sequence[str], terminal: Terminal) -> int:
    from motes.shared.person.reading import read  # noqa: PLC0415

    return read(words, os.environ, terminal)


def _doctor(words: Sequence[str], terminal: Terminal) -> int:
    from motes.shared.person.doctor import doctor  # noqa: PLC0415

    return doctor(words, os.environ, terminal)


def _fleet(words: Sequence[str], terminal: Terminal) -> int:
    from motes.shared.fleet.command import fleet  # noqa: PLC0415

    return fleet(words, terminal)


COMMANDS: dict[str, Command] = {
    "status": _status,
    "watch": _watch,
    "read": _reading,
    "doctor": _doctor,
    "fleet": _fleet,
}


def run(words: Sequence[str], terminal: Terminal) -> int:
    """What a command line asks for; the exit status."""
    first = words[0] if words else ""
    if not words or first == "help" or {"-h", "--help"}.intersection(words):
        terminal.out.write(HELP)
        return 0 if words else 2
    if first == "--version":
        terminal.out.write(f"motes, version {VERSION}\n")
        return 0
    command = COMMANDS.get(first)
    if command is None:
        meant = near(first, COMMANDS)
        raise Misconfigured([f'there is no command "{first}"' + (f" ({meant}?)" if meant else "") + "; see --help"])
    return command(words[1:], terminal)


def _read(catalogue: "Catalogue", words: Sequence[str], bare: str) -> "Values":
    return CommandLine(catalogue, {}, bare).read(words, {})


def _place(values: "Values") -> place.Place:
    given: Sequence[place.Place] = values.get("url") or [place.parse(place.DEFAULT)]
    if len(given) > 1:
        raise Misconfigured([f"one program at a time: {given[0]}, and not {given[1]} as well"])
    return given[0]


def main() -> None:
    sys.exit(_main(sys.argv[1:]))


def _main(words: Sequence[str]) -> int:
    # What a terminal or a file cannot hold is no reason to say nothing.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        return run(words, Terminal(sys.stdout, os.environ))
    except Misconfigured as error:
        return _complain("\n".join(error.problems))
    except Unreachable as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # Nor is the interpreter to find that out once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in _NOBODY_READS:
            _complain(f"cannot write: {error.strerror}")
        return 1


def _complain(what: str) -> int:
    for line in what.splitlines():
        print(plain(f"motes: {line}"), file=sys.stderr)  # noqa: T201 - this is what it is for
    return 2


if __name__ == "__main__":
    main()
