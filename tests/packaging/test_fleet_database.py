"""The monitor of a fleet whose VictoriaMetrics asks the hosts, under systemd: it can read what it is given."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import nspawn
from tests.support.bringing import bring
from tests.support.fleet import motes_fleet
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.recipes import RECIPES
from tests.support.units import main_pid, status, told

SERVICE = "victoria-metrics"
MONITOR = '[monitor]\noutside = ["192.0.2.1"]\n'
HOST = """\
[hosts.{name}]
road = "nginx"
endpoint = "127.0.0.1:9"
password-hash = "$6$salt$hash"
certificate = \"\"\"
{certificate}\"\"\"
"""
DEBIANS = (f"/lib/systemd/system/{SERVICE}.service", f"/etc/default/{SERVICE}")
DROP_IN = f"etc/systemd/system/{SERVICE}.service.d/motes.conf"
PASSWORD = "/etc/prometheus/motes/garden.password"  # noqa: S105
# As Debian's package has it.
PREPARE = "useradd --system --no-create-home --home-dir /nonexistent _victoria-metrics; "
PREPARE += "install -d -o _victoria-metrics /var/lib/victoria-metrics"
NOT_READ = "/etc/prometheus/motes yet"


class Monitor:
    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self._folder = folder

    def install(self, **certificates: str) -> str:
        """What it says, with hosts by these names."""
        hosts = [HOST.format(name=name, certificate=certificate) for name, certificate in certificates.items()]
        inventory, output = self._folder / "fleet.toml", self._folder / "out"
        inventory.write_text(MONITOR + "".join(hosts))
        done = motes_fleet(inventory, output)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.machine.path("/opt/monitor"), ignore_errors=True)
        shutil.copytree(output / "monitor", self.machine.path("/opt/monitor"))
        return self.machine.run("/opt/monitor/install")

    def restart(self) -> None:
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", SERVICE)
        until(lambda: self.asked() is not None, "an answer", told(self.machine, SERVICE))

    def asked(self) -> set[str] | None:
        """The hosts that it asks; None while it does not say."""
        answer = self.machine.get("http://127.0.0.1:8428/api/v1/targets")
        targets = json.loads(answer)["data"]["activeTargets"] if answer else None
        return None if targets is None else {target["labels"]["instance"] for target in targets}

    def asks(self, *names: str) -> None:
        until(lambda: self.asked() == {*names}, f"{names} are asked", told(self.machine, SERVICE))

    def may_read(self) -> list[str]:
        """Whose the password is, and what it may be done with."""
        return self.machine.run("stat", "--format=%U %G %a", PASSWORD).split()


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    with Machine(nspawn.base(), tmp_path_factory.mktemp("systemd")) as machine:
        bring(machine, f"/usr/bin/{SERVICE}", "/usr/bin/openssl")
        for file in DEBIANS:
            machine.write(file, Path(file).read_text())
        machine.write("/usr/lib/ssl/openssl.cnf", "")
        machine.run("sh", "-euc", PREPARE)
        yield Monitor(machine, tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def certificates() -> list[str]:
    """Those of the example."""
    example = (RECIPES / "fleet/fleet.toml").read_text()
    return re.findall("-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n", example)


def test_a_password_is_for_who_is_there(monitor: Monitor, certificates: list[str]) -> None:
    """Who asks is VictoriaMetrics, as long as there is no Prometheus; that it is not told to is said."""
    assert NOT_READ in monitor.install(garden=certificates[0])
    assert monitor.may_read() == ["root", "_victoria-metrics", "640"]


def test_victoria_metrics_reads_what_is_new(monitor: Monitor, certificates: list[str]) -> None:
    """Without being started again."""
    monitor.machine.write(f"/{DROP_IN}", (RECIPES / "centre/monitor" / DROP_IN).read_text())
    monitor.restart()
    monitor.asks("garden")
    before = main_pid(monitor.machine, SERVICE)
    assert NOT_READ not in monitor.install(garden=certificates[0], shed=certificates[0])
    monitor.asks("garden", "shed")
    assert main_pid(monitor.machine, SERVICE) == before


def test_a_certificate_that_is_another_one(monitor: Monitor, certificates: list[str]) -> None:
    """VictoriaMetrics reads one when it starts."""
    before = main_pid(monitor.machine, SERVICE)
    monitor.install(garden=certificates[1], shed=certificates[0])
    assert main_pid(monitor.machine, SERVICE) != before
    monitor.asks("garden", "shed")


def test_where_prometheus_is_as_well(monitor: Monitor, certificates: list[str]) -> None:
    """Both can read it, at once."""
    machine = monitor.machine
    machine.run("useradd", "--system", "--no-create-home", "prometheus")
    wanted = {"garden": certificates[1], "shed": certificates[0]}
    monitor.install(**wanted)
    assert monitor.may_read() == ["root", "prometheus", "640"]
    pid = main_pid(machine, SERVICE)
    group = machine.run("getent", "group", "prometheus").split(":")[2]
    assert group in status(machine, pid)["Groups"].split()
    monitor.install(**wanted)
    assert main_pid(machine, SERVICE) == pid
