"""What there is to have rules about: names of metrics, with the names of their labels, from the programs' own pages."""

from collections.abc import Iterable
from pathlib import Path

from tests.support.badge.firmware import V1_17_BSEC
from tests.support.household import LIVING_ROOM, Household, motesd
from tests.support.namespaces import until
from tests.support.page import Page
from tests.support.program import HERE, ROOT, Program, free_port

Catalogue = dict[str, set[str]]

# Of each scrape, by Prometheus.
SCRAPES = {"up": set[str](), "scrape_samples_scraped": set[str]()}
# What each target has, by its scrape configuration.
OF_TARGETS = {"job", "instance", "road", "offline"}
# Of each host, by motes fleet.
FLEET = {"motes_fleet_host": set[str]()}
# What the kernel tells of a btrfs that is mounted, and no file does.
KERNEL = {"node_btrfs_device_errors_total": {"device", "type"}}
_NODE = ROOT / "tests/exporters/node"
_PROBLEMS = """[lywsd03mmc]
poll = ["{living_room}"]
[lywsd03mmc.other]
adapter = "hci7"
[firefox-tabs.other]
profile = ["{folder}/nothing"]
[card10-bme680.other]
device = ["{folder}/nothing"]
"""
_EVERYTHING = (
    "card10_iaq_accuracy",
    "thermometer_battery_ratio",
    "thermometer_frames_refused_total",
    "thermometer_problem_info",
    "firefox_problem_info",
    "card10_problem_info",
)
# It writes to itself what a rule makes, for some names are there only once it has written.
_WRITING = """
rule_files: [rules.yml]
remote_write: [{{url: "http://127.0.0.1:{port}/api/v1/write", queue_config: {{batch_send_deadline: 100ms}}}}]
"""
_RULES = "groups: [{name: all, interval: 100ms, rules: [{record: one, expr: vector(1)}]}]"


def names(pages: Iterable[str]) -> Catalogue:
    """Of all pages together, one sample after the other, for somebody else's are in no order."""
    found: Catalogue = {}
    for line in [line for page in pages for line in page.split("\n") if line and not line.startswith("#")]:
        for name, labels in Page(line.replace(", ", ",")).values:
            found.setdefault(name, set()).update(label for label, _ in labels)
    return found


def of_node() -> Catalogue:
    """Of each page that a collector must give for its fixtures."""
    return names(file.read_text() for file in _NODE.rglob("*.prom"))


def of_motesd(folder: Path) -> Catalogue:
    """Of motesd with all that it can read, played, and with one of each that is not there."""
    with Household(folder, V1_17_BSEC) as house:
        house.save_session(3)
        with motesd(house, more=_PROBLEMS.format(living_room=LIVING_ROOM, folder=folder)) as program:

            def complete() -> bool:
                house.advertise(LIVING_ROOM, 20.5)
                house.world.advertise(LIVING_ROOM, {"181a": b"\x00"})
                page = program.get("/metrics")
                return all(name + "{" in page for name in _EVERYTHING)

            until(complete, "all that there is to serve", program.log)
            return names([program.get("/metrics")])


def of_vmagent(folder: Path) -> Catalogue:
    port = free_port()
    command = (
        "/usr/bin/vmagent",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-remoteWrite.url=http://127.0.0.1:1/",
        f"-remoteWrite.tmpDataPath={folder}",
    )
    return _served(command, port, folder / "log", ready="/health")


def of_prometheus(folder: Path) -> Catalogue:
    port = free_port()
    (folder / "prometheus.yml").write_text(_WRITING.format(port=port))
    (folder / "rules.yml").write_text(_RULES)
    command = (
        "/usr/bin/prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
    )
    sent = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"
    return _served(command, port, folder / "log", ready="/-/ready", has=sent)


def _served(command: tuple[str, ...], port: int, log: Path, *, ready: str, has: str = "") -> Catalogue:
    with Program(command, port, log, ready=ready, machine=HERE) as program:
        until(lambda: f"\n{has}" in program.get("/metrics"), has, program.log)
        return names([program.get("/metrics")])
