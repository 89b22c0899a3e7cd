"""`motes fleet` as a person meets it."""

import io
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from motes.shared.config import Misconfigured
from motes.shared.fleet.command import fleet
from motes.shared.fleet.motes_toml import Checker
from motes.shared.person.terminal import Terminal

from tests.shared.fleet.test_inventory import ATTIC, KEYS, MONITOR
from tests.shared.fleet.test_wireguard import CELLAR


def run(folder: Path, inventory: str, *words: str) -> tuple[int, str]:
    """Exit status, and what is said."""
    (folder / "fleet.toml").write_text(inventory)
    return said(str(folder / "fleet.toml"), str(folder / "out"), *words)


def said(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    return fleet(words, Terminal(out, {})), out.getvalue()


def test_first_and_again(tmp_path: Path) -> None:
    status, told = run(tmp_path, MONITOR + ATTIC)
    assert status == 0
    assert "new      attic/etc/wireguard/wg0.conf\n" in told
    assert f"    {tmp_path}/out/attic\n    {tmp_path}/out/monitor\n" in told
    assert run(tmp_path, MONITOR + ATTIC) == (0, "Nothing is to be done: all is as the inventory has it.\n")


def test_check_says_and_does_not(tmp_path: Path) -> None:
    status, told = run(tmp_path, MONITOR + ATTIC, "--check")
    assert (status, told.splitlines()[-1]) == (1, "This would change attic, monitor.")
    assert not (tmp_path / "out").exists()
    run(tmp_path, MONITOR + ATTIC)
    assert run(tmp_path, MONITOR + ATTIC, "--check")[0] == 0


def test_a_host_that_goes(tmp_path: Path) -> None:
    run(tmp_path, MONITOR + ATTIC + CELLAR)
    _, told = run(tmp_path, MONITOR + ATTIC)
    assert "gone     cellar/etc/wireguard/wg0.conf\n" in told
    assert "cellar is not in the inventory any more" in told
    assert not (tmp_path / "out/cellar").exists()


def test_who_has_no_key_yet(tmp_path: Path) -> None:
    _, told = run(tmp_path, MONITOR + ATTIC.replace("public-key", "#"))
    assert "attic has no public-key yet" in told
    assert "monitor has no" not in told


@pytest.mark.parametrize("words", [(), ("a",), ("a", "b", "c"), ("a", "b", "--chek")])
def test_asked_for_in_a_way_that_cannot_be(words: Sequence[str]) -> None:
    with pytest.raises(Misconfigured):
        said(*words)


def test_no_private_key_in_any_file(tmp_path: Path) -> None:
    """Every word that could be one is a public key."""
    run(tmp_path, MONITOR + ATTIC + CELLAR)
    for path in (tmp_path / "out").rglob("*"):
        found = re.findall(r"[A-Za-z0-9+/]{43}=", path.read_text()) if path.is_file() else []
        assert set(found) <= set(KEYS[:3])


@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_shells_take_what_installs(tmp_path: Path, shell: str) -> None:
    run(tmp_path, MONITOR + ATTIC)
    command = ("busybox", "sh") if shell == "busybox" else (shell,)
    subprocess.run([*command, "-n", tmp_path / "out/attic/install"], check=True)
    done = subprocess.run([*command, tmp_path / "out/attic/install", "--help"], check=True, capture_output=True)
    assert done.stdout.startswith(b"usage: ./install\n")


def test_of_many_hosts_each_kind_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    look = Checker._look

    def count(self: Checker, text: str) -> Iterator[str]:
        looked.append(text)
        return look(self, text)

    monkeypatch.setattr(Checker, "_look", count)
    kinds = ("", '"collector.cpu" = false')
    hosts = [f'[hosts.h{n}]\naddresses = ["10.77.0.{n}"]\n[hosts.h{n}.node]\n{kinds[n % 2]}\n' for n in range(2, 202)]
    assert run(tmp_path, MONITOR + "".join(hosts))[0] == 0
    assert len(looked) == len(kinds)
