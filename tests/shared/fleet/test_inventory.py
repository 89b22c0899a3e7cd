"""What is wrong with an inventory is told at once, a line each; keys are never repeated."""

import base64
import os
from pathlib import Path

import pytest
from motes.shared.config import Misconfigured
from motes.shared.fleet import inventory
from motes.shared.fleet.command import read

KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in range(4)]
MONITOR = f"""
[monitor]
addresses = ["10.77.0.1/24", "fd77:6d6f:7465::1/64"]
endpoint = "monitor.example.org:51820"
public-key = "{KEYS[0]}"
"""
ATTIC = f"""
[hosts.attic]
addresses = ["10.77.0.2", "fd77:6d6f:7465::2"]
public-key = "{KEYS[1]}"
"""
SSH = MONITOR + "ssh = 'monitor.example.org'\n"
SSH_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
TUNNELS = "".join([f"[hosts.{n}]\nroad = 'ssh-socks'\nport = 21001\ntunnel-key = '{SSH_KEY} {n}'\n" for n in "ab"])
# What is wrong, and what is said of it.
WRONG = [
    ("", "[monitor] is missing"),
    ("monitor = 1", "[monitor]: a table is wanted, and not a number"),
    (MONITOR + "[hots.attic]", "hots: there are [monitor] and [hosts.NAME] ([hosts]?)"),
    (MONITOR + "hosts = 3", "[monitor] hosts: no such key"),
    (MONITOR + "intervall = '1s'", "[monitor] intervall: no such key (interval?)"),
    (MONITOR + "interval = 'soon'", '[monitor] interval: "soon" is not a duration such as 10s, 500ms or 1h30m'),
    (MONITOR + "interval = 0", '[monitor] interval: "0" is no time at all; a duration such as 10s is wanted'),
    (
        MONITOR.replace("/24", ""),
        '[monitor] addresses: "10.77.0.1" wants its network\'s prefix length, as in 10.77.0.1/24',
    ),
    (MONITOR.replace("/24", "/33"), '[monitor] addresses: "10.77.0.1/33": "33" is no prefix length'),
    (MONITOR.replace("51820", "0"), '[monitor] endpoint: "monitor.example.org:0": 0 is no port from 1 to 65535'),
    (
        MONITOR.replace("monitor.ex", "-.ex"),
        '[monitor] endpoint: "-.example.org:51820": "-.example.org" is no name or address of a host',
    ),
    (
        MONITOR.replace("monitor.example.org", "fd00::1"),
        '[monitor] endpoint: "fd00::1:51820": an IPv6 address stands in brackets: [fd00::1]',
    ),
    (
        MONITOR.replace("monitor.example.org", "1.2.3"),
        '[monitor] endpoint: "1.2.3:51820": "1.2.3" is no address such as 10.77.0.2 or fd77:6d6f:7465::2',
    ),
    (
        MONITOR.replace("monitor.example.org", "x\\nPostUp = id"),
        '[monitor] endpoint: "x\nPostUp = id:51820": "x\nPostUp = id" is no name or address of a host',
    ),
    (MONITOR + ATTIC + "adresses = []", "[hosts.attic] adresses: no such key (addresses?)"),
    (MONITOR + ATTIC + "road = 'wirguard'", '[hosts.attic] road: "wirguard" is none of '),
    (
        MONITOR + ATTIC + "exporters = ['nod']",
        '[hosts.attic] exporters: "nod" is none of node, lywsd03mmc, card10-bme680, firefox-tabs (node?)',
    ),
    (MONITOR + ATTIC + "exporters = []", "[hosts.attic] exporters: name each exporter once, and one at least"),
    (MONITOR + ATTIC + "exporters = 'node'", '[hosts.attic] exporters: this is an array: write ["…", "…"]'),
    (
        MONITOR + ATTIC + "labels = { instance = 'x' }",
        "[hosts.attic] labels: the label instance is fleet's own: choose another name",
    ),
    (MONITOR + ATTIC + "labels = { a-b = 'x' }", '[hosts.attic] labels: "a-b" is no name of a label'),
    (MONITOR + ATTIC + "labels = { site = 1 }", "[hosts.attic] labels: site is a string in quotes"),
    (
        MONITOR + ATTIC + "[hosts.attic.lywsd03mmc]",
        '[hosts.attic] lywsd03mmc: this is not among its exporters: exporters = […, "lywsd03mmc"]',
    ),
    (
        MONITOR + ATTIC + "[hosts.attic.node]\nprocfs = '/proc'",
        "[hosts.attic.node] procfs: no such option (path.procfs?)",
    ),
    (
        MONITOR + ATTIC + '[hosts.attic.node]\n"collector.cpu" = 3',
        "[hosts.attic.node] collector.cpu: 3 is of the wrong type: true|false is wanted, true or false",
    ),
    (
        MONITOR + ATTIC + '[hosts.attic.node]\n"path.procfs" = 3',
        "[hosts.attic.node] path.procfs: 3 is of the wrong type: PATH is wanted, a string in quotes",
    ),
    (
        MONITOR + ATTIC + "[hosts.attic.node]\nlisten = [':9100']",
        "[hosts.attic.node] listen: this follows from the host's road: leave it out",
    ),
    (
        MONITOR + ATTIC + "[hosts.attic.web]\nallow = []",
        "[hosts.attic.web] allow: this follows from the host's road: leave it out",
    ),
    (
        MONITOR + ATTIC + "[hosts.attic.web]\nmax-request = 3",
        "[hosts.attic.web] max-request: no such option (max-requests?)",
    ),
    (MONITOR + ATTIC + "[hosts.Attic]\naddresses = ['10.77.0.3']", "[hosts.attic]: there is [hosts.Attic] already"),
    (MONITOR + "[hosts.monitor]", "[hosts.monitor]: this name is the monitor's: choose another one"),
    (MONITOR + "[hosts.'../x']", '[hosts."../x"]: a name has letters, digits and the signs - _ .'),
    (MONITOR + "[hosts.'']", '[hosts.""]: a name has letters, digits and the signs - _ .'),
    (MONITOR + "[hosts.'a;id']", '[hosts."a;id"]: a name has letters, digits and the signs - _ .'),
    (MONITOR + "[hosts.attic]", '[hosts.attic] addresses is missing: within the tunnel, as ["10.77.0.2"]'),
    (MONITOR + ATTIC + "node = 3", "[hosts.attic] node: a table is wanted, and not a number"),
    (MONITOR + ATTIC + "web = []", "[hosts.attic] web: a table is wanted, and not an array"),
    (MONITOR + "[hosts]\nattic = 3", "[hosts.attic]: a table is wanted, and not a number"),
    (
        MONITOR + ATTIC.replace("0.2", "1.2"),
        "[hosts.attic] addresses: 10.77.1.2 is not in 10.77.0.0/24 or fd77:6d6f:7465::/64, the monitor's",
    ),
    (
        MONITOR + ATTIC.replace("0.2", "0.255"),
        "[hosts.attic] addresses: 10.77.0.255 is no host's: it stands for the network 10.77.0.0/24 as a whole",
    ),
    (MONITOR + ATTIC.replace("0.2", "0.1"), "[hosts.attic] addresses: 10.77.0.1 is monitor's already"),
    (
        MONITOR + ATTIC.replace("::2", "::%eth0"),
        '[hosts.attic] addresses: "fd77:6d6f:7465::%eth0" is no address such as fd77:6d6f:7465::2',
    ),
    (
        MONITOR + ATTIC + ATTIC.replace("attic", "cellar").replace(KEYS[1], KEYS[2]),
        "[hosts.cellar] addresses: 10.77.0.2 is hosts.attic's already",
    ),
    (
        MONITOR + ATTIC + ATTIC.replace("attic", "cellar").replace("::2", "::3").replace(".2", ".3"),
        "[hosts.cellar] public-key: this is hosts.attic's already; each host makes its own",
    ),
    (
        MONITOR + ATTIC.replace(KEYS[1], KEYS[0]),
        "[hosts.attic] public-key: this is monitor's already; each host makes its own",
    ),
    (MONITOR.replace("endpoint", "#") + ATTIC, "[monitor] endpoint is missing: where attic reaches it"),
    (MONITOR.replace("addresses", "#") + ATTIC, "[monitor] addresses is missing: within the tunnel"),
    (MONITOR + "[hosts.a]\nroad = 'ssh-socks'\nport = 21001", "[monitor] ssh is missing: where hosts reach its sshd"),
    (SSH + "[hosts.a]\nroad = 'ssh-fixed'", "[hosts.a] port is missing: a port of the monitor's own"),
    (SSH + "[hosts.a]\nport = 22", "[hosts.a] port: 22 is no port from 1024 to 32767"),
    (SSH + "[hosts.a]\nport = 66000", "[hosts.a] port: 66000 is no port from 1 to 65535"),
    (SSH + "[hosts.a]\nport = '21001'", "[hosts.a] port: a whole number is wanted, and not a string"),
    (SSH + TUNNELS, "[hosts.b] port: 21001 is hosts.a's already"),
    (SSH + TUNNELS, "[hosts.b] tunnel-key: this is hosts.a's already; each host makes its own"),
    (SSH + "[hosts.a]\ntunnel-key = 'ssh-dss AAAA'", "[hosts.a] tunnel-key: this is no public key of SSH, in one line"),
    (
        SSH + "[hosts.a]\ntunnel-key = 'ssh-rsa AAAAC3NzaC1lZDI1NTE5'",
        "[hosts.a] tunnel-key: this is no public key of SSH",
    ),
    (MONITOR + "[hosts.a]\nroad = 'nginx'", "[monitor] outside is missing: the addresses from which it asks"),
    (MONITOR + "[hosts.a]\nroad = 'nginx'", "[hosts.a] endpoint is missing: where the monitor reaches it"),
    (
        MONITOR + "[hosts.a]\ncertificate = 'x'",
        "[hosts.a] certificate: this is no certificate, which begins with the line",
    ),
    (MONITOR + "[hosts.a]\npassword-hash = 'x'", "[hosts.a] password-hash: this is no hash of a password"),
    (MONITOR + "[hosts.a]\npassword-hash = '$6$a$b;'", "[hosts.a] password-hash: this is no hash of a password"),
    (MONITOR + "[hosts.a]\nroad = 'vmagent'", "[monitor] push is missing: where hosts push to"),
]


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "fleet.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        read(file)
    assert all(problem.startswith(f"{file}: ") for problem in refused.value.problems)
    return [problem.removeprefix(f"{file}: ") for problem in refused.value.problems]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _, said in WRONG])
def test_wrong(tmp_path: Path, text: str, said: str) -> None:
    assert [problem for problem in problems(tmp_path, text) if problem.startswith(said)]


def test_all_at_once(tmp_path: Path) -> None:
    text = MONITOR.replace("51820", "x") + ATTIC + "roads = 1\nexporters = ['nod']\n[hosts.b]\nroad = 3\n"
    assert len(problems(tmp_path, text)) >= 5


@pytest.mark.parametrize("key", ["private-key", "private_key", "PrivateKey", "privatekey"])
@pytest.mark.parametrize("table", [MONITOR, MONITOR + ATTIC])
def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path, table: str, key: str) -> None:
    (said,) = problems(tmp_path, f'{table}{key} = "{KEYS[3]}"')
    assert f"{key}: a private key never leaves its host; delete it here" in said
    assert KEYS[3] not in said


@pytest.mark.parametrize(
    "key", ["", "AAAA", "A" * 44, KEYS[3][:-1], KEYS[3] + "\\n", KEYS[3] + KEYS[2], KEYS[3][:42] + "B="]
)
def test_what_is_no_key_is_not_repeated(tmp_path: Path, key: str) -> None:
    (said,) = problems(tmp_path, MONITOR + ATTIC.replace(KEYS[1], key))
    assert said == "[hosts.attic] public-key: this is no key, which has 44 characters, as `wg pubkey` prints it"


def test_a_secret_of_an_exporter_is_refused_and_not_repeated(tmp_path: Path) -> None:
    table = 'exporters = ["lywsd03mmc"]\n[hosts.attic.lywsd03mmc.key]\n"A4:C1:38:00:00:01" = "0123456789abcdef"'
    (said,) = problems(tmp_path, MONITOR + ATTIC + table)
    assert said == "[hosts.attic.lywsd03mmc] key: a secret stays on its host: in a file there, for --ble.key-file"


def test_what_only_the_host_has_is_not_looked_for_here(tmp_path: Path) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(
        MONITOR + ATTIC + 'exporters = ["node", "lywsd03mmc"]\n[hosts.attic.web]\nsocket-group = "no-such-group"\n'
        '[hosts.attic.node]\n"path.procfs" = "/no/such/folder"\n[hosts.attic.lywsd03mmc]\nkey-file = "/no/such/file"\n'
    )
    (host,) = read(file).hosts
    assert host.tables["lywsd03mmc"]["key-file"] == "/no/such/file"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"[", "not TOML"),
        (b"\n\xff", "not UTF-8, as TOML is: line 2"),
        (b"a=" + b"[" * 9999, "not TOML"),
    ],
    ids=["absent", "no TOML", "no UTF-8", "deep"],
)
def test_what_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "fleet.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=said):
        read(file)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fleet.toml")
    with pytest.raises(Misconfigured, match=r"fleet\.toml is not a file"):
        read(tmp_path / "fleet.toml")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"[monitor]\n")
    os.close(writer)
    monkeypatch.setattr(inventory, "STDIN", Path(f"/dev/fd/{reader}"))
    assert inventory.load(inventory.STDIN) == {"monitor": {}}
    os.close(reader)
