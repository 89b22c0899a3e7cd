"""What the kernel's network caches count on each CPU.

Source: the files of net/stat, as lnstat(8) reads them: a line of names, and a line of hexadecimal numbers for each
        CPU. Every name is a family, so a new kernel's names need nothing here.
Unit:   events, and entries, which are those there are, whatever the family's name says.
Errors: no series without the folder. A number that is none, or without a name, fails the collector.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from motes.exporters.node._attributes import hexadecimal
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

# For each name, the files that have it, each with its number of CPUs.
_Layout = tuple[tuple[bytes, tuple[tuple[str, int], ...]], ...]


def collect(host: Host) -> Iterator[Family]:
    columns: dict[bytes, dict[str, list[int]]] = {}
    folder = host.net_path("stat")
    for name in _names(host, folder):
        _read(columns, name, host.proc(f"{folder}/{name}").splitlines())
    layout = [(name, tuple([(file, len(column)) for file, column in by.items()])) for name, by in columns.items()]
    yield _frame(tuple(layout)).fill(chain.from_iterable([column for by in columns.values() for column in by.values()]))


def _names(host: Host, folder: str) -> list[str]:
    try:
        return host.proc.names(folder)
    except FileNotFoundError:
        return []


def _read(columns: dict[bytes, dict[str, list[int]]], file: str, lines: list[bytes]) -> None:
    names = lines[0].split() if lines else []
    for line in lines[1:]:
        numbers = hexadecimal(line)
        if len(numbers) > len(names):
            raise ValueError(f"{file}: {len(numbers)} numbers for {len(names)} names")
        for name, number in zip(names, numbers, strict=False):
            columns.setdefault(name, {}).setdefault(file, []).append(number)


@lru_cache(maxsize=1)
def _frame(layout: _Layout) -> Frame:
    return Frame(
        [
            (
                "counter",
                f"node_lnstat_{name.decode()}_total",
                f"Column {name.decode()} of a network cache's statistics.",
                [labels(cpu=str(cpu), subsystem=file) for file, cpus in files for cpu in range(cpus)],
            )
            for name, files in layout
        ]
    )
