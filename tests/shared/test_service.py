"""A program that reads its configuration again: what goes, what stays, and that nobody is closed while at work."""

import socket
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic

import pytest
from motes.shared.engine import Scrape
from motes.shared.exposition import text_pieces
from motes.shared.options import TEXT, Catalogue, Option
from motes.shared.plugin import Exporter, Plugin
from motes.shared.service import Service
from motes.shared.settings import Sources

from tests.shared.conftest import Logged
from tests.support.fakes import Gate, Scripted
from tests.support.namespaces import until
from tests.support.oracles import read_text, series


class Rig:
    """A service of two exporters that walk into the gate that is theirs.

    `closed`, `started` and `refreshed` say which were, by their option; one whose option ends on a word that says so
    cannot be.
    """

    def __init__(self, folder: Path, gates: Mapping[str, Gate]) -> None:
        self.closed: list[str] = []
        self.started: list[str] = []
        self.refreshed: list[str] = []
        self.folder = folder
        self._gates = gates
        plugins = {name: self._plugin(name) for name in ("one", "two")}
        self.write("[one]\n[two]\n")
        sources = Sources({"config.file": str(folder / "motes.toml")}, {}, plugins)
        self.service = Service("it", sources.read(), sources.read, [])
        self.service.server.listen(self.service.listeners)

    def write(self, tables: str, *more: str) -> None:
        """The configuration; `more` are further addresses, with which the socket's mode is another one, too."""
        addresses = ", ".join(f'"{each}"' for each in (f"unix:{self.folder}/it.sock", *more))
        mode = "0666" if more else "0660"
        (self.folder / "motes.toml").write_text(
            f'[web]\nlisten-address = [{addresses}]\nsocket-mode = "{mode}"\n{tables}'
        )

    def shown(self) -> dict[str, str]:
        """Who is served where."""
        return {str(where): ",".join(sorted(names)) for where, names in self.service._site.views.items()}

    def reload(self, tables: str, *more: str) -> None:
        self.write(tables, *more)
        self.service._reload()

    def scrape(self) -> list[Scrape]:
        done: list[Scrape] = []
        self.service.engine.scrape(self.service.engine.states, monotonic() + 60, done.append)
        return done

    def finished(self, done: list[Scrape]) -> bool:
        self.service.engine.tick(monotonic())
        return bool(done)

    def _plugin(self, name: str) -> Plugin:
        options = Catalogue([Option(f"{name}.x", TEXT, "", "")])
        return Plugin(name, options, lambda values: self._create(name, values), prefix=f"{name}.")

    def _create(self, name: str, values: Mapping[str, str]) -> Exporter:
        told = f"{name} {values.get(f'{name}.x', '')}".strip()

        def note(where: list[str], cannot: str) -> None:
            where.append(told)
            if told.endswith(cannot):
                raise KeyError(told)

        return Exporter(
            [Scripted(name, self._gates.get(name, int)).collector],
            lambda: note(self.closed, "broken"),
            start=lambda: note(self.started, "dead"),
            refresh=lambda: note(self.refreshed, "stale"),
        )


def reloaded(service: Service) -> dict[str, float]:
    """What is served of reloads."""
    page = b"".join(text_pieces(service._metrics()))
    return {name: value for (name, _), value in series(read_text(page.decode())).items()}


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as gate:
        yield gate


@pytest.fixture
def rig(tmp_path: Path, gate: Gate, events: Logged) -> Iterator[Rig]:
    rig = Rig(tmp_path, {"two": gate})
    yield rig
    rig.service.listeners.close()
    rig.service.engine.close()


def test_what_is_replaced_is_closed_once_it_has_come_back(rig: Rig, gate: Gate) -> None:
    kept = rig.service.engine.states[0]
    done = rig.scrape()
    gate.entered()
    rig.reload('[one]\n[two]\nx = "new"\n')
    rig.service.running.close_leaving()
    assert rig.closed == []
    gate.open()
    until(lambda: rig.finished(done), "the page")
    rig.service.running.close_leaving()
    rig.service.running.close_leaving()
    assert rig.closed == ["two"]
    assert rig.service.engine.states[0] is kept


def test_what_is_still_at_work_is_closed_at_the_end(rig: Rig, gate: Gate) -> None:
    rig.scrape()
    gate.entered()
    rig.reload("[one]\n")
    rig.service.end()
    assert rig.closed == ["two", "one"]


def test_one_that_cannot_be_closed_ends_nobody(rig: Rig, events: Logged) -> None:
    rig.reload('[one]\nx = "broken"\n[two]\nx = "broken"\n')
    rig.reload("[two]\n")
    rig.service.running.close_leaving()
    assert sorted(rig.closed) == ["one", "one broken", "two", "two broken"]
    assert [message for _, message, _ in events].count("exporter not closed") == 2


def test_where_the_new_addresses_cannot_be_all_is_as_it_was(rig: Rig, events: Logged) -> None:
    path = rig.folder / "it.sock"
    before = rig.service.engine.states, path.stat().st_ino, path.stat().st_mode
    with socket.create_server(("127.0.0.1", 0)) as taken:
        rig.reload('[one]\nx = "new"\n', f"127.0.0.1:{taken.getsockname()[1]}")
    assert ("error", "configuration not taken, the running one stays") in [event[:2] for event in events]
    assert (rig.service.engine.states, path.stat().st_ino, path.stat().st_mode) == before
    assert stat.S_IMODE(before[2]) == 0o660
    assert rig.closed == ["one new"]
    assert rig.started == rig.refreshed == []


def test_what_stays_is_refreshed_and_what_is_new_is_started(rig: Rig, events: Logged) -> None:
    rig.service.running.start()
    rig.reload('[one]\n[two]\nx = "new"\n')
    assert (rig.started, rig.refreshed, rig.closed) == (["one", "two", "two new"], ["one"], ["two"])
    rig.reload('[one]\n[two]\nx = "new"\n')
    assert rig.refreshed == ["one", "one", "two new"]
    assert len(rig.started) == 3
    assert not [event for event in events if event[0] != "info"]


def test_one_that_cannot_be_refreshed_goes_on_and_the_reload_has_failed(rig: Rig, events: Logged) -> None:
    tables = '[one]\nx = "stale"\n[two]\n'
    rig.reload(tables)
    before = reloaded(rig.service)
    assert before["motes_config_last_reload_successful"] == 1
    rig.reload(tables)
    assert reloaded(rig.service) == {**before, "motes_config_last_reload_successful": 0}
    assert rig.refreshed == ["one stale", "two"]
    assert rig.closed == ["one"]
    assert ("error", "exporter not refreshed") in [event[:2] for event in events]


def test_one_that_cannot_start_is_started_again_by_a_reload(rig: Rig, events: Logged) -> None:
    rig.reload('[one]\nx = "dead"\n[two]\n')
    rig.reload('[one]\nx = "dead"\n[two]\n')
    assert rig.started == ["one dead", "two", "one dead"]
    assert rig.refreshed == ["two"]
    assert [message for _, message, _ in events].count("exporter not started") == 2
    assert reloaded(rig.service)["motes_config_last_reload_successful"] == 1


def test_where_exporters_are_served_changes_and_they_do_not(rig: Rig) -> None:
    web, other = f"unix:{rig.folder}/it.sock", f"unix:{rig.folder}/other.sock"
    states = rig.service.engine.states
    assert rig.shown() == {web: "one,two"}
    rig.reload(f'[one]\nlisten = ["{other}"]\n[two]\n')
    assert rig.shown() == {web: "two", other: "one"}
    assert (rig.folder / "other.sock").is_socket()
    rig.reload(f'[one]\nlisten = ["{other}", "{web}"]\n[two]\nlisten = ["{other}"]\n')
    assert rig.shown() == {web: "one", other: "one,two"}
    rig.reload("[one]\n[two]\n")
    assert rig.shown() == {web: "one,two"}
    assert not (rig.folder / "other.sock").exists()
    assert rig.service.engine.states == states
    assert rig.closed == []


def test_addresses_that_clash_change_nothing(rig: Rig, events: Logged) -> None:
    before = rig.shown(), rig.service.engine.states
    rig.reload('[one]\nlisten = [":1"]\n[two]\nlisten = ["127.0.0.1:1"]\n[one.a]\n')
    assert (rig.shown(), rig.service.engine.states) == before
    assert rig.closed == []
    assert "overlap" in str(events[-1][2]["err"])


def test_instances_come_and_go(rig: Rig) -> None:
    kept = rig.service.engine.states[0]
    rig.reload('[one]\n[two.a]\n[two.b]\nx = "b"\n[two.b.labels]\nsite = "home"\n')
    states = rig.service.engine.states
    assert [state.collector.exporter for state in states[:3]] == ["one", "two.a", "two.b"]
    assert states[0] is kept
    assert rig.shown() == {f"unix:{rig.folder}/it.sock": "one,two.a,two.b"}
    assert rig.closed == ["two"]
    rig.reload('[one]\n[two.a]\n[two.b]\nx = "b"\n[two.b.labels]\nsite = "work"\n')
    assert rig.service.engine.states[:2] == states[:2]
    assert rig.closed == ["two", "two b"]


def test_the_limit_on_series_changes(rig: Rig) -> None:
    assert rig.service.engine.max_series == 200_000
    rig.reload("[one]\n[two]\n[scrape]\nmax-series = 7\n")
    assert rig.service.engine.max_series == 7
