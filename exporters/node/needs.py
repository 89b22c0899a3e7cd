"""What the node exporter needs: kernel files that it may read, and folders of text files that are there.

Each collector that is on is run once, for nothing else tells as well what it lacks.
"""

import os
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from motes.exporters import node
from motes.exporters.node import _textfile, textfile
from motes.shared import crew
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access

# Seconds that one collector may take.
_WITHIN = 5.0


def needs(values: Mapping[str, Any]) -> Iterator[Finding]:
    names = node.enabled(values)
    if "textfile" in names:
        for folder in _textfile.folders(values.get(textfile.OPTIONS[0].name, ())):
            yield from _text_files(folder)
    yield from _collectors(values)


def _text_files(folder: str) -> Iterator[Finding]:
    usable = access.usable(folder, os.R_OK | os.X_OK)
    yield usable
    if usable.state == BAD:
        return
    for path in _textfile.inside(folder):
        if error := _textfile.TextFile(path).error:
            yield Finding(BAD, f"{path} is not served: {error}", "let whoever writes it correct it")


def _collectors(values: Mapping[str, Any]) -> Iterator[Finding]:
    exporter = node.create(values)
    working: list[str] = []
    absent: list[str] = []
    try:
        for collector in exporter.collectors:
            result = crew.run(collector, monotonic() + _WITHIN)
            if result.error:
                told = f"collector {collector.name} fails: {result.error}"
                yield Finding(BAD, told, f"see why, or turn it off: --no-collector.{collector.name}")
            else:
                (absent if result.absent else working).append(collector.name)
    finally:
        exporter.close()
    yield Finding(GOOD, f"{len(working)} collectors find what they read")
    if absent:
        told = f"there is nothing on this machine, or nothing that {access.user()} may see, for: {', '.join(absent)}"
        yield Finding(NOTE, told, "nothing, unless something is there; rapl, for one, is for root")
