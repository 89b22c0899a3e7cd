"""motesd told to read its file two hundred times, every other time a broken one, while it is scraped."""

import os
import socket
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.e2e.test_program import MOTESD, reload
from tests.e2e.test_third_party import install
from tests.support.flood import resident
from tests.support.namespaces import until
from tests.support.page import Page
from tests.support.program import Program, free_port
from tests.support.scraper import Scraper

TIMES = 200
# As many as are different.
WARM_UP = 20
# A program that kept 20 kB of each reload would be beyond it.
MOST_GROWN = 4 << 20
BROKEN = (
    "[web]\nlisten-address = [",
    "[web]\nmax-requests = -1\n",
    "[nodes]\n",
    '[node]\n"path.procfs" = "/nowhere"\n',
    "[theirs]\nlisten = [':1', '127.0.0.1:1']\n",
    '[node]\n"collector.netdev.device-include" = "a"\n"collector.netdev.device-exclude" = "b"\n',
)


class Rig:
    """The daemon on two addresses that stay, and a file in which all else changes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "motes.toml"
        self._here, self.there = free_port(), free_port()
        self._socket = folder / "motes.sock"
        self._value = folder / "value"
        self._value.write_text("1")
        self._more = free_port()
        self.write(self._good()[0])
        self.program = Program(
            (*MOTESD, f"--config.file={self._file}"),
            self._here,
            folder / "log",
            ready="/-/ready",
            PYTHONPATH=install(folder),
        )

    def write(self, text: str) -> None:
        self._file.write_text(text)

    def texts(self, taken: int) -> Iterator[tuple[str, str]]:
        """Files, each with what is said of it: good ones and broken ones in turn, `taken` a port that is."""
        broken = cycle((*BROKEN, f'[web]\nlisten-address = ["127.0.0.1:{taken}"]\n'))
        for good in cycle(self._good()):
            yield next(broken), "configuration not taken"
            yield good, "configuration read"

    def _good(self) -> list[str]:
        """Ones that differ in who runs, with what options and labels, where, and who may connect."""
        web = f'[web]\nlisten-address = ["127.0.0.1:{self._here}"'
        node = '[node]\n"collector.disable-defaults" = true\n"collector.loadavg" = true\n'
        file = f'file = "{self._value}"\n'
        theirs = f'[theirs]\nlisten = ["127.0.0.1:{self.there}"]\n{file}'
        kitchen = f"[theirs.kitchen]\n{file}"
        return [
            f"{web}]\n{node}{theirs}",
            f"{web}]\nmax-requests = 7\n{node}{theirs}word = ['a']\n",
            f"{web}, '127.0.0.1:{self._more}', 'unix:{self._socket}']\n{node}{theirs}",
            f"{web}]\nallow = ['127.0.0.1']\n{node}[node.labels]\nsite = 'home'\n{theirs}{kitchen}",
            f"{web}]\n{node}'collector.uname' = true\n{theirs}{kitchen}listen = ['unix:{self._socket}']\n",
        ]

    def held(self) -> dict[str, int]:
        """What a leak would have more of: descriptors and threads."""
        pid = self.program.process.pid
        return {what: len(os.listdir(f"/proc/{pid}/{what}")) for what in ("fd", "task")}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    with rig.program:
        yield rig


def values(page: Page, name: str) -> list[float]:
    return [value for (found, _), value in page.values.items() if found == name]


def test_two_hundred_reloads_under_load(rig: Rig) -> None:
    program = rig.program
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        Scraper(program) as all_of_it,
        Scraper(program, "/metrics/node") as node,
        Scraper(program, port=rig.there) as theirs,
    ):
        texts = rig.texts(taken.getsockname()[1])
        for text, says in islice(texts, WARM_UP):
            rig.write(text)
            reload(program, says)
        theirs.goes_on()
        before, grown = rig.held(), resident(program.process.pid)
        for text, says in islice(texts, TIMES):
            rig.write(text)
            reload(program, says)
            taken_up = values(all_of_it.goes_on(), "motes_config_last_reload_successful")
            assert taken_up == [float(says == "configuration read")]
        for scraper, name in ((all_of_it, "node_load1"), (node, "node_load1"), (theirs, "theirs_value")):
            assert len(values(scraper.goes_on(), name)) == 1
        until(lambda: rig.held() == before, f"what was held before, {before}", lambda: str(rig.held()))
        assert resident(program.process.pid) - grown < MOST_GROWN
    assert "Traceback" not in program.log()
