"""The recipe `logs`: Debian's syslog-ng, with the recipe's files, reads a journal and pushes to Loki's endpoint."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support import service_file
from tests.support.journal import Journal
from tests.support.loki import ASKED, PATH, Line, Loki
from tests.support.namespaces import Host, Lan, until
from tests.support.recipes import follow, install, name

CONF = "/etc/syslog-ng/conf.d/loki.conf"
HEADERS = "loki.headers"
ID, SECRET = "0a1b2c3d.access", "5ec2e7" * 10
QUICKER = {
    "time-reopen(10)": "time-reopen(1)",
    "batch-timeout(1000)": "batch-timeout(50)",
    "timeout(30)": "timeout(2)",
}
URL = f"https://monitor.example.org{PATH}"
UNIT = Path("/lib/systemd/system/syslog-ng.service")


class Logs:
    """cabin, whose logs go to monitor."""

    def __init__(self, monitor: Host, cabin: Host, folder: Path) -> None:
        self.monitor, self.cabin = monitor, cabin
        self._folder = folder
        own_folders(monitor)
        own_folders(cabin)
        name({"monitor.example.org": "10.99.0.1"}, cabin)
        install(monitor, "logs/monitor")
        self.certify()
        follow(monitor, "logs", "sites-enabled")
        follow(monitor, "logs", "loki.tokens", f"{ID}\n{SECRET}\n")
        self.loki = Loki(monitor, folder / "loki")
        self.nginx()
        self.journal = Journal(cabin, folder / "journal.log")
        self.give_headers(SECRET)
        install(cabin, "logs/host", QUICKER)

    def certify(self) -> None:
        """A certificate for the monitor, which cabin trusts as it does those of the world."""
        follow(self.monitor, "logs", "openssl req")
        self.trust(self.monitor.path("/etc/nginx/loki.crt").read_text())

    def trust(self, certificate: str) -> None:
        self.cabin.write("/etc/ssl/certs/ca-certificates.crt", certificate)

    def nginx(self) -> "subprocess.Popen[bytes]":
        process = self.monitor.start("nginx", "-g", "daemon off;", log=self._folder / "nginx.log")
        until(lambda: b":443" in self.listening(), "nginx", (self._folder / "nginx.log").read_text)
        return process

    def listening(self) -> bytes:
        return self.monitor.run("ss", "-H", "-l", "-t", "-n").encode()

    def give_headers(self, secret: str) -> None:
        """As the recipe has it done."""
        follow(self.cabin, "logs", HEADERS, f"{ID}\n{secret}\n")

    def start(self) -> None:
        command = service_file.exec_start(UNIT.read_text(), variables={"SYSLOGNG_OPTS": ""})
        self.process = self.cabin.start(*command, log=self._folder / "syslog-ng.log")
        until(lambda: self.control("stats"), "syslog-ng", self.log)

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait()

    def log(self) -> str:
        """What syslog-ng says, and what the endpoint does."""
        files = [self._folder / "syslog-ng.log", self._folder / "loki/log", self.cabin.path("/var/log/syslog")]
        return "".join(file.read_text() for file in files if file.exists())

    def control(self, *command: str) -> str:
        return self.cabin.attempt("syslog-ng-ctl", *command).stdout

    def count(self, what: str) -> int:
        """One of syslog-ng's own numbers for this destination: written, dropped, queued."""
        (found,) = re.findall(rf"^dst\.http;d_loki#0;.*;{what};(\d+)$", self.control("stats"), re.MULTILINE)
        return int(found)

    def arrived(self, last: bytes) -> list[Line]:
        """All that have arrived, once the last one has."""
        text = last.decode()
        until(lambda: any(line.text.endswith(text) for line in self.loki.lines()), f"{text} at the centre", self.log)
        return self.loki.lines()

    def access_log(self) -> str:
        return self.monitor.path("/var/log/nginx/access.log").read_text()

    def push(self, headers: Mapping[str, str], url: str = URL, *flags: str) -> int:
        """A line of cabin's by curl(1), and the answer's status."""
        named = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
        body = {"streams": [{"stream": {"host": "cabin"}, "values": [[str(time.time_ns()), "by hand"]]}]}
        quiet = ("curl", "--silent", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}")
        json_type = ("--header", "Content-Type: application/json")
        done = self.cabin.attempt(*quiet, *named, *json_type, "--data", json.dumps(body), *flags, url)
        return int(done.stdout)

    def loki_has_said(self, status: int, times: int) -> None:
        until(lambda: self.loki.answers().count(status) >= times, f"{times} answers {status}", self.log)


def own_folders(host: Host) -> None:
    """Its own files, and a /dev: syslog-ng, as Debian has it, makes a pipe there."""
    host.own("/etc", "/var/lib", "/var/log")
    host.run("mount", "-t", "tmpfs", "none", "/dev")
    host.run("sh", "-ec", "mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/urandom c 1 9")
    # Without a journal syslog-ng would take what the machine's kernel says.
    host.run("mount", "--bind", "/dev/null", "/proc/kmsg")


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def texts_of(written: Sequence[bytes]) -> list[str]:
    return [text.decode() for text in written]


def numbered(count: int, what: str = "line") -> list[bytes]:
    return [f"{what} {number:06}".encode() for number in range(count)]


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    with Lan(2) as lan:
        monitor, cabin = lan.hosts
        logs = Logs(monitor, cabin, tmp_path)
        yield logs
        logs.journal.close()


ODD = {
    b'quotes " and \\ and "x":"}': 'quotes " and \\ and "x":"}',
    bytes(range(1, 128)): bytes(range(1, 128)).decode(),
    b"two\nlines\r\n": "two\nlines\r\n",
    "é 😀 \u2028 \ufeff".encode(): "é 😀 \u2028 \ufeff",
    b"\xff\xfe \xc3( \xed\xa0\x80": r"\xff\xfe \xc3( \xed\xa0\x80",
    b"$MSG ${HOST} `loki-url` %s $(uuid) @x@": "$MSG ${HOST} `loki-url` %s $(uuid) @x@",
    b"123": "123",
    b"null": "null",
    b"": "",
    b"cut\0here": "cut",
    b"l" * 100_000: "l" * 65536,
}


def test_every_octet_arrives(logs: Logs) -> None:
    logs.start()
    now = logs.journal.write(b"first", _SYSTEMD_UNIT="ssh.service", SYSLOG_IDENTIFIER="sshd", _PID="12")
    first = logs.arrived(b"first")[-1]
    assert first == Line({"host": "cabin", "unit": "ssh.service", "severity": "info"}, now * 1000, "sshd[12]: first")
    logs.journal.write(*ODD, b"last", SYSLOG_IDENTIFIER="app")
    assert texts(logs.arrived(b"last")[1:]) == [f"app: {text}" for text in [*ODD.values(), "last"]]
    assert set(logs.loki.answers()) == {204, 200}
    assert logs.count("dropped") == 0


UNITS = {
    "ssh.service": "ssh.service",
    "init.scope": "init.scope",
    "getty@tty1.service": "getty@.service",
    "user@1000.service": "user@.service",
    r"systemd-fsck@dev-disk-by\x2duuid-12.service": "systemd-fsck@.service",
    "": "daemon",
}
# Whose number has no end: made up at each login, call, crash or start of a container.
ENDLESS = {
    "session-{}.scope": "scope",
    "docker-{}.scope": "scope",
    "run-u{}.service": "run-.service",
    "run-r{}.service": "run-.service",
    "systemd-coredump@{}-99-0.service": "systemd-coredump@.service",
    "dbus-:1.2-org.freedesktop.problems@{}.service": "dbus-:1.2-.service",
    "mnt-{}.mount": "mount",
}


def test_labels_have_a_bound(logs: Logs) -> None:
    for unit in UNITS:
        logs.journal.write(b"known", **({"_SYSTEMD_UNIT": unit} if unit else {}))
    for pattern in ENDLESS:
        for number in range(20):
            logs.journal.write(
                b"unknown",
                _SYSTEMD_UNIT=pattern.format(number),
                SYSLOG_IDENTIFIER=f"made-up-{number}",
                _HOSTNAME=f"host-{number}",
            )
    for severity in range(8):
        logs.journal.write(b"severity", PRIORITY=str(severity), SYSLOG_IDENTIFIER="s", SYSLOG_FACILITY="4")
    logs.journal.write(b"last")
    logs.start()
    lines = logs.arrived(b"last")
    assert {line.labels["host"] for line in lines} == {"cabin"}
    assert {frozenset(line.labels) for line in lines} == {frozenset({"host", "unit", "severity"})}
    assert [line.labels["unit"] for line in lines[: len(UNITS)]] == list(UNITS.values())
    assert {line.labels["unit"] for line in lines if "unknown" in line.text} == set(ENDLESS.values())
    severities = [line.labels["severity"] for line in lines if line.text == "s: severity"]
    assert severities == ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
    assert "auth" in {line.labels["unit"] for line in lines}


# A gateway that knows no such token, one that shows a login page, Loki at its limit or not there.
PASSING = [200, 301, 302, 401, 403, 404, 408, 429, 500, 502, 503, 504]


def test_what_passes_is_tried_again_and_nothing_is_lost(logs: Logs) -> None:
    """One syslog-ng has the recipe's destination once for each answer, so that it waits for all at a time."""
    recipe = logs.cabin.path(CONF).read_text()
    for status in PASSING:
        named = re.sub(r"\b([dfr]_loki\w*|loki-host|(?<=persist-name\(.)loki)", rf"\1_{status}", recipe)
        named = named.replace('"cabin"', f'"{status}"').replace('"`loki-url`"', f'"`loki-url`?says={status}"')
        logs.cabin.write(f"/etc/syslog-ng/conf.d/{status}.conf", named)
    logs.loki.answer(ASKED)
    logs.start()
    logs.journal.write(*numbered(3))
    # More often than errors are tried again that are not expected to pass.
    until(lambda: min(map(logs.loki.answers().count, PASSING)) > 4, "five of each answer", logs.log)
    assert {line.labels["host"] for line in logs.loki.lines()} <= {"cabin"}
    logs.loki.answer(204)
    hosts = [str(status) for status in PASSING]
    until(lambda: len(logs.loki.lines()) == 3 * (len(hosts) + 1), "all lines", logs.log)
    for host in ["cabin", *hosts]:
        assert [line.text for line in logs.loki.lines() if line.labels["host"] == host] == texts_of(numbered(3))
    assert {path.partition("?")[0] for _, _, path in logs.loki.requests()} == {"/ready", PATH}


def test_what_loki_will_never_take_holds_up_nothing(logs: Logs) -> None:
    logs.start()
    logs.loki.answer(400)
    logs.journal.write(*numbered(3, "refused"))
    logs.loki_has_said(400, 1)
    until(lambda: logs.count("dropped") == 3, "three that are dropped", logs.log)
    logs.loki.answer(204)
    logs.journal.write(b"taken")
    assert texts(logs.arrived(b"taken")) == ["taken"]


def test_cut_link_loses_nothing(logs: Logs) -> None:
    """Nor does ending syslog-ng meanwhile, whichever way: what it has taken is on the disk, as the journal is."""
    logs.start()
    logs.journal.write(b"before")
    logs.arrived(b"before")
    logs.cabin.ip("link set eth0 down")
    logs.journal.write(*numbered(1000, "cut"))
    until(lambda: logs.count("queued") == 1000, "all in the buffer", logs.log)
    logs.end(signal.SIGKILL)
    logs.journal.write(*numbered(1000, "killed"))
    logs.start()
    until(lambda: logs.count("queued") == 2000, "more in the buffer", logs.log)
    logs.end(signal.SIGTERM)
    logs.journal.write(*numbered(1000, "stopped"))
    logs.cabin.ip("link set eth0 up")
    logs.start()
    expected = ["before", *texts_of([line for what in ("cut", "killed", "stopped") for line in numbered(1000, what)])]
    assert texts(logs.arrived(b"stopped 000999")) == expected


def test_full_buffer_loses_the_newest_and_says_how_many(logs: Logs) -> None:
    conf = logs.cabin.path(CONF).read_text()
    assert "disk-buf-size(268435456)" in conf
    logs.cabin.write(CONF, conf.replace("disk-buf-size(268435456)", "disk-buf-size(1048576)"))
    logs.start()
    logs.cabin.ip("link set eth0 down")
    lines = [line.rjust(100, b".") for line in numbered(10_000)]
    logs.journal.write(*lines)
    until(lambda: logs.count("queued") + logs.count("dropped") == 10_000, "all in the buffer or lost", logs.log)
    kept = logs.count("queued")
    # As the recipe says of 256 MiB.
    assert kept * 256 > 360_000
    assert not logs.loki.lines()
    logs.cabin.ip("link set eth0 up")
    logs.arrived(lines[kept - 1])
    until(lambda: logs.count("queued") == 0, "an empty buffer", logs.log)
    logs.journal.write(b"after")
    assert texts(logs.arrived(b"after")) == texts_of([*lines[:kept], b"after"])


def test_who_has_not_both_headers_pushes_nothing(logs: Logs) -> None:
    both = {"CF-Access-Client-Id": ID, "CF-Access-Client-Secret": SECRET}
    wrong = [
        {},
        *({name: value} for name, value in both.items()),
        {**both, "CF-Access-Client-Id": "another.access"},
        {**both, "CF-Access-Client-Secret": SECRET[:-1]},
        {**both, "CF-Access-Client-Secret": SECRET + "0"},
        {**both, "CF-Access-Client-Secret": SECRET.upper()},
    ]
    assert [logs.push(headers) for headers in wrong] == [403] * len(wrong)
    assert logs.push(both) == 204
    assert logs.push(both, "https://monitor.example.org/loki/api/v1/query") == 404
    assert logs.push(both, URL, "--request", "GET") == 403
    assert logs.push(both, URL.replace("https:", "http:")) == 404
    assert logs.push(both, f"http://monitor.example.org:3100{PATH}") == 0
    assert len(logs.loki.lines()) == 1


def test_wrong_secret_loses_nothing_and_a_wrong_certificate_is_told_none(logs: Logs) -> None:
    good = logs.cabin.path("/etc/ssl/certs/ca-certificates.crt").read_text()
    logs.trust(Path("/etc/ssl/certs/ca-certificates.crt").read_text())
    logs.give_headers("wrong")
    logs.start()
    logs.journal.write(b"kept")
    until(lambda: "certificate" in logs.log(), "a certificate that is not believed", logs.log)
    logs.trust(good)
    until(lambda: " 403 " in logs.access_log(), "a refusal", logs.log)
    assert logs.access_log().count(" 403 ") == logs.access_log().count("\n")
    assert SECRET not in logs.access_log()
    logs.give_headers(SECRET)
    logs.control("reload")
    assert texts(logs.arrived(b"kept")) == ["kept"]
    said = logs.log() + logs.access_log() + Path(f"/proc/{logs.process.pid}/cmdline").read_text()
    assert SECRET not in said
    assert "wrong" not in said


def test_flood_arrives_in_order(logs: Logs) -> None:
    logs.start()
    lines = numbered(30_000)
    logs.journal.write(*lines)
    assert texts(logs.arrived(lines[-1])) == texts_of(lines)


def test_without_a_journal(logs: Logs) -> None:
    """As under OpenRC: what a program claims of its name and time is not believed as far as it would cost something."""
    logs.cabin.run("rm", "-r", "/run/systemd")
    logs.start()
    before = time.time_ns()
    logs.cabin.run("logger", "--socket", "/dev/log", "--tag", "sshd", "-p", "auth.err", "hello")
    claimed = "<13>Jan  1 00:00:00 made-up[1]: forged"
    logs.cabin.run("socat", "-", "UNIX-SENDTO:/dev/log", given=claimed)
    hello, forged = logs.arrived(b"forged")
    assert hello.labels == {"host": "cabin", "unit": "auth", "severity": "err"}
    assert forged.labels == {"host": "cabin", "unit": "user", "severity": "notice"}
    # The number is not what it claimed, but the sender's.
    assert re.fullmatch(r"made-up\[(?!1\])\d+\]: forged", forged.text)
    assert before < hello.time < forged.time < time.time_ns()
