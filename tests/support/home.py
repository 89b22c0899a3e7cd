"""A home that is watched: Prometheus, and all that it scrapes each second, with the labels that a person gives it.

The host `attic` is motesd with everything on, a real browser, a badge and thermometers that are played, and one of
each that has something wrong. `garden` and `router` are other machines' files, with every collector on; the others do
not answer.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from motes.exporters import node

from tests.exporters.node.test_machines import MACHINES, flags
from tests.exporters.node.test_systemd import OF_SYSTEMD
from tests.support.badge.firmware import V1_17_BREATH
from tests.support.database import Database
from tests.support.firefox.browser import Firefox
from tests.support.household import CELLAR, LIVING_ROOM, Household, motesd
from tests.support.namespaces import until
from tests.support.program import ROOT, Program, free_port, motes_node
from tests.support.service import Service
from tests.support.tree import unpack

# Seconds, for a browser to start and for the second of two samples, on a slow machine.
WITHIN = 60
RULES = ROOT / "packaging/prometheus"
STRANGER = "A4:C1:38:00:00:03"
TREES = {"garden": "server", "router": "board"}
ROADS = {
    "attic": "wireguard",
    "garden": "nginx",
    "router": "ssh-fixed",
    "notebook": "ssh-socks",
    "cabin": "vmagent",
    "desk": "",
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
_EVERYTHING = [f"--collector.{name}" for name in node.COLLECTORS]


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
        return self.database.labels(expression)

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
        enter(Service(self.house.bus.address, "org.freedesktop.systemd1", OF_SYSTEMD))
        self.browser = enter(Firefox(self.house.home, self._folder / "firefox.log"))
        on = {f"MOTES_COLLECTOR_{name}": "true" for name in ("INTERRUPTS", "PROCESSES", "SYSTEMD", "TCPSTAT")}
        ports = {host: free_port() for host in ROADS}
        ports["attic"] = enter(motesd(self.house, more=_MORE, **on)).port
        for host in TREES:
            ports[host] = enter(self._machine(host)).port
        self.prometheus = enter(self._prometheus(ports))
        self.database = Database(self.prometheus)
        # One of them is Prometheus itself.
        up = len(TREES) + 2
        until(lambda: len(self.database.values("up == 1")) == up, f"{up} scrapes are good", self.prometheus.log)

    def _machine(self, host: str) -> Program:
        """motes-node, with all it has, on another machine's files."""
        folder = self._folder / host
        folder.mkdir()
        unpack((MACHINES / f"{TREES[host]}.tree").read_text(), folder)
        return motes_node(self._folder / f"{host}.log", *_EVERYTHING, *flags(TREES[host], folder))

    def _prometheus(self, ports: dict[str, int]) -> Program:
        port = free_port()
        file = self._folder / "prometheus.yml"
        file.write_text(json.dumps(self._configuration(ports, port)))
        (self._folder / "hosts.yml").write_text(json.dumps({"groups": [{"name": "hosts", "rules": _HOSTS}]}))
        command = (
            "/usr/bin/prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        return Program(command, port, self._folder / "prometheus.log", ready="/-/ready")

    def _configuration(self, ports: dict[str, int], own: int) -> dict[str, object]:
        """As the recipes have it, which JSON is YAML for."""
        targets = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"instance": host, "road": ROADS[host]}}
            for host, port in ports.items()
        ]
        himself = {"targets": [f"127.0.0.1:{own}"], "labels": {"instance": "monitor"}}
        return {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [f"{RULES}/*.yml", f"{self._folder}/hosts.yml"],
            "scrape_configs": [
                {
                    "job_name": "motes",
                    "static_configs": targets,
                    "metric_relabel_configs": [{"action": "labeldrop", "regex": "road"}],
                },
                {"job_name": "prometheus", "static_configs": [himself]},
            ],
        }


_HOSTS = [
    {"record": "motes_fleet_host", "expr": "vector(1)", "labels": {"instance": host, "road": road}}
    for host, road in ROADS.items()
]
