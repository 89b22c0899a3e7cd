#!/usr/bin/python3 -B
"""Writes the programs' manual pages into a folder: packaging/manual.py FOLDER

They are made from the options' declarations and from what the programs say of themselves, so that nothing is said
twice. The date is that of SOURCE_DATE_EPOCH, if there is one.
"""

import os
import re
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / ".src"))

from motes.exporters.card10_bme680 import program as card10_bme680
from motes.exporters.firefox_tabs import program as firefox_tabs
from motes.exporters.lywsd03mmc import program as lywsd03mmc
from motes.exporters.node import program as node
from motes.shared import common, motesd
from motes.shared.config import SYSTEM_FILE
from motes.shared.help import flag, told
from motes.shared.options import Option
from motes.shared.person import program as person
from motes.shared.program import Program
from motes.shared.version import VERSION

BRIEFLY = {
    "motes": "look after Prometheus exporters of motes",
    "motes-card10-bme680": "Prometheus exporter for the air around card10 badges",
    "motes-firefox-tabs": "Prometheus exporter for the number of Firefox's windows and tabs",
    "motes-lywsd03mmc": "Prometheus exporter for LYWSD03MMC Bluetooth thermometers",
    "motes-node": "Prometheus exporter for what /proc and /sys tell of this machine",
    "motesd": "any of motes' Prometheus exporters in one process",
}
PROGRAMS = (card10_bme680.PROGRAM, firefox_tabs.PROGRAM, lywsd03mmc.PROGRAM, node.PROGRAM, motesd.PROGRAM)

_ENVIRONMENT = (
    "Each option can also stand in the environment, in capitals and with _ for . and -, as in MOTES_WEB_ALLOW; several "
    "values are divided by spaces. The command line comes before the environment, that before the file."
)
_FILE = (
    "A TOML file for --config.file. An option is a key in the table that it is called after, as listen-address in "
    "[web], or in the exporter's own. --config.example prints one with every option."
)
_OWN_FILE = "The same for a user who is not root, before that one."
_SIGNALS = (
    ("SIGHUP", "Read the configuration again. One that is wrong changes nothing, and the log says why."),
    ("SIGTERM, SIGINT", "Stop, within two seconds."),
)
_STATUS = (
    ("0", "It was told to stop, or has printed what it was asked for."),
    ("1", "It cannot listen, or, with --once, a collector failed."),
    ("2", "An option or the configuration is wrong; one line says what would be right."),
)
# Longer words than this may be divided, behind the signs that divide the alternatives of an expression.
_LONG = 40


def page(program: Program) -> str:
    """A daemon's, in section 8."""
    bare = program.own.options.find(program.bare) if program.own else None
    parts = [
        *_heading(program.name, 8),
        *_section("SYNOPSIS", f".B {_plain(program.name)}", f"[{_italic('OPTIONS')}]"),
        *([f"[{_italic(bare.kind.metavar)}...]"] if bare else []),
        *_section("DESCRIPTION", _plain(program.about)),
        *_section("OPTIONS"),
    ]
    for title, options in _groups(program):
        parts += [f".SS {_plain(title)}", *_options(program, options)]
    parts += [
        *_section("ENVIRONMENT", _plain(_ENVIRONMENT)),
        *_section("FILES", *_files(program)),
        *_section("SIGNALS", *_terms(_SIGNALS)),
        *_section("EXIT STATUS", *_terms(_STATUS)),
        *_section("SEE ALSO", _others(program.name)),
    ]
    return "\n".join(parts) + "\n"


def persons_page() -> str:
    """That of `motes`, in section 1, from what it says for --help."""
    name = "motes"
    _, commands, *rest = person.HELP.split("\n\n")
    parts = [
        *_heading(name, 1),
        *_section("SYNOPSIS", f".B {name}", f"{_italic('COMMAND')} [{_italic('OPTIONS')}]"),
        *_section("COMMANDS"),
    ]
    for command, text in re.findall(r"^  (\S.*)\n((?:      .*\n?)+)", commands, re.MULTILINE):
        parts += [".TP", _bold(command), *_sentences(text)]
    for text in rest:
        parts += [".SH NOTES", *_sentences(text)]
    parts += _section("SEE ALSO", _others(name))
    return "\n".join(parts) + "\n"


def _groups(program: Program) -> Iterator[tuple[str, Sequence[Option]]]:
    if program.own:
        yield f"The {program.own.name} exporter", program.own.options.all()
    yield "Web and log", common.WEB
    yield "Program", common.MAIN


def _options(program: Program, options: Iterable[Option]) -> Iterator[str]:
    letters = {name: f"-{letter}" for letter, name in program.letters.items()}
    for option in options:
        if option.hidden:
            continue
        name, equals, metavar = flag(option).partition("=")
        default = program.address if option.name == "web.listen-address" else ""
        yield ".TP"
        short = f"{_bold(letters[option.name])}, " if option.name in letters else ""
        yield short + _bold(name) + (equals + _italic(metavar) if equals else "")
        yield _plain(told(option, default, bare=option.name == program.bare))


def _files(program: Program) -> list[str]:
    if program.own:
        return [_plain(_FILE)]
    return list(_terms([(SYSTEM_FILE, _FILE), ("~/.config/motes/motes.toml", _OWN_FILE)]))


def _heading(name: str, section: int) -> list[str]:
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    return [
        f'.TH {name.upper()} {section} {date} "motes {VERSION}" "motes"'.replace("-", r"\-", name.count("-")),
        # What is to be copied is neither divided nor spread.
        ".nh",
        ".ad l",
        *_section("NAME", f"{_plain(name)} \\- {_plain(BRIEFLY[name])}"),
    ]


def _section(title: str, *lines: str) -> list[str]:
    return [f".SH {title}", *lines]


def _terms(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in terms:
        yield from (".TP", _bold(term), _plain(text))


def _others(name: str) -> str:
    others = [other for other in sorted(BRIEFLY) if other != name]
    return ",\n".join([rf"\fB{_plain(other)}\fR({1 if other == 'motes' else 8})" for other in others])


def _sentences(text: str) -> list[str]:
    return [_plain(line) for line in textwrap.dedent(text).splitlines()]


def _bold(text: str) -> str:
    return rf"\fB{_plain(text)}\fR"


def _italic(text: str) -> str:
    return rf"\fI{_plain(text)}\fR"


def _plain(text: str) -> str:
    """With nothing that roff would take for its own."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    text = " ".join([_divisible(word) if len(word) > _LONG else word for word in text.split(" ")])
    return rf"\&{text}" if text.startswith((".", "'")) else text


def _divisible(word: str) -> str:
    return re.sub(r"([|,/])", r"\1\\:", word)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "motes.1").write_text(persons_page())
    for program in PROGRAMS:
        (folder / f"{program.name}.8").write_text(page(program))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
