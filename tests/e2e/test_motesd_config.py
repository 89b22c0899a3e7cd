"""motesd's file: who is served where, instances, labels, what is checked, what is printed, and where it is found."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.e2e.test_program import MOTESD, SOURCE, events, reload, run
from tests.e2e.test_third_party import install
from tests.shared.test_example import uncommented
from tests.support.namespaces import OWN_MOUNTS, WITHIN, until
from tests.support.page import Page
from tests.support.program import HERE, ROOT, Program, free_port
from tests.support.scraper import Scraper

NODE = '[node]\n"collector.disable-defaults" = true\n"collector.loadavg" = true\n'
TAKEN = ("motes_config_last_reload_successful", ())


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=WITHIN)
    connection.request("GET", path)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def page(port: int, path: str = "/metrics") -> Page:
    status, text = get(port, path)
    assert status == 200, text
    return Page(text)


def exporters(page: Page) -> set[str]:
    """Whose series are on a page, by name; ours for people have none of their own names."""
    counted = {dict(labels)["exporter"] for name, labels in page.values if name == "motes_collector_failures_total"}
    return counted | ({"node"} if any(name == "node_load1" for name, _ in page.values) else set())


def started(folder: Path, text: str, port: int, **environment: str) -> Program:
    """motesd with theirs installed, ready once it answers at a port."""
    file = folder / "motes.toml"
    file.write_text(text)
    command = (*MOTESD, f"--config.file={file}")
    return Program(
        command,
        port,
        folder / "log",
        ready="/-/ready",
        machine=HERE,
        PYTHONPATH=install(folder),
        HOME=str(folder),
        **environment,
    )


# Who is served where.


def divided(here: int, there: int) -> str:
    return (
        f'[web]\nlisten-address = ["127.0.0.1:{here}"]\n{NODE}'
        f'[theirs]\nlisten = ["127.0.0.1:{there}"]\nword = ["secret"]\n'
        f'[theirs.kitchen]\nlisten = ["127.0.0.1:{there}", "127.0.0.1:{here}"]\n'
    )


def test_each_address_serves_its_own(tmp_path: Path) -> None:
    here, there = free_port(), free_port()
    with started(tmp_path, divided(here, there), here):
        assert exporters(page(here)) == {"node", "theirs.kitchen"}
        assert exporters(page(there)) == {"theirs", "theirs.kitchen"}
        assert exporters(page(here, "/metrics/node")) == {"node"}
        for port in (here, there):
            assert exporters(page(port, "/metrics/theirs.kitchen")) == {"theirs.kitchen"}
        # The name of both is that of those that are served there.
        assert exporters(page(here, "/metrics/theirs")) == {"theirs.kitchen"}
        assert exporters(page(there, "/metrics/theirs")) == {"theirs", "theirs.kitchen"}
        for port, path, status in (
            (here, "/metrics/theirs.attic", 404),
            (there, "/metrics/node", 404),
            (there, "/metrics?collect[]=loadavg", 400),
            (there, "/metrics?exclude[]=node", 400),
            (there, "/metrics?collect[]=theirs", 200),
        ):
            found, text = get(port, path)
            assert found == status
            assert "secret" not in text or port == there
            assert "loadavg" not in text.replace('collector "loadavg"', "") or port == here
        told = {port: json.loads(get(port, "/status.json")[1]) for port in (here, there)}
        names = {port: [each["name"] for each in told[port]["exporters"]] for port in (here, there)}
        assert names == {here: ["node", "theirs.kitchen", "motes"], there: ["theirs", "theirs.kitchen", "motes"]}
        assert "loadavg" in get(here, "/")[1]
        assert "loadavg" not in get(there, "/")[1]


def test_where_nobody_is_left_nothing_is_listened_on(tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "motes.sock"
    with started(tmp_path, f'[theirs]\nlisten = ["127.0.0.1:{port}", "unix:{path}"]\n', port) as program:
        until(lambda: "serving" in program.log(), "the last line", program.log)
        addresses = [event["address"] for event in events(program.log()) if event["msg"] == "listening"]
        assert addresses == [f"127.0.0.1:{port}", f"unix:{path}"]


def test_an_exporter_moves_and_nobody_is_interrupted(tmp_path: Path) -> None:
    here, there = free_port(), free_port()
    with (
        started(tmp_path, divided(here, there), here) as program,
        Scraper(program) as one,
        Scraper(program, port=there) as other,
    ):
        value = ("theirs_value", ())
        assert value in other.goes_on().values
        assert value not in one.goes_on().values
        text = divided(here, there).replace(f'[theirs]\nlisten = ["127.0.0.1:{there}"]', "[theirs]")
        (tmp_path / "motes.toml").write_text(text)
        reload(program, "configuration read")
        assert value in one.goes_on().values
        assert value not in other.goes_on().values
        # It was not started anew.
        assert program.log().count("at work") == 2


@pytest.mark.parametrize("web", ['listen-address = ["fd:web"]', "", "systemd-socket = true"])
def test_sockets_by_name(tmp_path: Path, web: str) -> None:
    file = tmp_path / "motes.toml"
    file.write_text(f'[web]\n{web}\n{NODE}[theirs]\nlisten = ["fd:theirs"]\n')
    script = (
        "exec 3<&0 4<&1 </dev/null >&2 && "
        'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:theirs exec "$@" --config.file="$0"'
    )
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [each.getsockname()[1] for each in (one, other)]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "sh", "-c", script, str(file), *MOTESD],
                stdin=one.fileno(),
                stdout=other.fileno(),
                stderr=log,
                env={**os.environ, "PYTHONPATH": install(tmp_path)},
            )
    try:
        assert [exporters(page(port)) for port in ports] == [{"node"}, {"theirs"}]
        process.terminate()
        assert process.wait(WITHIN) == 0, (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
    addresses = [event["address"] for event in events((tmp_path / "log").read_text()) if event["msg"] == "listening"]
    assert addresses == ["fd:web", "fd:theirs"]


# Instances and labels.


def test_two_of_node(tmp_path: Path) -> None:
    port = free_port()
    few = '"collector.disable-defaults" = true\n"collector.loadavg" = true\n"collector.meminfo" = true\n'
    (tmp_path / "loadavg").write_text("1 2 3 4/5 6\n")
    (tmp_path / "meminfo").write_text("MemTotal: 7 kB\n")
    tables = f'{NODE}"collector.meminfo" = true\n[node.box]\n"path.procfs" = "{tmp_path}"\n{few}'
    with started(tmp_path, f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n{tables}', port):
        values = page(port).values
        box = (("instance_name", "box"),)
        assert (values["node_load1", box], values["node_memory_MemTotal_bytes", box]) == (1, 7168)
        assert {labels for name, labels in values if name == "node_load15"} == {(), box}
        assert values["node_memory_MemTotal_bytes", ()] > 7168
        assert values["node_scrape_collector_success", (("collector", "meminfo"), *box)] == 1
        assert values["node_scrape_collector_success", (("collector", "meminfo"),)] == 1


def test_instances_share_families_and_are_told_apart(tmp_path: Path) -> None:
    port = free_port()
    tables = '[theirs]\nword = ["a"]\n[theirs.kitchen]\nword = ["a"]\n[theirs.kitchen.labels]\nsite = "home"\n'
    with started(tmp_path, f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n{tables}', port) as program:
        until(lambda: program.log().count("at work") == 2, "two threads", program.log)
        values = page(port).values
        kitchen = (("instance_name", "kitchen"), ("site", "home"))
        assert ("theirs_value", ()) in values
        assert ("theirs_value", kitchen) in values
        assert ("theirs_word", tuple(sorted([("name", ""), ("word", "a"), *kitchen]))) in values
        assert values["motes_exporter_success", (("exporter", "theirs"),)] == 1
        assert values["motes_exporter_success", tuple(sorted([("exporter", "theirs.kitchen"), *kitchen]))] == 1
        assert {name for name, labels in values if dict(labels).get("site") == "home"} >= {
            "theirs_begun",
            "motes_collector_failures_total",
            "motes_exporter_duration_seconds",
        }
        assert ("process_open_fds", ()) in values


def test_a_label_that_is_there_already_fails_its_collector(tmp_path: Path) -> None:
    port = free_port()
    tables = f'{NODE}[theirs]\nword = ["a"]\n[theirs.labels]\nword = "b"\n'
    with started(tmp_path, f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n{tables}', port) as program:
        values = page(port).values
        assert values["motes_exporter_success", (("exporter", "theirs"), ("word", "b"))] == 0
        assert ("node_load1", ()) in values
        assert "the label word" in program.log()


# Checked.


def checked(folder: Path, text: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    file = folder / "motes.toml"
    file.write_text(text)
    return run(*MOTESD, "--config.check", f"--config.file={file}", *words, **environment)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        '[web]\nmax-requests = "40"\nmax-request = 3\n[scape]\n'
        '[node]\ncollector.cpu.info = true\n[node.labels]\n"a-b" = "x"\n'
        '[lywsd03mmc]\nscan = "off"\nlisten = [":1"]\n[lywsd03mmc.attic]\nlisten = ["127.0.0.1:1"]\n'
        "[broken]\nanything = 3\n"
    )
    path = install(tmp_path, broken="no_such_module:PLUGIN")
    done = checked(tmp_path, text, "--log.level=loud", "--no", MOTES_WEB_ALLOW="me", PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    file = f"motesd: {tmp_path}/motes.toml: "
    wanted = [
        "motesd: unknown option --no; see --help",
        'motesd: --log.level: "loud" is not one of: debug, info, warn, error',
        'motesd: MOTES_WEB_ALLOW: "me" is no address or network',
        file + '[web] max-requests: "40" is of the wrong type: N is wanted, a whole number',
        file + "[web] max-request: no such option (max-requests?)",
        file + "[scape]: no such table ([scrape]?); there are [web], [scrape], [log], [node]",
        file + '[node] labels: "a-b" is no name of a label',
        file + '[node] collector.cpu.info: a key with dots stands in quotes: "collector.cpu.info" = …',
        "motesd: [lywsd03mmc.attic] listen: :1 and 127.0.0.1:1 overlap",
        "motesd: --ble.scan=off: with nothing in --ble.poll there is nothing to do",
        "motesd: [broken]: this exporter is broken: ModuleNotFoundError: No module named 'no_such_module'",
    ]
    lines = done.stderr.splitlines()
    assert len(lines) == len(wanted), done.stderr
    for line, start in zip(lines, wanted, strict=True):
        assert line.startswith(start)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[web]\nallow = [\n'::1'\n'::2']\n", "line 4"),
        (b"[web]\n[node]\n[web]\n", "line 3"),
        (b"[web]\n\xff", "line 2"),
    ],
)
def test_wrong_syntax_is_told_by_line(tmp_path: Path, content: bytes, line: str) -> None:
    file = tmp_path / "motes.toml"
    file.write_bytes(content)
    done = run(*MOTESD, "--config.check", f"--config.file={file}")
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_good_file_is_told_in_one_line_and_nothing_is_begun(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        tables = '[theirs.kitchen]\nlisten = ["unix:/no/folder.sock"]\n'
        text = f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n{NODE}{tables}'
        done = checked(tmp_path, text, PYTHONPATH=install(tmp_path))
    said = f"motesd: all is well: 127.0.0.1:{port} serves node; unix:/no/folder.sock serves theirs.kitchen\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


def test_the_readmes_file_is_good(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Configuration file\n")[2]
    text = section.partition("```toml\n")[2].partition("```")[0]
    done = checked(tmp_path, text)
    assert (done.returncode, done.stderr) == (0, "")
    assert "127.0.0.1:9265 serves lywsd03mmc" in done.stdout


def test_what_is_merely_odd_is_warned_of(tmp_path: Path) -> None:
    done = checked(tmp_path, "", MOTES_WEB_ALOW="::1")
    assert done.returncode == 0
    assert [event["msg"] for event in events(done.stderr)] == ["variable ignored"]


def test_a_program_of_one_exporter_is_checked_too(tmp_path: Path) -> None:
    node = (sys.executable, "-m", "motes.exporters.node.program", "--config.check")
    done = run(*node, "--web.listen-address=:1")
    assert (done.returncode, done.stdout) == (0, "motes-node: all is well: :1 serves node\n")
    done = run(*node, "--path.procfs=/nowhere", "--web.allow=me")
    assert (done.returncode, done.stderr.count("\n")) == (2, 2)


# The example.


def test_the_example_starts_as_it_is(tmp_path: Path) -> None:
    port = free_port()
    text = run(*MOTESD, "--config.example").stdout
    text = text.replace('#listen-address = ["127.0.0.1:9100"]', f'listen-address = ["127.0.0.1:{port}"]')
    with started(tmp_path, text, port) as program:
        assert exporters(page(port)) == {"node"}
        until(lambda: "serving" in program.log(), "the last line", program.log)


def test_the_example_starts_with_all_that_is_in_it(tmp_path: Path) -> None:
    port = free_port()
    text = uncommented(run(*MOTESD, "--config.example").stdout)
    text = text.replace('["127.0.0.1:9100"]', f'["127.0.0.1:{port}"]')
    nowhere = f"unix:path={tmp_path}/nobody"
    with started(tmp_path, text, port, DBUS_SYSTEM_BUS_ADDRESS=nowhere) as program:
        until(lambda: "serving" in program.log(), "the last line", program.log)
        (serving,) = [event for event in events(program.log()) if event["msg"] == "serving"]
        assert serving["exporters"] == "node,lywsd03mmc,card10-bme680,firefox-tabs"
        assert exporters(page(port)) == set(serving["exporters"].split(","))
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0


# Found.


def looking(before: Sequence[str], **environment: str) -> str:
    """What the check says of the file that is found."""
    done = run(*before, *MOTESD, "--config.check", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().removeprefix("motesd: all is well: ")


def test_a_users_file_is_found(tmp_path: Path) -> None:
    user = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    for folder, port in ((tmp_path / "own" / "motes", 1), (tmp_path / ".config" / "motes", 2)):
        folder.mkdir(parents=True)
        (folder / "motes.toml").write_text(f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n')
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""}
    assert looking(user, **home) == "127.0.0.1:2 serves node"
    assert looking(user, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "own")) == "127.0.0.1:1 serves node"
    assert looking(user, **home, MOTES_CONFIG_FILE=str(tmp_path / "own/motes/motes.toml")) == "127.0.0.1:1 serves node"
    (tmp_path / ".config/motes/motes.toml").write_text("wrong")
    assert run(*user, *MOTESD, "--config.check", **home).returncode == 2
    node = (sys.executable, "-m", "motes.exporters.node.program", "--config.check")
    assert run(*user, *node, **home).returncode == 0


def test_the_systems_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "motes").mkdir()
    (tmp_path / "motes" / "motes.toml").write_text('[web]\nlisten-address = ["127.0.0.1:3"]\n')
    script = 'mount --bind "$0" /etc && exec "$@"'
    root = (*OWN_MOUNTS, "--user", "--map-root-user", "sh", "-c", script, str(tmp_path))
    assert looking(root, HOME=str(tmp_path), PYTHONPATH=SOURCE) == "127.0.0.1:3 serves node"
