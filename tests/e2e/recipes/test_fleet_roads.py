"""What `install` does for the roads that are no tunnel of WireGuard's: secrets are made where they are used, and once.

That what it puts into its place works is shown by test_fleet_all_roads.
"""

import re
from collections.abc import Iterator

import pytest

from tests.support.all_roads import NAMES, Fleet
from tests.support.namespaces import Lan

PUSHES = '[hosts.notebook]\nroad = "vmagent"\n'
MADE = {
    "monitor": ("/etc/nginx/motes/push.key", "/etc/prometheus/motes/garden.password"),
    "notebook": ("/etc/motes/tunnel.key",),
    "router": ("/etc/motes/tunnel.key",),
    "garden": ("/etc/nginx/motes/garden.key",),
    "cabin": ("/etc/motes/vmagent.password",),
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """What is made has been made, and is in the inventory."""
    with Lan(len(NAMES)) as lan:
        hosts = dict(zip(NAMES, lan.hosts, strict=True))
        fleet = Fleet(hosts, tmp_path_factory.mktemp("fleet"))
        fleet.set_up()
        yield fleet


def test_nothing_is_missing_and_a_third_time_nothing_is_done(fleet: Fleet) -> None:
    assert fleet.write() == "Nothing is to be done: all is as the inventory has it.\n"
    for name in NAMES:
        said = fleet.install(name, *(("busybox", "sh") if name == "cabin" else ()))
        assert "installed" not in said
        assert "made" not in said
        assert f"{name} is as the inventory has it" in said


def test_secrets_are_where_they_were_made_and_nowhere_else(fleet: Fleet) -> None:
    written = [fleet.inventory.read_text(), *(path.read_text() for path in fleet.output.rglob("*") if path.is_file())]
    for name, paths in MADE.items():
        for path in paths:
            secret = fleet.hosts[name].path(path)
            assert secret.stat().st_mode & 0o037 == 0
            assert not any(secret.read_text().splitlines()[-2:][0] in text for text in written)


def test_prometheus_takes_it(fleet: Fleet) -> None:
    said = fleet.hosts["monitor"].run("promtool", "check", "config", "/etc/prometheus/motes/prometheus.yml")
    assert "SUCCESS" in said
    scrape = fleet.hosts["monitor"].path("/etc/prometheus/motes/scrape.yml").read_text()
    assert re.findall("job_name: (.*)", scrape) == ["ssh-socks-notebook", "ssh-fixed", "nginx-garden"]


def test_sshd_and_nginx_take_it(fleet: Fleet) -> None:
    fleet.hosts["monitor"].run("/usr/sbin/sshd", "-t")
    for name in ("monitor", "garden"):
        fleet.hosts[name].run("nginx", "-t")
    garden = fleet.hosts["garden"].path("/etc/nginx/conf.d/motes.conf").read_text()
    assert "    allow 10.99.0.1;\n    allow 2001:db8::1;\n    deny all;\n" in garden


def test_ssh_takes_it(fleet: Fleet) -> None:
    told = fleet.hosts["notebook"].run("ssh", "-G", "-F", "/etc/motes/tunnel.conf", "monitor").splitlines()
    assert {"hostname monitor.example.org", "port 2222", "remoteforward [127.0.0.1]:21001 [socks]:0"} <= set(told)
    known = fleet.hosts["notebook"].path("/etc/motes/tunnel.known_hosts").read_text()
    assert known.startswith("[monitor.example.org]:2222 ssh-ed25519 ")
    permitted = fleet.hosts["monitor"].path("/etc/ssh/motes-tunnel.made.keys").read_text()
    assert re.findall('permitlisten="(.*?)" ', permitted) == ["127.0.0.1:21001", "127.0.0.1:20001"]


def test_vmagent_takes_it(fleet: Fleet) -> None:
    url = "-remoteWrite.url=http://127.0.0.1:9/"
    fleet.hosts["cabin"].run("vmagent", "-dryRun", "-promscrape.config=/etc/motes/vmagent.yml", url)


def test_another_certificate_than_the_inventory_has_is_told(fleet: Fleet) -> None:
    key = fleet.hosts["garden"].path("/etc/nginx/motes/garden.key")
    kept, certificate = key.read_text(), key.with_suffix(".pem").read_text()
    key.unlink()
    assert "the inventory has ANOTHER certificate for garden" in fleet.install("garden")
    key.write_text(kept)
    key.with_suffix(".pem").write_text(certificate)


def test_what_was_changed_on_the_host_is_left(fleet: Fleet) -> None:
    file = fleet.hosts["router"].path("/etc/motes/tunnel.conf")
    was = file.read_text()
    file.write_text("mine")
    changed = fleet.inventory.read_text().replace("port = 20001", "port = 20002")
    kept = fleet.inventory.read_text()
    fleet.write(changed)
    done = fleet.attempt("router")
    assert done.returncode == 1
    assert "not as motes fleet has written it, so move it away: /etc/motes/tunnel.conf" in done.stderr
    assert file.read_text() == "mine"
    file.write_text(was)
    fleet.write(kept)
    fleet.install("router")


def test_what_was_not_told_is_told_the_next_time(fleet: Fleet) -> None:
    """nginx refuses what somebody else has written for it; once that is mended, it still takes what is new."""
    garden, asked = fleet.hosts["garden"], fleet.inventory.read_text()
    other = garden.path("/etc/nginx/conf.d/other.conf")
    other.write_text("no such thing;\n")
    fleet.write(asked.replace("garden.example.org:9443", "garden.example.org:9444"))
    assert fleet.attempt("garden").returncode == 1
    other.unlink()
    garden.write("/run/bin/nginx", '#!/bin/sh\necho "$@" >>/run/nginx-was-asked\n', 0o755)
    fleet.install("garden")
    assert garden.path("/run/nginx-was-asked").read_text() == "-t -q\n"
    fleet.install("garden")
    assert garden.path("/run/nginx-was-asked").read_text() == "-t -q\n"


def test_a_host_takes_another_road(fleet: Fleet) -> None:
    """Nothing is left of the one, and its key lets nobody in any more."""
    text = fleet.inventory.read_text()
    start, end = text.index("[hosts.notebook]"), text.index("[hosts.router]")
    fleet.write(text[:start] + PUSHES + "\n" + text[end:])
    assert "removed /etc/motes/tunnel.conf" in fleet.install("notebook")
    assert not fleet.hosts["notebook"].path("/etc/systemd/system/motes-tunnel.service").exists()
    assert fleet.hosts["notebook"].path("/etc/motes/vmagent.env").exists()
    ended = fleet.hosts["monitor"].path("/run/ended")
    assert not ended.exists()
    assert "ended all SSH tunnels" in fleet.install("monitor")
    assert ended.read_text() == "-u motes-tunnel\n"
    assert "notebook" not in fleet.hosts["monitor"].path("/etc/ssh/motes-tunnel.made.keys").read_text()
    ended.unlink()
    fleet.write(text[: text.index("[hosts.notebook]")] + text[text.index("[hosts.garden]") :])
    assert "ended all SSH tunnels" in fleet.install("monitor")
    assert not fleet.hosts["monitor"].path("/etc/ssh/sshd_config.d/motes-tunnel.conf").exists()
