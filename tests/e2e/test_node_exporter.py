"""motes-node beside Debian's node_exporter, on the same machine at the same moment, series by series.

Debian 12 has release 1.5.0. Where ours differs, because a newer release does or because Debian patches a default,
the difference is listed here with its reason.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from motes.exporters import node

from tests.support.comparison import Exceptions, settle, told
from tests.support.counterparts import node_exporter, node_exporter_flags
from tests.support.namespaces import OWN_MOUNTS, Host
from tests.support.program import HERE, ROOT, Machine, motes_node

_KNOWN = node_exporter_flags()
COLLECTORS = [f"--collector.{name}" for name in node.COLLECTORS if f"--collector.{name} " in _KNOWN]
_TABLE = (ROOT / "tests/exporters/node/families.tsv").read_text().splitlines()
FAMILIES = {line.split("\t")[2] for line in _TABLE if not line.startswith("#")}

THEIRS = {
    r"(go|promhttp)_.*": "what Go's client library tells of itself",
    r"node_exporter_build_info\{.*": "ours is motes_build_info",
}
OURS = {
    r"(motes|process)_.*": "what ours tells of itself",
    r"node_filesystem_readonly\{.*": "a newer release tells it of a file system that gives no answer, too",
}
VALUES = {
    r"process_.*": "another process",
    r"node_filefd_allocated\{\}": "theirs opens its files all at once, and counts them",
    r"node_sockstat_sockets_used\{\}": "theirs opens netlink sockets at the same time, and counts them",
    r"node_perf_.*": "each counts from when it began to",
    r"node_procs_running\{\}": "theirs runs its collectors all at once, and counts its threads",
    r"node_scrape_collector_duration_seconds\{.*": "ours takes its own time",
}
LABELS: Mapping[tuple[str, str], str] = {
    ("node_disk_info", "rotational"): "a newer release tells which disks turn",
    ("node_filesystem_.*", "device_error"): "a newer release tells why a file system gave no answer",
    ("node_network_info", "adminstate"): "a newer release tells what the interface was set to",
}
# Where an expression has a default.
DEFAULTS = {
    r"node_disk_.*device='zram\d+'.*": "a newer release leaves out zram",
    r"node_network_(receive|transmit)_.*device='lo'.*": "Debian patches --collector.netdev.device-exclude to ^lo$",
    r"node_filesystem_.*mountpoint='/(mnt|media|run)[/'].*": "Debian patches mount-points-exclude to have these too",
    r"node_netstat_TcpExt_TCP(OFOQueue|RcvQDrop)\{.*": "a newer release has more in --collector.netstat.fields",
}
# Mount points with a backslash or a line's end in them, and processes that none sees but those that it has started.
ODD = {
    r"node_filesystem_.*\\\\(134|012).*": "theirs takes mountinfo's escapes for the path's own, and gets no answer",
    r"node_processes_.*": "each is process 1 of its own, and theirs has more threads",
}


def exceptions(*more: dict[str, str]) -> Exceptions:
    """Those of every comparison, and more of either kind."""
    either = {pattern: reason for reasons in more for pattern, reason in reasons.items()}
    return Exceptions(ours=OURS | either, theirs=THEIRS | either, values=VALUES | either, labels=LABELS, newer=FAMILIES)


def compare(folder: Path, machine: Machine, flags: list[str], allowed: Exceptions) -> None:
    collectors = [on for on in COLLECTORS if on.replace("--", "--no-", 1) not in flags]
    flags = ["--collector.disable-defaults", *collectors, *flags]
    with (
        motes_node(folder / "ours.log", *flags, machine=machine) as ours,
        node_exporter(folder / "theirs.log", *flags, machine=machine) as theirs,
    ):
        left = settle(lambda: ours.get("/metrics"), lambda: theirs.get("/metrics"), allowed)
        assert not left, told(left) + "\n" + ours.log()


class Odd:
    """A machine with interfaces, addresses and mounts as they are rarely seen; its programs are process 1 each."""

    def __init__(self, folder: Path) -> None:
        self._host = Host()
        try:
            self._host.run("mount", "-t", "sysfs", "sysfs", "/sys")
            self._connect()
            self._mount(folder / "mounts")
        except BaseException:
            self.close()
            raise

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        # Both look at the mounts of process 1.
        first = (*OWN_MOUNTS, "--pid", "--fork", "--kill-child", "--mount-proc")
        assigned = [f"{name}={value}" for name, value in environment.items()]
        return self._host.start(*first, "env", *assigned, *command, log=log)

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._host.attempt(*command)

    def close(self) -> None:
        self._host.close()

    def _connect(self) -> None:
        self._host.ip(
            "link add veth0 type veth peer name veth1",
            "link set veth0 up mtu 1400 txqueuelen 7",
            "link set veth1 group 3",
            'link add name we"ird type bridge',
            'link set veth1 master we"ird',
            "link add name br.7+x type bridge",
            "link set br.7+x up",
            "tuntap add dev tun0 mode tun",
            "address add 10.1.2.3/24 dev veth0",
            "address add 10.1.2.4/24 dev veth0 label veth0:1",
            "address add 10.1.2.5 peer 10.9.9.9/32 dev tun0",
            "address add fd00::1/64 dev veth0 nodad",
            "address add 192.0.2.1/32 dev lo",
        )
        self._host.run("ip", "link", "set", "veth0", "alias", r'to "the\" cellar')

    def _mount(self, folder: Path) -> None:
        names = ["with space", "tab\there", "ünïcode", "plain", 'quo"te', "back\\slash", "new\nline"]
        for name in names:
            (folder / name).mkdir(parents=True)
            self._host.run("mount", "-t", "tmpfs", "-o", "size=1m", f"dev of {name}", str(folder / name))
        for again in ("size=2m", "size=3m,ro"):
            self._host.run("mount", "-t", "tmpfs", "-o", again, "again", str(folder / "plain"))
        self._host.run("mount", "-t", "tmpfs", "-o", "ro,nr_inodes=77", "read-only", "/mnt")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    machine = Odd(tmp_path_factory.mktemp("odd"))
    yield machine
    machine.close()


def test_as_the_machine_is(tmp_path: Path) -> None:
    compare(tmp_path, HERE, [], exceptions(DEFAULTS))


def test_odd_interfaces_and_mounts(odd: Odd, tmp_path: Path) -> None:
    compare(tmp_path, odd, [], exceptions(DEFAULTS, ODD))


# Expressions whose defaults a newer release, or Debian, has changed.
ALL = [
    "--collector.diskstats.device-exclude=^$",
    "--collector.filesystem.mount-points-exclude=^$",
    "--collector.filesystem.fs-types-exclude=^$",
    "--collector.netdev.device-exclude=^$",
    "--collector.netstat.fields=.*",
]
FLAGS = {
    "more": [
        *ALL,
        "--collector.cpu.info",
        "--no-collector.cpu.guest",
        "--collector.netclass.ignore-invalid-speed",
        "--collector.netdev.address-info",
        "--collector.rapl.enable-zone-label",
        "--collector.stat.softirq",
        "--collector.sysctl.include=net.ipv4.tcp_rmem:min,default,max",
        "--collector.sysctl.include=vm.swappiness",
        "--collector.sysctl.include-info=kernel.seccomp.actions_avail",
        "--collector.vmstat.fields=.*",
    ],
    "less": [
        "--collector.arp.device-exclude=^eth",
        "--collector.cpu.info.bugs-include=spec",
        "--collector.cpu.info.flags-include=^(aes|sse.*)$",
        "--collector.diskstats.device-exclude=",
        "--collector.diskstats.device-include=^(vd|loop)",
        "--collector.ethtool.device-include=^(veth0|br)",
        "--collector.ethtool.metrics-include=^(rx|tx)_",
        "--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2?|ext4)$",
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys)|space",
        "--collector.netclass.ignored-devices=^(br|tun)",
        "--collector.netdev.device-exclude=",
        "--collector.netdev.device-include=^(lo|veth.)$",
        "--collector.netstat.fields=^(Tcp|Ip6)_.*s$",
        "--collector.qdisk.device-exclude=^veth",
        "--collector.vmstat.fields=^(nr_free|thp)",
    ],
    "netlink": [*ALL, "--collector.netdev.netlink", "--collector.netdev.enable-detailed-metrics"],
    "file": [*ALL, "--no-collector.netdev.netlink"],
    "detailed file": [*ALL, "--no-collector.netdev.netlink", "--collector.netdev.enable-detailed-metrics"],
}


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_flags(odd: Odd, tmp_path: Path, flags: list[str]) -> None:
    compare(tmp_path, odd, flags, exceptions(ODD))


NETLINK = {
    r"node_network_(carrier|dormant|speed_bytes)\{.*": "ours asks sysfs, which has none where the device is down",
    r"node_network_flags\{.*": "sysfs has those that were set, netlink those that the state adds",
    r"node_network_info\{.*": "ours asks sysfs, which has the duplex mode in small letters, and up devices' alone",
}


@pytest.mark.parametrize("flags", [[], ["--collector.netclass_rtnl.with-stats", "--no-collector.netdev"]])
def test_properties_over_netlink(odd: Odd, tmp_path: Path, flags: list[str]) -> None:
    """The flag is taken, but sysfs is what ours asks all the same."""
    flags = [*ALL, "--collector.netclass.netlink", "--collector.netclass.ignore-invalid-speed", *flags]
    compare(tmp_path, odd, flags, exceptions(ODD, NETLINK))


class Contained:
    """This machine, as a container has it that was given the host's files under another folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("proc", "sys", "root"):
            (folder / name).mkdir(parents=True)
        self.flags = [f"--path.{name}fs={folder / name}" for name in ("proc", "sys", "root")]

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        bind = 'cd "$0" && mount --bind / root && mount --rbind /sys sys && mount --rbind /proc proc && exec "$@"'
        return HERE.start(*OWN_MOUNTS, "sh", "-ec", bind, str(self._folder), *command, log=log, **environment)

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return HERE.attempt(*command)


# Below a folder the host's files are read, for netlink would tell of the network that the container has.
CONTAINED = {
    r"node_network_receive_nohandler_total\{.*": "net/dev does not have it",
    r"node_network_route_info\{.*": "net/route has neither protocol nor source",
    r"node_tcp_connection_states\{state='tx_queued_bytes'\}": "net/tcp has no backlog of listening sockets",
}


def test_host_below_another_folder(tmp_path: Path) -> None:
    contained = Contained(tmp_path / "host")
    compare(tmp_path, contained, [*ALL, *contained.flags], exceptions(CONTAINED))


TEXTFILES = {
    "plain.prom": """
# HELP job_ended When the job ended.
# TYPE job_ended gauge
job_ended{path="C:\\\\back\\nnext\\"line",name="ünïcode"} 1.7e9
job_ended -0.25e+3
# TYPE job_runs_total counter
job_runs_total{ name = "spaced" , } 3
job_runs_total{name=""} +Inf
bare 5
bare{of="type"} NaN
""",
    "shared.prom": '# HELP job_ended When the job ended.\n# TYPE job_ended gauge\njob_ended{file="other"} -1\n',
    "histogram.prom": """
# HELP took_seconds How long it took.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.5"} 2
took_seconds_bucket{le="1"} 3
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 3.5
took_seconds_count 4
# TYPE waited_seconds summary
waited_seconds{quantile="0.5"} 0.25
waited_seconds{quantile="0.99"} 2
waited_seconds_sum 9
waited_seconds_count 12
""",
    "not-one.txt": "nothing to see\n",
}
BROKEN = {
    "broken.prom": "before 1\nbroken{a=} 1\n",
    "stamped.prom": "stamped 1 1700000000000\n",
    "unended.prom": "unended 1",
    "hexadecimal.prom": "hexadecimal 0x1p-2\n",
    "underscore.prom": "underscore 1_000\n",
}


@pytest.mark.parametrize("files", [TEXTFILES, TEXTFILES | BROKEN], ids=["good", "broken"])
def test_textfiles(tmp_path: Path, files: dict[str, str]) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    compare(tmp_path, HERE, [*ALL, f"--collector.textfile.directory={folder}"], exceptions())
