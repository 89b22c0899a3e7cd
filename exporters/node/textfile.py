"""Metrics that others wrote into files.

Source: *.prom in the folders given, in the Prometheus text format.
Unit:   what the file says.
Errors: a file is served whole or not at all. One that cannot be read or parsed, that has timestamps, that is larger
        than 8 MiB or no regular file, or that contradicts a file before it (another type, the same series) sets
        scrape_error and is named in the log once. Where only the HELP is another, the later file's family is left out.
"""

from collections.abc import Iterator, Sequence

from motes.exporters.node._textfile import TextFile, folders, inside
from motes.exporters.node.host import Host
from motes.shared import log
from motes.shared.exposition import Family, gauge, heading, labels
from motes.shared.options import PATH, Option
from motes.shared.textformat import TextFamily

_DIRECTORY = "collector.textfile.directory"
_OWN = frozenset(("node_textfile_mtime_seconds", "node_textfile_scrape_error"))

OPTIONS = (Option(_DIRECTORY, PATH, (), "Folder of text files with metrics, or a pattern of them.", repeatable=True),)


class Collector:
    """Keeps each file's families until the file changes, all of them together until any does, and what it told."""

    def __init__(self, host: Host) -> None:
        self._patterns: Sequence[str] = host.flags[_DIRECTORY]
        self._files: dict[str, TextFile] = {}
        self._page = _Page({})
        self._told: dict[str, str] = {}

    def collect(self) -> Iterator[Family]:
        problems: dict[str, str] = {}
        paths: list[str] = []
        for folder in folders(self._patterns):
            try:
                paths += inside(folder)
            except OSError as error:
                problems[folder] = error.strerror or str(error)
        files = {path: self._file(path) for path in paths}
        if files != self._files:
            self._files, self._page = files, _Page(files)
        problems |= self._page.problems
        self._tell(problems)
        yield from self._page.families
        yield gauge(
            "node_textfile_scrape_error", "Whether a folder or a file could not be served whole.", int(bool(problems))
        )

    def _file(self, path: str) -> TextFile:
        known = self._files.get(path)
        return known if known and known.is_of(path) else TextFile(path)

    def _tell(self, problems: dict[str, str]) -> None:
        for path, problem in problems.items():
            if self._told.get(path) != problem:
                log.warn("textfile: not served", file=path, error=problem)
        for path in self._told.keys() - problems:
            log.info("textfile: served again, or gone", file=path)
        self._told = problems


class _Page:
    """The families of all the files, and what is wrong with the others."""

    def __init__(self, files: dict[str, TextFile]) -> None:
        self.problems = {path: file.error for path, file in files.items() if file.error}
        self._merged: dict[str, _Merged] = {}
        modified: dict[bytes, int] = {}
        for path, file in files.items():
            contradiction = "" if file.error else self._contradiction(file.families)
            if contradiction:
                self.problems[path] = contradiction
            elif not file.error:
                self._add(path, file.families)
                modified[labels(file=path)] = file.modified
        self.families = [merged.family() for merged in self._merged.values()]
        self.families.append(gauge("node_textfile_mtime_seconds", "When the file was last modified.", modified))

    def _contradiction(self, families: dict[str, TextFamily]) -> str:
        for name, family in families.items():
            known = self._merged.get(name)
            if name in _OWN:
                return f"{name} is this collector's own"
            if known and known.kind != family.kind:
                return f"{name} is of type {known.kind} in {known.files[0]}"
            twice = known.samples.keys() & family.samples.keys() if known else ()
            if known and twice:
                return f"{name}{min(twice).decode()} is in {known.files[0]} or another file before"
        return ""

    def _add(self, path: str, families: dict[str, TextFamily]) -> None:
        for name, family in families.items():
            known = self._merged.setdefault(name, _Merged(name, family.kind))
            if None not in (known.help, family.help) and known.help != family.help:
                self.problems[path] = f"{name} has another HELP in {known.files[0]}, and is left out"
                continue
            known.help = known.help if family.help is None else family.help
            known.files.append(path)
            known.samples |= family.samples


class _Merged:
    """A family, out of all the files that have it."""

    __slots__ = ("files", "help", "kind", "name", "samples")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.help: str | None = None
        self.files: list[str] = []
        self.samples: dict[bytes, bytes] = {}

    def family(self) -> Family:
        help = f"Metric read from {', '.join(self.files)}" if self.help is None else self.help
        return heading(self.name, self.kind, help), b"".join(self.samples.values())
