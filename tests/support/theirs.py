"""Somebody else's exporter, and a program of it: a thread of its own, files, pairs, and what is private.

Its thread begins, as the option `begins` wants it, at once or when a file is there; and ends at once, a moment after
it is asked to, or never.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from motes.shared import log
from motes.shared.collector import Collector
from motes.shared.exposition import Family, gauge, labels
from motes.shared.options import PATH, TEXT, Catalogue, Kind, Option, choice
from motes.shared.pairs import Pairs
from motes.shared.plugin import Exporter, Plugin
from motes.shared.program import Program

# Seconds; long enough that who does not wait is gone by then.
_A_MOMENT = 0.1


def _code(word: str) -> str:
    if not word.isdigit():
        raise ValueError("a code has digits")
    return word


OPTIONS = (
    Option("theirs.file", PATH, "", "What is served."),
    Option("theirs.begins", PATH, "", "What it waits for."),
    Option("theirs.ends", choice("at-once", "in-a-moment", "never"), "at-once", "How its thread ends."),
    Option("theirs.word", TEXT, [], "What is served, too.", repeatable=True),
    Option("theirs.name", Pairs(TEXT, TEXT), [], "Names of words.", repeatable=True),
    Option("theirs.code", Pairs(TEXT, Kind("CODE", _code, private="--theirs.file")), [], "Codes.", repeatable=True),
)


class Theirs:
    """Serves a number from a file, which is read when it begins and on SIGHUP, and a word's name."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {option.name: option.default for option in OPTIONS} | dict(values)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._value = 0
        self._begun = False

    def start(self) -> None:
        if self._values["theirs.file"]:
            self.refresh()
        self._thread.start()

    def refresh(self) -> None:
        self._value = int(Path(self._values["theirs.file"]).read_text())

    def settled(self) -> bool:
        return self._begun

    def ended(self) -> bool:
        return not self._thread.is_alive()

    def collect(self, _: float) -> Iterator[Family]:
        names = dict(self._values["theirs.name"])
        yield gauge("theirs_value", "What the file says.", self._value)
        yield gauge("theirs_begun", "Whether the thread has begun.", int(self._begun))
        words = {labels(word=word, name=names.get(word, "")): 1 for word in self._values["theirs.word"]}
        yield gauge("theirs_word", "A word.", words)

    def _run(self) -> None:
        log.info("at work")
        begins = self._values["theirs.begins"]
        while begins and not Path(begins).exists() and not self._stop.wait(0.01):
            pass
        self._begun = True
        self._stop.wait()
        ends = self._values["theirs.ends"]
        if ends == "never":
            threading.Event().wait()
        if ends == "in-a-moment":
            time.sleep(_A_MOMENT)
        log.info("given back")


def create(values: Mapping[str, Any]) -> Exporter:
    it = Theirs(values)
    return Exporter(
        [Collector("theirs", "theirs", it.collect)],
        it._stop.set,
        start=it.start,
        refresh=it.refresh,
        settled=it.settled,
        ended=it.ended,
    )


PLUGIN = Plugin("theirs", Catalogue(OPTIONS), create, prefix="theirs.")


def main() -> None:
    program = Program(
        "motes-theirs",
        "Serves theirs.",
        "127.0.0.1:9100",
        {PLUGIN.name: PLUGIN},
        own=PLUGIN,
        letters={"f": "theirs.file", "l": "web.listen-address"},
        bare="theirs.word",
    )
    sys.exit(program.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
