"""`motes status` and `motes watch`: how a program does, once or again and again.

Exit status of `status`: 0 if all is well, 1 if something is wrong, 2 where nothing is to be had. That of `watch` is 0.
"""

from motes.shared.person import snapshot
from motes.shared.person.fetch import Unreachable, fetch
from motes.shared.person.picture import picture
from motes.shared.person.place import Place
from motes.shared.person.snapshot import Snapshot
from motes.shared.person.terminal import Line, Terminal, paragraph, plain
from motes.shared.problems import problems

# Seconds that one answer may take.
WITHIN = 5.0


def ask(place: Place, seconds: float = WITHIN) -> Snapshot:
    try:
        return snapshot.parse(fetch(place, "status.json", seconds))
    except ValueError as error:
        raise Unreachable(str(error)) from None


def status(place: Place, terminal: Terminal) -> int:
    try:
        found = ask(place)
    except Unreachable as error:
        raise Unreachable(f"{place}: {error}") from None
    width, _ = terminal.size
    terminal.write(picture(found, width, plain(str(place))))
    return int(bool(problems(found.report)))


def unreachable(place: Place, error: Unreachable, width: int) -> list[Line]:
    return paragraph([(plain(f"{place}: "), "bad")], plain(str(error)), width, indent=2)
