"""Somebody who has never seen motes types what the README says, from its top to its end, on a Debian that is new."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import checkout, fresh, openrc, readme
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.program import ROOT
from tests.support.readme import Block

CLONE = "/root/motes"
# For machines that do not boot systemd. What is Alpine's there is what its packages are built with, for all tests.
OPENRC = "Under OpenRC, on Debian and on Alpine"
# It is what runs this.
TESTS = "tests/run\n"
COMMANDS = ("systemctl ", "rc-service ", "ln ")
SERVED = re.compile(r" url=(http://\S+)")
# A person has logged in, who types y where apt asks.
SESSION = f"""
export XDG_RUNTIME_DIR=/run/user/0 PIP_NO_INDEX=1 PIP_FIND_LINKS=file://{fresh.WHEELS}
cd {CLONE}
PATH=$PWD/.venv/bin:$PATH
"""
GARDEN = """
[web]
listen-address = ["127.0.0.1:9109"]
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    checkout.unpack(str(folder))
    return folder


@pytest.fixture(scope="module")
def debian(clone: Path) -> Iterator[Machine]:
    with Machine(fresh.base(), clone) as machine:
        machine.run("cp", "-a", "/given", CLONE)
        # Only in a container something is in the place of the kernel's log, which is not to be hidden once more.
        machine.run("umount", "/proc/kmsg")
        machine.run("loginctl", "enable-linger", "root")
        yield machine


def types(machine: Machine, text: str) -> str:
    return machine.run("bash", "-euc", f"{SESSION}\nyes | {{\n{text}\n}}")


def serves(machine: Machine, text: str, log: Path) -> None:
    """Type what does not come to an end, look at what it says, and end it."""
    process = machine.start("bash", "-euc", f"{SESSION}\necho $$ >/run/typed\nexec {text}", log=log)

    def told() -> str:
        assert process.poll() is None, log.read_text()
        found = SERVED.search(log.read_text())
        return found[1] if found else ""

    until(told, f"{text} says where it serves", log.read_text, within=300)
    assert "node_load1 " in machine.get(f"{told()}metrics"), log.read_text()
    machine.run("sh", "-c", "kill $(cat /run/typed)")
    process.wait(30)


def commands(heading: str) -> list[str]:
    """What stands in a table, to be typed for something that one may want."""
    found = [command for row in readme.rows(heading) for command in readme.code(row[-1])]
    return [command for command in found if command.startswith(COMMANDS) and " edit " not in command]


def forever(block: Block) -> bool:
    """Whether it serves until it is ended."""
    return block.text.startswith(("packaging/start", "motes-node --path"))


def test_every_command_works_in_its_order(debian: Machine, tmp_path: Path) -> None:
    # What a container is given, and what machines with runit and nitro have.
    debian.run("mkdir", "-p", "/host", "/etc/sv", "/etc/nitro")
    debian.run("ln", "-s", "/proc", "/sys", "/host")
    debian.run("ln", "-s", "/", "/host/root")
    for number, block in enumerate(readme.blocks("sh")):
        if forever(block):
            serves(debian, block.text, tmp_path / f"log{number}")
        elif block.heading != OPENRC and block.text != TESTS:
            types(debian, block.text)
    types(debian, "systemctl is-active motes-node")


def test_every_configuration_is_right(debian: Machine) -> None:
    """What stands there in TOML is taken by what it is for."""
    debian.write("/etc/motes/thermometers.keys", "A4C138000001 00112233445566778899aabbccddeeff\n")
    for block in readme.blocks("toml"):
        debian.write("/root/file.toml", block.text)
        if block.heading == "A fleet from one file":
            types(debian, "motes fleet /root/file.toml /root/out")
        elif block.heading != "Writing an exporter":
            types(debian, "motesd --config.check --config.file=/root/file.toml")


def test_every_service_comes_up(debian: Machine) -> None:
    debian.run("rm", "-f", "/etc/default/motes-node")
    types(debian, "systemctl restart motes-node")
    until(lambda: "node_load1 " in debian.get("http://127.0.0.1:9100/metrics"), "the page of motes-node")
    types(debian, "apt install ./build/packages/*.deb")
    debian.write("/etc/motes/garden.toml", GARDEN)
    for command in commands("Under systemd"):
        types(debian, "systemctl disable --quiet --now motes-node.socket motes-node motesd; systemctl start motes-node")
        types(debian, command)
        *_, unit = command.split()
        user = ["--user"] if "--user" in command else []
        types(debian, " ".join(["systemctl", *user, "is-active", unit]))


def test_the_tests_are_run_by_what_the_readme_says() -> None:
    assert Block("Two commands", "sh", TESTS) in readme.blocks("sh")
    assert f"/../{TESTS.strip()}" in (ROOT / ".ci/run").read_text()


@pytest.fixture
def under_openrc(packages: Path) -> Iterator[openrc.Machine]:
    with openrc.Machine(openrc.base(), packages) as machine:
        machine.run("sh", "-c", "dpkg --install /given/motes-core_*.deb /given/motes-node_*.deb /given/motesd_*.deb")
        yield machine


def test_every_service_comes_up_under_openrc(under_openrc: openrc.Machine) -> None:
    under_openrc.write("/etc/motes/garden.toml", GARDEN)
    blocks = [block.text for block in readme.blocks("sh") if block.heading == OPENRC and "apk" not in block.text]
    for command in blocks + commands(OPENRC):
        under_openrc.run("sh", "-euc", command)
    assert under_openrc.status("motesd") == "started"
