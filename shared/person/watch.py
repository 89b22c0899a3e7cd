"""`motes watch`: how a program does, again and again until Ctrl-C, whether or not the program is there.

On a terminal it is one picture that changes; elsewhere one picture after the other.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import localtime, monotonic, sleep, strftime

from motes.shared.person.fetch import Unreachable
from motes.shared.person.picture import picture
from motes.shared.person.place import Place
from motes.shared.person.snapshot import Snapshot
from motes.shared.person.status import ask, unreachable
from motes.shared.person.terminal import Line, Terminal, cut, plain

# xterm's control sequences: the other screen and back, its cursor, and what is left of a line and of the screen.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
# In seconds, see _turned.
_SIZED_WITHIN = 0.02


class _Ended(Exception):
    """Ctrl-C, or another word to end."""


def watch(place: Place, terminal: Terminal, interval: float) -> int:
    with _signals() as resized:
        try:
            if terminal.steered:
                terminal.out.write(_ENTER)
            _watch(place, terminal, interval, resized)
        except _Ended:
            pass
        finally:
            if terminal.steered:
                terminal.out.write(_LEAVE)
                terminal.out.flush()
    return 0


def _watch(place: Place, terminal: Terminal, interval: float, resized: int) -> None:
    last: Snapshot | None = None
    while True:
        due = monotonic() + interval
        trouble = None
        try:
            last = ask(place)
        except Unreachable as error:
            trouble = error
        _show(place, terminal, last, trouble)
        while _turned(resized, due):
            _show(place, terminal, last, trouble)


def _show(place: Place, terminal: Terminal, last: Snapshot | None, trouble: Unreachable | None) -> None:
    width, height = terminal.size
    lines: list[Line] = [[(strftime("%Y-%m-%d %H:%M:%S", localtime()), "dim")]]
    if trouble:
        lines += unreachable(place, trouble, width)
        lines += [[("It is tried again; what follows is what it said last.", "dim")], []] if last else []
    if not terminal.steered:
        shown = picture(last, width, plain(str(place))) if last and not trouble else []
        terminal.write([*lines, *shown, []])
        return
    lines += picture(last, width, plain(str(place))) if last else []
    _draw(terminal, lines, width, height)


def _draw(terminal: Terminal, lines: list[Line], width: int, height: int) -> None:
    """All of it in one piece, over what is there: nothing is blank in between."""
    if len(lines) > height:
        lines = [*lines[: height - 1], [(f"… {len(lines) - height + 1} more lines", "dim")]]
    drawn = [terminal.text(cut(line, width)) + _REST_OF_LINE for line in lines]
    terminal.out.write(_HOME + "\r\n".join(drawn) + _REST_OF_SCREEN)
    terminal.out.flush()


def _turned(resized: int, due: float) -> bool:
    """Wait until a monotonic time; whether the terminal has another size before."""
    ready, _, _ = select.select([resized], [], [], max(0.0, due - monotonic()))
    if ready:
        # The kernel tells of another size a moment before it is there, see pty_resize.
        sleep(_SIZED_WITHIN)
        os.read(resized, 4096)
    return bool(ready)


@contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that is readable once the terminal has another size; words to end raise _Ended."""
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    ending = {number: signal.signal(number, _end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    resizing = signal.signal(signal.SIGWINCH, lambda *_: None)
    waking = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(waking)
        for number, handler in {**ending, signal.SIGWINCH: resizing}.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)


def _end(number: int, _: object) -> None:
    # Another one is not to come between while the screen is put back.
    signal.signal(number, signal.SIG_IGN)
    raise _Ended
