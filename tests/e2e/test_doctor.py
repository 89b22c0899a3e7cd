"""`motes doctor` on this machine, and on machines that are set up wrongly: it names each fault, and says what to do."""

import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.test_motes_command import motes, motesd
from tests.e2e.test_program import SOURCE
from tests.support.doctor import FEW, Told, configured, doctor
from tests.support.namespaces import Host
from tests.support.nobody import AS_NOBODY
from tests.support.program import ROOT, free_port


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


# This machine, and its configuration.


def test_this_machine() -> None:
    told = doctor("node", *FEW)
    assert told.status == 0
    told.says("ok", f"motes 0.1.0 on Python {sys.version_info.major}.{sys.version_info.minor}")
    told.says("note", "these are root's rights", "sudo -u USER motes doctor")
    told.says("ok", "1 collectors find what they read")
    assert told.text.endswith("Nothing is bad.\n")


def test_without_a_name_and_a_configuration_all_of_ours_are_looked_at() -> None:
    told = doctor()
    for title in ("node", "lywsd03mmc (does not run)", "card10-bme680 (does not run)", "firefox-tabs (does not run)"):
        assert f"\n{title}\n" in told.text
    told.says("note", "there is no configuration file", "motesd --config.example")


def test_all_that_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    file = configured(tmp_path, '[web]\nlisten-adress = [":1"]\n[nodes]\n[card10-bme680]\ninterval = "0s"\n')
    told = doctor(file)
    told.says("BAD", "[web] listen-adress: no such option (listen-address?)", "correct it")
    told.says("BAD", "[nodes]: no such table")
    told.says("BAD", '[card10-bme680] interval: "0s" is no time at all')
    assert told.text.endswith("3 things are bad.\n")


def test_a_configuration_that_is_not_there_or_may_not_be_read(readable: Path) -> None:
    told = doctor(f"--config.file={readable}/none")
    told.says("BAD", f"there is no {readable}/none")
    file = configured(readable, "[node]\n")
    (readable / "motes.toml").chmod(0o600)
    told = doctor(file, before=AS_NOBODY)
    told.says("BAD", f"may not read {readable}/motes.toml, which is root's and the group root's (mode 0600)", "setfacl")


def test_values_that_do_not_go_together(tmp_path: Path) -> None:
    told = doctor(configured(tmp_path, '[lywsd03mmc]\nscan = "off"\n'))
    told.says("BAD", "--ble.scan=off: with nothing in --ble.poll there is nothing to do")


def test_variables_that_are_nobodys(tmp_path: Path) -> None:
    doctor("node", *FEW, MOTES_WEB_LISTEN_ADRESS=":1").says("note", "MOTES_WEB_LISTEN_ADRESS is no option's")


def test_instances(tmp_path: Path) -> None:
    file = configured(tmp_path, '[card10-bme680.a]\ndevice = ["/dev/a"]\n[card10-bme680.b]\ndevice = ["/dev/b"]\n')
    told = doctor(file)
    told.says("BAD", "there is no /dev/a")
    told.says("BAD", "there is no /dev/b")
    doctor("card10-bme680.b", file).says_nothing_of("/dev/a")


def test_a_plugin_that_is_broken(tmp_path: Path) -> None:
    info = tmp_path / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[motes.exporters]\ntheirs = theirs_module:PLUGIN\n")
    (tmp_path / "theirs_module.py").write_text("import nothing_of_the_kind\n")
    told = doctor(configured(tmp_path, "[theirs]\n"), PYTHONPATH=f"{SOURCE}:{tmp_path}")
    told.says("BAD", "No module named 'nothing_of_the_kind'")


def test_looking_that_fails_or_hangs_is_told(tmp_path: Path) -> None:
    info = tmp_path / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[motes.exporters]\nfails = theirs_module:FAILS\nhangs = theirs_module:HANGS\n"
    )
    (tmp_path / "theirs_module.py").write_text(
        "import threading\n"
        "from motes.shared.options import Catalogue\n"
        "from motes.shared.plugin import Exporter, Plugin\n"
        "from motes.shared.person import doctor\n"
        "doctor.WITHIN = 3.0\n"
        "def fails(values):\n"
        "    raise SystemExit('\\x1b[2J')\n"
        "def hangs(values):\n"
        "    threading.Event().wait()\n"
        "FAILS = Plugin('fails', Catalogue(()), lambda _: Exporter(()), needs=fails)\n"
        "HANGS = Plugin('hangs', Catalogue(()), lambda _: Exporter(()), needs=hangs)\n"
    )
    told = doctor(configured(tmp_path, "[fails]\n[hangs]\n"), PYTHONPATH=f"{SOURCE}:{tmp_path}")
    told.says("BAD", "looking at this failed: SystemExit: \ufffd[2J")
    told.says("BAD", "this has not come to an end within 3 s")


# The service manager.


def test_what_a_service_manager_says(tmp_path: Path) -> None:
    told = doctor("node", *FEW, NOTIFY_SOCKET=f"{tmp_path}/none", WATCHDOG_USEC="1000")
    told.says("BAD", f"NOTIFY_SOCKET is {tmp_path}/none, which cannot be reached: No such file or directory")
    told.says("BAD", "the watchdog waits for 0.001 s", "WatchdogSec=30")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{tmp_path}/notify")
        told = doctor("node", *FEW, NOTIFY_SOCKET=f"{tmp_path}/notify", WATCHDOG_USEC="30000000")
    told.says("ok", f"the service manager listens at {tmp_path}/notify")
    told.says("ok", "the watchdog waits for 30 s")
    assert told.status == 0


# Who can reach it.


def listening(*words: str, before: Sequence[str] = ()) -> Told:
    """With addresses, and other flags."""
    flags = [word if word.startswith("-") else f"--web.listen-address={word}" for word in words]
    return doctor("node", *FEW, *flags, before=before)


def test_wide_open(host: Host) -> None:
    host.ip("link add eth7 type bridge", "address add 10.5.0.1/24 dev eth7", "link set eth7 up")
    told = listening(":9100", before=host.entering())
    told.says("BAD", "reached through EVERY interface, those to come as well: eth7 (10.5.0.1", "dev:eth7:9100")
    told.says("BAD", "nothing limits who may connect")
    listening(":9100", "--web.allow=0.0.0.0/0", before=host.entering()).says("BAD", "web.allow permits everybody")
    told = listening(":9100", "--web.allow=10.5.0.0/24", before=host.entering())
    told.says("note", "only 10.5.0.0/24 may connect")
    assert told.status == 0


def test_who_reaches_what(host: Host) -> None:
    inside = host.entering()
    host.ip("link add eth7 type bridge", "address add 10.5.0.1/24 dev eth7", "link set eth7 up")
    listening("127.0.0.1:9100", before=inside).says("ok", "reached from this machine alone, by all of its users")
    listening("dev:eth7:9100", before=inside).says("ok", "reached through eth7 alone, at 10.5.0.1")
    listening("10.5.0.1:9100", before=inside).says("ok", "reached at 10.5.0.1, which is eth7's")
    host.ip("link add lan0 type bridge", "address add 192.168.7.1/24 dev lan0", "link set lan0 up")
    told = listening("10.5.0.1:9100", before=inside)
    told.says("note", "not to eth7: neighbours reach it through lan0 as well", "dev:eth7:9100")
    listening("10.5.0.1:9100", "--web.allow=10.5.0.2", before=inside).says_nothing_of("neighbours")
    host.ip("link add wan0 type bridge", "address add 9.9.9.9/24 dev wan0", "link set wan0 up")
    listening("9.9.9.9:9100", before=inside).says("BAD", "the Internet may reach it")
    listening("dev:wan0:9100", before=inside).says("BAD", "the Internet may reach it")


def test_an_interface_or_an_address_that_is_missing(host: Host) -> None:
    told = listening("dev:wg0:9100", "10.77.0.1:9101", "[fe80::1%lo]:9102", before=host.entering())
    told.says("BAD", "there is no interface wg0, and nothing listens until it is there", "wg-quick up wg0")
    told.says("BAD", "10.77.0.1 is no address of this machine")
    told.says("BAD", "fe80::1 is no address of lo")


def test_a_port_that_is_taken(host: Host, tmp_path: Path) -> None:
    process = host.start("socat", "TCP-LISTEN:9100,bind=127.0.0.1,fork", "-", log=tmp_path / "log")
    host.run("sh", "-c", "until ss -Hltn sport = 9100 | grep -q .; do :; done")
    told = listening("127.0.0.1:9100", before=host.entering())
    told.says("BAD", f"port 9100 is taken by socat (pid {process.pid})")
    told = listening("127.0.0.1:9100", before=(*host.entering(), *AS_NOBODY))
    told.says("BAD", "port 9100 is taken by a program whose name /proc does not tell")


def test_a_port_that_motes_has(tmp_path: Path) -> None:
    with motesd(tmp_path) as program:
        told = listening(f"127.0.0.1:{program.port}")
        told.says("ok", f"port {program.port} is in use by motes: ")
        told = listening(f"127.0.0.1:{program.port}", before=AS_NOBODY)
        told.says("ok", f"port {program.port} is in use by motes")
    assert told.status == 0


def test_a_low_port() -> None:
    listening("127.0.0.1:79", before=AS_NOBODY).says("BAD", "may not listen on port 79", "CAP_NET_BIND_SERVICE")


def test_unix_sockets(readable: Path) -> None:
    path = readable / "sock"
    listening(f"unix:{path}").says("ok", "reached by its own user, and the group of the program (mode 0660)")
    listening(f"unix:{path}", "--web.socket-mode=0666").says("note", "every user and program of this machine")
    listening(f"unix:{readable}/none/sock").says("BAD", f"there is no {readable}/none", "RuntimeDirectory=")
    told = listening(f"unix:{path}", before=AS_NOBODY)
    told.says("BAD", f"may not write and enter {readable}", "RuntimeDirectory=")
    (readable / "free").mkdir(mode=0o777)
    (readable / "free").chmod(0o777)
    told = listening(f"unix:{readable}/free/sock", "--web.socket-group=daemon", before=AS_NOBODY)
    told.says("BAD", "may not give the socket to the group daemon", "usermod -a -G daemon")
    path.write_text("")
    listening(f"unix:{path}").says("BAD", f"{path} is there, and no socket")
    path.unlink()
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(path))
        theirs.listen()
        listening(f"unix:{path}").says("BAD", f"{path} is taken by ")
    listening(f"unix:{path}").says_nothing_of("is taken")


def test_an_exporter_that_listens_by_itself(tmp_path: Path, host: Host) -> None:
    text = '[node]\nlisten = [":9111"]\n"collector.disable-defaults" = true\n'
    told = doctor(configured(tmp_path, text), before=host.entering())
    told.says("BAD", ":9111 (node): reached through EVERY interface")
    told.says_nothing_of("9100")


def test_the_doctor_changes_nothing(tmp_path: Path) -> None:
    """Not even where it looks at each of them."""
    file = configured(
        tmp_path, f'[node]\n[web]\nlisten-address = ["unix:{tmp_path}/sock", "127.0.0.1:{free_port()}"]\n'
    )
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    doctor(file)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_help_is_for_all_commands() -> None:
    assert motes("doctor", "--help").stdout.startswith("usage: motes COMMAND")
    assert (ROOT / "shared/person/doctor.py").exists()
