"""A fleet of five, from one inventory: it comes up from what was written alone, and is scraped over WireGuard."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.database import Database
from tests.support.fleet import KEY, Fleet
from tests.support.namespaces import Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import Answer, Scrapes, commands

# As many tables of an inventory, each with something of its own.
FIVE = {
    "attic": 'addresses = ["10.77.0.2", "fd77:6d6f:7465::2"]\nlabels = {site = "home"}\n',
    "barn": 'addresses = ["10.77.0.3"]\nnode = {"collector.cpu.info" = true}\n',
    "cellar": 'addresses = ["fd77:6d6f:7465::4"]\nlabels = {site = "it\'s a \\"hole\\""}\n',
    "den": 'addresses = ["10.77.0.5", "fd77:6d6f:7465::5"]\nendpoint = "10.99.0.5:51820"\n',
    "office": 'addresses = ["10.77.0.6"]\nexporters = ["node", "lywsd03mmc"]\n',
}
SIXTH = 'addresses = ["10.77.0.7", "fd77:6d6f:7465::7"]\n'
SCRAPED = "http://10.77.0.6:9100/metrics"


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with Lan(7) as lan:
        yield lan


@pytest.fixture(scope="module")
def fleet(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Five that run. Twice is written, for the keys are made in between."""
    monitor, *hosts = lan.hosts
    fleet = Fleet(monitor, tmp_path_factory.mktemp("fleet"))
    for (name, table), host in zip(FIVE.items(), hosts, strict=False):
        fleet.add(name, host, table)
    everybody = ("monitor", *FIVE)
    fleet.write()
    fleet.make_keys(*everybody)
    fleet.write()
    fleet.install(*everybody)
    fleet.start(*everybody)
    return fleet


@pytest.fixture(scope="module")
def program(fleet: Fleet) -> Iterator[Program]:
    with fleet.prometheus() as running:
        yield running


@pytest.fixture
def database(program: Program) -> Database:
    return Database(program)


@pytest.fixture
def scrapes(fleet: Fleet, database: Database) -> dict[str, Scrapes]:
    """Those of each, which are all well."""
    found = {name: Scrapes(database, name, "wireguard") for name in fleet.hosts}
    for each in found.values():
        each.work()
    return found


def ask(program: Program, path: str) -> Any:
    return json.loads(program.get(f"/api/v1/{path}"))["data"]


def targets(program: Program) -> set[str]:
    return {each["labels"]["instance"] for each in ask(program, "targets")["activeTargets"]}


def lost(scrapes: dict[str, Scrapes], since: dict[str, float]) -> dict[str, int]:
    """How many of each, until two have succeeded from now on."""
    for name, now in newest(scrapes).items():
        scrapes[name].succeed(2, now)
    return {name: each.lost(since[name]) for name, each in scrapes.items() if each.lost(since[name])}


def newest(scrapes: dict[str, Scrapes]) -> dict[str, float]:
    return {name: each.newest() for name, each in scrapes.items()}


def handshakes(host: Host) -> dict[str, int]:
    """When its peers were last heard, by their keys; 0 where they never were."""
    pairs = (line.split() for line in host.run("wg", "show", "wg0", "latest-handshakes").splitlines())
    return {key: int(at) for key, at in pairs}


def number(host: Host) -> str:
    """The kernel's, of the tunnel's interface: another one that is called the same has another."""
    return host.run("ip", "-oneline", "link", "show", "wg0").partition(":")[0]


def sent(host: Host) -> int:
    """How many bytes to its one peer."""
    return int(host.run("wg", "show", "wg0", "transfer").split()[2])


def public_key(host: Host) -> str:
    return host.run("wg", "pubkey", given=host.path(KEY).read_text()).strip()


def test_all_are_scraped(fleet: Fleet, database: Database, scrapes: dict[str, Scrapes]) -> None:
    assert database.values('up{job="motes", road="wireguard"}') == [1] * len(FIVE)
    assert len(database.values('node_load1{job="motes", road=""}')) == len(FIVE)
    assert database.value('up{site="it\'s a \\"hole\\""}') == 1
    assert database.values('node_cpu_info{instance="barn"}')
    assert not database.values('node_cpu_info{instance!="barn"}')
    assert database.values('thermometer_scanner_up{instance="office"}')


def test_checks_are_evaluated(program: Program, database: Database, scrapes: dict[str, Scrapes]) -> None:
    def rules() -> list[Any]:
        return [rule for group in ask(program, "rules")["groups"] for rule in group["rules"]]

    until(lambda: all(rule["health"] == "ok" for rule in rules()), "all rules evaluated", lambda: str(rules()))
    assert {rule["name"] for rule in rules()} > {"motes_fleet_host", "MotesHostDown"}
    assert database.values('motes_fleet_host{road="wireguard"}') == [1] * len(FIVE)
    assert [alert for alert in ask(program, "alerts")["alerts"] if alert["state"] == "firing"] == []


def test_alerts_are_sent_where_a_file_says(fleet: Fleet, program: Program) -> None:
    def receivers() -> list[str]:
        return [each["url"] for each in ask(program, "alertmanagers")["activeAlertmanagers"]]

    assert receivers() == []
    fleet.monitor.run("sh", "-euc", commands("fleet", "alertmanagers.json"))
    until(lambda: receivers() == ["http://127.0.0.1:9093/api/v2/alerts"], "whom alerts are sent to", program.log)


def test_private_keys_never_leave(fleet: Fleet) -> None:
    """Each is in the file where it was made, and nowhere else: neither below what was written nor on another host."""
    written = fleet.inventory.read_bytes() + b"".join(content for content, _ in fleet.content().values())
    assert not [key for key in fleet.private_keys() if key.encode() in written]
    keys = "\n".join(fleet.private_keys())
    for host in (fleet.monitor, *fleet.hosts.values()):
        assert host.run("grep", "-rlFf", "-", "/etc", "/run/fleet", given=keys).split() == [KEY]
        assert host.path(KEY).stat().st_mode & 0o777 == 0o600


def test_another_time_nothing_changes(fleet: Fleet, scrapes: dict[str, Scrapes]) -> None:
    since, before = newest(scrapes), fleet.content()
    assert not fleet.has_something_to_do()
    fleet.write()
    assert fleet.content() == before
    said = fleet.install("monitor", *fleet.hosts)
    assert "installed" not in said
    assert said.count("is as the inventory has it") == 1 + len(FIVE)
    assert lost(scrapes, since) == {}


def test_one_is_added(fleet: Fleet, lan: Lan, program: Program, scrapes: dict[str, Scrapes]) -> None:
    """The monitor's files change, and its own; nobody else's tunnel is interrupted."""
    since, before, tunnels = newest(scrapes), fleet.content(), handshakes(fleet.monitor)
    interface = number(fleet.monitor)
    fleet.add("stable", lan.hosts[6], SIXTH)
    assert fleet.has_something_to_do()
    assert fleet.content() == before
    fleet.write()
    fleet.make_keys("stable")
    fleet.write()
    fleet.install("stable", "monitor")
    fleet.start("stable")
    fleet.reload(program)
    changed = {path for path, content in fleet.content().items() if before.get(path) != content}
    shared = {
        "monitor/etc/wireguard/wg0.conf",
        *(f"monitor/etc/prometheus/motes/{name}" for name in ("targets.json", "hosts.yml")),
    }
    assert {path for path in changed if not path.startswith("stable/")} == shared
    Scrapes(Database(program), "stable", "wireguard").work()
    assert lost(scrapes, since) == {}
    now = handshakes(fleet.monitor)
    assert all(0 < at <= now[key] for key, at in tunnels.items())
    assert number(fleet.monitor) == interface


def test_one_is_removed(fleet: Fleet, program: Program, scrapes: dict[str, Scrapes]) -> None:
    """Its files go; and once the monitor has its new ones, it is nobody's peer, whatever it does."""
    office, key = fleet.hosts["office"], public_key(fleet.hosts["office"])
    others = {name: each for name, each in scrapes.items() if name != "office"}
    since, before = newest(others), fleet.content()
    fleet.remove("office")
    fleet.write()
    assert not (fleet.output / "office").exists()
    gone = {path for path in before if path not in fleet.content()}
    assert gone == {path for path in before if path.startswith("office/")}
    fleet.install("monitor")
    fleet.reload(program)

    assert key not in handshakes(fleet.monitor)
    answer = Answer(fleet.monitor, SCRAPED, "--max-time", "1")
    assert (answer.status, answer.content) == (0, "")
    for host in (office, fleet.monitor):
        host.run("wg-quick", "down", "wg0")
        host.run("wg-quick", "up", "wg0")
    until(lambda: sent(office) > 0, "an attempt of its own")
    until(lambda: targets(program) == set(fleet.hosts), "targets without it")
    assert lost(others, since) == {}
    assert list(handshakes(office).values()) == [0]
    assert key not in handshakes(fleet.monitor)
