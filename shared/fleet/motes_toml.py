"""A host's motes.toml: where it listens, who may connect, and its exporters with the tables that the inventory has.

It is looked at by what `motesd --config.check` has, but for files and folders that options name: those are the host's.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from motes.shared.config import Misconfigured
from motes.shared.fleet.inventory import COMMON, Host
from motes.shared.fleet.quoting import toml_table
from motes.shared.motesd import Plugins
from motes.shared.options import FOLDER, PATH, Option
from motes.shared.places import places
from motes.shared.running import Run
from motes.shared.settings import Sources, Wanted

# What fleet writes into [web] itself.
_OUR_OWN = ("listen-address", "allow")
# They are of the host, and not of the machine that this runs on.
_GROUP = "socket-group"


def motes_toml(host: Host, listen: Sequence[str], allow: Sequence[str]) -> str:
    web = {"listen-address": list(listen), **({"allow": list(allow)} if allow else {})}
    return _text(host, web, host.tables)


class Checker:
    """Says what is wrong with the tables of hosts; the same tables are looked at once."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._looked: dict[str, list[str]] = {}

    def problems(self, host: Host) -> Iterator[str]:
        """A line for each thing that is wrong."""
        tables = {name: table for name, table in host.tables.items() if name in (*COMMON, *host.exporters)}
        for problem in (*self._ours(tables), *self._secrets(tables)):
            yield f"[{host.title}.{problem}"
        if any(self._secrets(tables)):
            return
        text = _text(host, {}, {name: self._elsewhere(name, table) for name, table in tables.items()})
        if text not in self._looked:
            self._looked[text] = list(self._look(text))
        for problem in self._looked[text]:
            yield f"[{host.title}.{problem.removeprefix('[')}" if problem[:1] == "[" else f"[{host.title}] {problem}"

    def _ours(self, tables: Mapping[str, Any]) -> Iterator[str]:
        web = tables.get("web", {})
        for key in _OUR_OWN:
            if isinstance(web, dict) and key in web:
                yield f"web] {key}: this follows from the host's road: leave it out"
        for name, table in tables.items():
            if name not in COMMON and isinstance(table, dict) and "listen" in table:
                yield f"{name}] listen: this follows from the host's road: leave it out"

    def _secrets(self, tables: Mapping[str, Any]) -> Iterator[str]:
        for name, table in tables.items():
            for key in _keys(table) if name not in COMMON else ():
                option = self._option(name, key)
                if option is not None and option.kind.private:
                    yield f"{name}] {key}: a secret stays on its host: in a file there, for {option.kind.private}"

    def _elsewhere(self, name: str, table: object) -> object:
        """A table without what only the host itself can look at."""
        if not isinstance(table, dict):
            return table
        if name == "web":
            return {key: value for key, value in table.items() if key not in (*_OUR_OWN, _GROUP)}
        if name in COMMON:
            return table
        return {
            key: self._elsewhere(name, value) if isinstance(value, dict) else value
            for key, value in table.items()
            if key != "listen" and not (self._is_folder(name, key) and isinstance(value, str))
        }

    def _is_folder(self, name: str, key: str) -> bool:
        option = self._option(name, key)
        return option is not None and option.kind is FOLDER

    def _option(self, name: str, key: str) -> Option | None:
        plugin = self._plugins[name]
        return plugin.options.find(plugin.prefix + key)

    def _look(self, text: str) -> Iterator[str]:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".toml") as file:
            file.write(text)
            file.flush()
            settings = Sources({"config.file": file.name}, {}, self._plugins).look()
            for problem in settings.problems:
                yield problem.removeprefix(f"{file.name}: ")
        try:
            places(settings)
        except Misconfigured as error:
            yield from error.problems
        for wanted in settings.exporters:
            if wanted.sound and not wanted.plugin.error:
                yield from (f"[{wanted.name}] {problem}" for problem in _refused(wanted))


def _refused(wanted: Wanted) -> Sequence[str]:
    """What an exporter says of values that do not go together, without the files that they name."""
    values = {}
    for name, value in wanted.values.items():
        option = wanted.plugin.options.find(name)
        if option is None or option.kind is not PATH:
            values[name] = value
    wanted.values = values
    try:
        Run(wanted).close()
    except Misconfigured as error:
        return error.problems
    return ()


def _text(host: Host, web: Mapping[str, object], tables: Mapping[str, Any]) -> str:
    parts = [("web", {**web, **tables.get("web", {})})]
    parts += [(name, tables[name]) for name in COMMON[1:] if name in tables]
    parts += [(name, tables.get(name, {})) for name in host.exporters]
    return "\n\n".join(["\n".join(toml_table((name,), table)) for name, table in parts]) + "\n"


def _keys(table: object) -> Iterator[str]:
    """Those of a table, and of its instances."""
    if isinstance(table, dict):
        yield from table
        for below in table.values():
            yield from _keys(below)
