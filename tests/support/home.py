"""A home that is watched: Prometheus, and all that it scrapes each second, with the labels that a person gives it.

The host `attic` is motesd with everything on, a real browser, a badge and thermometers that are played, and one of
each that has something wrong. `garden` and `router` are other machines' files, with every collector on; the others do
not answer, but for the vmagent in the cabin, which pushes to nobody.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from motes.exporters import node

from tests.exporters.node.test_machines import MACHINES, flags
from tests.exporters.node.test_systemd import OF_SYSTEMD, SYSTEMD, UNITS
from tests.support.badge.firmware import V1_17_BREATH
from tests.support.database import Database
from tests.support.firefox.browser import Firefox
from tests.support.household import CELLAR, LIVING_ROOM, Household, motesd
from tests.support.namespaces import until
from tests.support.program import ROOT, Program, free_port, motes_node
from tests.support.service import Answers, Service
from tests.support.sessions import Profile, session, tab, window
from tests.support.tree import unpack

# Seconds, for a browser to start and for the second of two samples, on a slow machine.
WITHIN = 60
RULES = ROOT / "packaging/prometheus"
STRANGER = "A4:C1:38:00:00:03"
TREES = {"garden": "server", "router": "board"}
HOSTS = {
    "attic": {"road": "wireguard"},
    "cabin": {"road": "vmagent"},
    "desk": {},
    "garden": {"road": "nginx"},
    "laptop": {"road": "ssh-socks"},
    "notebook": {"road": "ssh-socks", "offline": "often"},
    "router": {"road": "ssh-fixed"},
}
_MORE = f"""[lywsd03mmc]
poll = ["{STRANGER}"]
[lywsd03mmc.key]
"{STRANGER}" = "00112233445566778899aabbccddeeff"
[lywsd03mmc.garage]
adapter = "hci7"
[card10-bme680.shed]
device = ["/dev/serial/by-path/nothing"]
[firefox-tabs.guest]
profile = ["/home/guest/nothing"]
"""
_COPY = """[firefox-tabs.copy]
profile = ["{}"]
containers = true
"""
# What the other machines have not: a sensor's hysteresis, and a connection in each of the kernel's states.
_CONNECTION = "\t0: 0100007F:0016 0100007F:D431 {:02X} 00000024:00000003 01:00000014 00000000 0 0 40001\n"
_MORE_FILES = (
    "sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_crit_hyst: 95000\n"
    f"proc/net/tcp:\n\tsl\n{''.join(_CONNECTION.format(state) for state in range(1, 12))}"
)
_EVERYTHING = (*[f"--collector.{name}" for name in node.COLLECTORS], "--collector.netstat.fields=.*")
_SOCKET = [
    "ssh.socket",
    "OpenBSD Secure Shell server",
    "loaded",
    "active",
    "listening",
    "",
    "/unit/sockets",
    0,
    "",
    "/",
]
_UNITS: Answers = {
    **OF_SYSTEMD,
    (SYSTEMD, "ListUnits"): ("a(ssssssouso)", [*UNITS, _SOCKET]),
    **{
        ("/unit/sockets", name): ("u", number)
        for name, number in (("NAccepted", 3), ("NConnections", 1), ("NRefused", 0))
    },
}


class Home:
    """While the `with` lasts. The folder's path must be short, for a socket's is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def speak(self) -> None:
        """The thermometers, one of which does so without the key that is known of it."""
        for address, celsius in ((LIVING_ROOM, 20.5), (CELLAR, 11.5), (STRANGER, 99.5)):
            self.house.advertise(address, celsius)

    def gives(self, expression: str) -> list[dict[str, str]]:
        """The labels of what an expression gives, which it must sooner or later."""

        def found() -> list[dict[str, str]]:
            self.speak()
            return self.database.labels(expression)

        until(found, f"data for {expression}", within=WITHIN)
        return found()

    def __enter__(self) -> Self:
        try:
            self._enter()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    def _enter(self) -> None:
        enter = self._stack.enter_context
        self.house = enter(Household(self._folder, V1_17_BREATH))
        enter(Service(self.house.bus.address, "org.freedesktop.systemd1", _UNITS))
        self.browser = enter(Firefox(self.house.home, self._folder / "firefox.log"))
        on = {f"MOTES_COLLECTOR_{name}": "true" for name in ("INTERRUPTS", "PROCESSES", "SYSTEMD", "TCPSTAT")}
        ports = {host: free_port() for host in HOSTS}
        self.attic = enter(motesd(self.house, more=_MORE + _COPY.format(self._copy()), **on))
        ports["attic"] = self.attic.port
        for host in TREES:
            ports[host] = enter(self._machine(host)).port
        agent = enter(self._vmagent())
        self.prometheus = enter(self._prometheus(ports, agent.port))
        self.database = Database(self.prometheus)
        # The agent and Prometheus itself, too.
        up = len(TREES) + 3
        until(lambda: len(self.database.values("up == 1")) == up, f"{up} scrapes are good", self.prometheus.log)

    def _copy(self) -> Path:
        """Somebody's profile, of whose session the newest file is damaged."""
        profile = Profile(self._folder / "copy")
        profile.save(session(window(tab(userContextId=2))))
        profile.save(b"mozLz40")
        return profile.path

    def _machine(self, host: str) -> Program:
        """motes-node, with all it has, on another machine's files."""
        folder = self._folder / host
        folder.mkdir()
        unpack((MACHINES / f"{TREES[host]}.tree").read_text() + _MORE_FILES, folder)
        return motes_node(self._folder / f"{host}.log", *_EVERYTHING, *flags(TREES[host], folder))

    def _vmagent(self) -> Program:
        port = free_port()
        command = (
            "/usr/bin/vmagent",
            f"-promscrape.config={self._written('agent.yml', {'scrape_configs': []})}",
            f"-remoteWrite.url=http://127.0.0.1:{free_port()}/",
            f"-remoteWrite.tmpDataPath={self._folder / 'agent'}",
            f"-httpListenAddr=127.0.0.1:{port}",
        )
        return Program(command, port, self._folder / "agent.log", ready="/health")

    def _prometheus(self, ports: Mapping[str, int], agent: int) -> Program:
        port = free_port()
        targets = [_target(ports[host], instance=host, **labels) for host, labels in HOSTS.items()]
        jobs = {
            "motes": targets,
            "prometheus": [_target(port, instance="monitor")],
            "vmagent": [_target(agent, instance="cabin", road="vmagent")],
        }
        hosts = [{"record": "motes_fleet_host", "expr": "1", "labels": {"instance": h, **HOSTS[h]}} for h in HOSTS]
        rules = self._written("hosts.yml", {"groups": [{"name": "hosts", "rules": hosts}]})
        configuration = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "*.yml"), str(rules)],
            "scrape_configs": [_scraping(job, targets) for job, targets in jobs.items()],
            # It is its metrics that matter: nothing is sent.
            "remote_write": [
                {
                    "url": f"http://127.0.0.1:{free_port()}/",
                    "write_relabel_configs": [{"action": "drop", "source_labels": ["__name__"], "regex": ".*"}],
                }
            ],
        }
        command = (
            "/usr/bin/prometheus",
            f"--config.file={self._written('prometheus.yml', configuration)}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        return Program(command, port, self._folder / "prometheus.log", ready="/-/ready")

    def _written(self, name: str, content: object) -> Path:
        """As JSON, which is YAML."""
        file = self._folder / name
        file.write_text(json.dumps(content))
        return file


def _target(port: int, **labels: str) -> dict[str, object]:
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


def _scraping(job: str, targets: list[dict[str, object]]) -> dict[str, object]:
    """The road stays on `up` and on what else is about the scrape itself."""
    drop = {"action": "labeldrop", "regex": "road"}
    return {"job_name": job, "static_configs": targets, "metric_relabel_configs": [drop]}
