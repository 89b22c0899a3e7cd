"""What `motes-firefox-tabs --once` and motesd say of a real Firefox, which has its profiles where it once had them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.firefox.browser import Firefox
from tests.support.firefox.exporter import COMMAND, Told, environment
from tests.support.namespaces import WITHIN, until
from tests.support.page import Page
from tests.support.program import HERE, Program, free_port


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    place = ".mozilla/firefox"
    home = tmp_path_factory.mktemp("home")
    (home / place).mkdir(parents=True)
    with Firefox(home, tmp_path_factory.mktemp("firefox") / "log", place=place) as running:
        for number in range(3):
            running.open_tab(f"tab {number}")
        yield running


def test_one_page(firefox: Firefox) -> None:
    said: list[object] = []

    def agree() -> bool:
        done = once(firefox.home)
        assert done.returncode == 0, done.stderr
        said[:] = [firefox.counts()._replace(containers={}), Told(Page(done.stdout), firefox.profile.name).counts()]
        return said[0] == said[1]

    until(agree, "the browser's numbers", lambda: str(said))


def test_one_page_of_profiles_that_are_named(firefox: Firefox, tmp_path: Path) -> None:
    test_one_page(firefox)
    done = once(tmp_path, f"--firefox.profile={firefox.home.parent}/*/.mozilla/firefox")
    assert done.returncode == 0, done.stderr
    told = Told(Page(done.stdout), firefox.profile.name).counts()
    assert told == firefox.counts()._replace(containers={})


def test_beside_the_node_exporter(firefox: Firefox, tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "motes.toml"
    config.write_text('[node]\n[firefox-tabs]\ninterval = "1s"\n')
    address = f"--web.listen-address=127.0.0.1:{port}"
    command = (COMMAND[0], "-m", "motes.shared.motesd", address, f"--config.file={config}")
    with Program(
        command, port, tmp_path / "log", ready="/-/ready", machine=HERE, **environment(firefox.home)
    ) as program:

        def agree() -> bool:
            told = Told(Page(program.get("/metrics/firefox-tabs")), firefox.profile.name)
            return told.counts() == firefox.counts()._replace(containers={})

        until(agree, "the browser's numbers", program.log)
        assert "\nnode_load1 " in program.get("/metrics")


def once(home: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "--once", *flags]
    given = {**os.environ, **environment(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN, env=given)
