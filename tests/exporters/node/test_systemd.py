"""systemd and logind asked over a real bus, where they are played; and systemd's own socket in the bus's place."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from motes.exporters import node
from motes.exporters.node import _dbus, logind, systemd
from motes.exporters.node.host import Budget, Host
from motes.shared.exposition import text

from tests.support.bluez.bus import Bus
from tests.support.service import Answers, Service

SYSTEMD, LOGIND = "/org/freedesktop/systemd1", "/org/freedesktop/login1"
ABSENT = "unix:path=/absent/socket"
UNITS = [
    ["ssh.service", "OpenBSD Secure Shell server", "loaded", "active", "running", "", "/unit/ssh", 0, "", "/"],
    ["daily.timer", "Daily", "loaded", "active", "waiting", "", "/unit/daily", 0, "", "/"],
    ["gone.service", "", "not-found", "inactive", "dead", "", "/unit/gone", 0, "", "/"],
]
OF_SYSTEMD: Answers = {
    (SYSTEMD, "Version"): ("s", "257.9-1"),
    (SYSTEMD, "Virtualization"): ("s", ""),
    (SYSTEMD, "SystemState"): ("s", "running"),
    (SYSTEMD, "ListUnits"): ("a(ssssssouso)", UNITS),
    ("/unit/ssh", "Type"): ("s", "notify"),
    ("/unit/ssh", "NRestarts"): ("u", 3),
    ("/unit/ssh", "TasksCurrent"): ("t", 2),
    ("/unit/ssh", "TasksMax"): ("t", 2**64 - 1),
    ("/unit/ssh", "ActiveEnterTimestamp"): ("t", 1_700_000_000_500_000),
    ("/unit/daily", "LastTriggerUSec"): ("t", 1_700_000_001_000_000),
    ("/unit/daily", "ActiveEnterTimestamp"): ("t", 1_700_000_000_000_000),
}
OF_LOGIND: Answers = {
    (LOGIND, "ListSeats"): ("a(so)", [["seat0", LOGIND + "/seat/seat0"]]),
    (LOGIND, "ListSessions"): ("a(susso)", [["1", 1000, "ada", "", LOGIND + "/session/_31"]]),
    (LOGIND + "/session/_31", "Remote"): ("b", True),
    (LOGIND + "/session/_31", "Type"): ("s", "tty"),
    (LOGIND + "/session/_31", "Class"): ("s", "user"),
}


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with Bus(tmp_path_factory.mktemp("bus")) as running:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", running.address)
        yield running


def shown(module: ModuleType, **more: bool) -> list[str]:
    options = [*node.ROOTS, *getattr(module, "OPTIONS", ())]
    flags = {option.name: option.default for option in options}
    flags |= {f"collector.systemd.{name.replace('_', '-')}": value for name, value in more.items()}
    page = text(module.Collector(Host(flags, Budget())).collect()).decode()
    return [line for line in page.splitlines() if not line.startswith("#") and not line.endswith(" 0")]


EXPECTED = [
    'node_systemd_version{version="257.9-1"} 257.9',
    'node_systemd_virtualization_info{virtualization_type="none"} 1',
    'node_systemd_units{state="active"} 2',
    'node_systemd_units{state="inactive"} 1',
    'node_systemd_unit_state{name="ssh.service",state="active",type="notify"} 1',
    'node_systemd_unit_state{name="daily.timer",state="active",type=""} 1',
    'node_systemd_timer_last_trigger_seconds{name="daily.timer"} 1700000001.0',
    'node_systemd_service_restart_total{name="ssh.service"} 3',
    'node_systemd_unit_tasks_current{name="ssh.service"} 2',
    'node_systemd_unit_start_time_seconds{name="ssh.service"} 1700000000.5',
    'node_systemd_unit_start_time_seconds{name="daily.timer"} 1700000000.0',
    "node_systemd_system_running 1",
]
ALL = {"enable_task_metrics": True, "enable_restarts_metrics": True, "enable_start_time_metrics": True}


def test_units_over_a_bus(bus: Bus) -> None:
    with Service(bus.address, "org.freedesktop.systemd1", OF_SYSTEMD):
        assert shown(systemd, **ALL) == EXPECTED


def test_sessions_over_a_bus(bus: Bus) -> None:
    with Service(bus.address, "org.freedesktop.login1", OF_LOGIND):
        assert shown(logind) == ['node_logind_sessions{class="user",remote="true",seat="",type="tty"} 1']


def test_nothing_is_started_by_asking(bus: Bus) -> None:
    with pytest.raises(Exception, match=r"logind does not answer: org\.freedesktop\.DBus\.Error\.NameHasNoOwner"):
        shown(logind)


@pytest.mark.parametrize("module", [systemd, logind])
def test_there_is_no_bus(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", ABSENT)
    monkeypatch.setattr(systemd, "_PRIVATE_SOCKET", ABSENT)
    with pytest.raises(FileNotFoundError):
        shown(module)


def test_systemds_own_socket_where_there_is_no_bus_for_root(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Played by the bus, which wants to be greeted: systemd does not."""
    asked: list[str] = []

    def noted(address: str, *, peer: bool) -> object:
        assert peer
        asked.append(address)
        return _dbus.Bus(bus.address)

    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", ABSENT)
    monkeypatch.setattr(systemd, "Bus", noted)
    with Service(bus.address, "org.freedesktop.systemd1", OF_SYSTEMD):
        monkeypatch.setattr(systemd, "geteuid", lambda: 0)
        assert shown(systemd, **ALL) == EXPECTED
        assert shown(systemd, private=True, **ALL) == EXPECTED
        assert asked == ["unix:path=/run/systemd/private"] * 2
        monkeypatch.setattr(systemd, "geteuid", lambda: 1000)
        with pytest.raises(FileNotFoundError):
            shown(systemd)
