"""motes-tunnels, which makes of a line for each host all that the monitor has of it."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.namespaces import Host
from tests.support.recipes import install

TUNNELS = "/etc/motes/tunnels"
PROGRAM = "/usr/local/sbin/motes-tunnels"
MADE = ("/etc/ssh/motes-tunnel.made.keys", "/etc/nginx/motes/tunnels.conf", "/etc/prometheus/motes/tunnels.json")
ROUTER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvdXRlciByb3V0ZXIgcm91dGVyIHJvdXRlciByb3V0"
SHED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNoZWQgc2hlZCBzaGVkIHNoZWQgc2hlZCBzaGVkIHNo"


@pytest.fixture
def monitor() -> Iterator[Host]:
    host = Host()
    try:
        host.own("/etc", "/usr/local")
        install(host, "ssh-fixed/monitor")
        yield host
    finally:
        host.close()


def make(monitor: Host, text: str) -> subprocess.CompletedProcess[str]:
    monitor.write(TUNNELS, text)
    return monitor.attempt("sh", "-c", f"umask 077; exec {PROGRAM}")


def written(monitor: Host) -> list[tuple[int, int]]:
    """Which files are there, and since when."""
    return [(found.st_ino, found.st_mtime_ns) for found in (monitor.path(file).stat() for file in MADE)]


def test_what_is_made(monitor: Host) -> None:
    done = make(monitor, f"# hosts\n\n20001 router {ROUTER} root@router\n  20002\tshed.garden {SHED}\n")
    assert (done.returncode, done.stderr) == (0, "")
    keys, places, targets = (monitor.path(file).read_text() for file in MADE)
    assert keys.splitlines() == [
        f'restrict,port-forwarding,permitlisten="127.0.0.1:20001" {ROUTER} router',
        f'restrict,port-forwarding,permitlisten="127.0.0.1:20002" {SHED} shed.garden',
    ]
    assert places.split("}\n")[0] == "location /router/ {\n    proxy_pass http://127.0.0.1:20001/;\n"
    assert json.loads(targets)[1] == {
        "targets": ["127.0.0.1:9101"],
        "labels": {
            "__metrics_path__": "/shed.garden/metrics",
            "job": "motes",
            "instance": "shed.garden",
            "road": "ssh-fixed",
        },
    }
    assert [monitor.path(file).stat().st_mode & 0o777 for file in MADE] == [0o644] * 3
    assert monitor.path("/etc/nginx/motes").stat().st_mode & 0o777 == 0o755


def test_a_second_time(monitor: Host) -> None:
    """Nothing is written, and of a change what it changes."""
    text = f"20001 router {ROUTER}\n"
    make(monitor, text)
    before = written(monitor)
    assert make(monitor, text).stdout == "nothing has changed\n"
    assert written(monitor) == before
    make(monitor, text.replace(ROUTER, SHED))
    changed = [new != old for new, old in zip(written(monitor), before, strict=True)]
    assert changed == [True, False, False]


def test_no_host(monitor: Host) -> None:
    """That is what is left where the last one was taken out."""
    assert make(monitor, "").returncode == 0
    assert [monitor.path(file).read_text() for file in MADE] == ["", "", "[]\n"]


def test_the_example_is_to_be_filled_in(monitor: Host) -> None:
    done = monitor.attempt(PROGRAM)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{TUNNELS}:2: wanted: ")


BAD = {
    f"20001 {ROUTER}": "wanted: a port, a name, and a public key",
    "20001 router": "wanted: a port, a name, and a public key",
    f"x router {ROUTER}": "'x' is no port from 1024 to 32767",
    f"22 router {ROUTER}": "'22' is no port",
    f"40000 router {ROUTER}": "'40000' is no port",
    f"٢٠٠٠١ router {ROUTER}": "is no port",
    f"+2001 router {ROUTER}": "is no port",
    f"20001 ../router {ROUTER}": "'../router' is no name",
    f"20001 router;return {ROUTER}": "is no name",
    f'20001 r"outer {ROUTER}': "is no name",
    f"20001 .. {ROUTER}": "is no name",
    f"20001 {64 * 'r'} {ROUTER}": "is no name",
    f"20001 router {ROUTER.replace('ed25519', 'dss')}": "'ssh-dss' is no kind of public key",
    f'20001 router command="id" {ROUTER}': "is no kind of public key",
    f"20001 router {ROUTER[:-1]}": "this is no ssh-ed25519 key",
    f"20001 router {ROUTER}!": "this is no ssh-ed25519 key",
    f"20001 router ssh-rsa {ROUTER.split()[1]}": "this is no ssh-rsa key",
    "20001 router ssh-ed25519 AAAAC3NzaC1lZDI1NTE5": "this is no ssh-ed25519 key",
    f"20000 router {ROUTER}": "first has port 20000 already",
    f"20001 First {ROUTER}": "First is there already, with port 20000",
    f"20001 router {SHED}": "first has this key already",
}


def test_wrong_lines(monitor: Host) -> None:
    """All are told by their number, and nothing is written."""
    make(monitor, f"20001 router {ROUTER}\n")
    before = written(monitor)
    done = make(monitor, f"20000 first {SHED}\n" + "".join(f"{line}\n" for line in BAD))
    told = done.stderr.splitlines()
    assert done.returncode == 2
    assert done.stdout == ""
    for number, (line, (bad, why)) in enumerate(zip(told, BAD.items(), strict=True), 2):
        assert line.startswith(f"{TUNNELS}:{number}: "), bad
        assert why in line, bad
    assert written(monitor) == before


def test_no_lines_to_read(monitor: Host) -> None:
    monitor.run("rm", TUNNELS)
    done = monitor.attempt(PROGRAM)
    assert (done.returncode, done.stderr) == (1, f"motes-tunnels: [Errno 2] No such file or directory: '{TUNNELS}'\n")
