"""The packages on a bare Debian: in the README's words from there to what Prometheus has, each alone, and upgraded."""

import json
import re
from pathlib import Path

import pytest

from tests.support import debian
from tests.support.debian import PACKAGES, Root
from tests.support.namespaces import until
from tests.support.program import ROOT, Program

MODULES = "/usr/lib/python3/dist-packages/motes"
FOLDER = "build/packages"
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all")
# What a program would say of a library that is missing.
MISSING = re.compile("no_(bleak|cryptography|pyserial|lz4)")

# In which packages these are.
BRINGS = {"debhelper-compat": "debhelper", "dh-sequence-python3": "dh-python", "python3": "dh-python"}


@pytest.fixture
def at_home(root: Root, packages: Path) -> Root:
    """A root with the packages where the README has them, below the home of who is asked nothing."""
    root.put(debian.packages(packages), f"/root/{FOLDER}")
    root.shell("echo 'APT::Get::Assume-Yes \"true\";' >/etc/apt/apt.conf.d/yes")
    return root


def readmes(beginning: str) -> str:
    """The lines to be typed that begin like this, and what follows them."""
    told = (ROOT / "README.md").read_text().partition("\n## Packages\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", told, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(beginning)]
    return str(block)


def service(root: Root, name: str) -> list[str]:
    """What its service runs, as it comes."""
    words = root.shell(f"sed -n s/^ExecStart=//p /lib/systemd/system/{name}.service").split()
    return [word for word in words if not word.startswith("$")]


def installed(root: Root, *names: str) -> None:
    root.shell(f"cd; apt install {' '.join([f'./{FOLDER}/{name}_*.deb' for name in names])}")


def test_from_a_bare_debian_to_what_prometheus_has(at_home: Root, tmp_path: Path) -> None:
    at_home.shell(f"cd; {readmes('apt install ./')}")
    at_home.shell("apt install --no-install-recommends prometheus")
    at_home.shell(
        "sed -i -E 's/(scrape_(interval|timeout)): .*/\\1: 1s/' /etc/prometheus/prometheus.yml; mkdir /run/data"
    )
    command = [*AS_NOBODY, *service(at_home, "motes-node")]
    theirs = ("prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/run/data")
    with (
        Program(command, 9100, tmp_path / "motes", ready="/-/ready", machine=at_home) as motes,
        Program(theirs, 9090, tmp_path / "prometheus", ready="/-/ready", machine=at_home) as prometheus,
    ):
        query = "/api/v1/query?query=node_uname_info"

        def answer() -> list[dict[str, dict[str, str]]]:
            found: list[dict[str, dict[str, str]]] = json.loads(prometheus.get(query))["data"]["result"]
            return found

        until(answer, "what motes-node serves", motes.log)
        assert [one["metric"]["job"] for one in answer()] == ["node"]
        assert "\nnode_load1 " in motes.get("/metrics")


def test_each_alone(at_home: Root) -> None:
    """With what its own package depends on, each program runs, and lacks nothing."""
    for name in PACKAGES[1:]:
        installed(at_home, "motes-core", name)
        page = at_home.shell(f"{name} --once --log.level=error || [ $? = 1 ]")
        assert "\nmotes_build_info{" in page, page
        assert MISSING.search(page) is None
        at_home.shell(f"apt purge {name}")
    told = at_home.shell(
        "apt purge motes-core; find / -xdev -name '*motes*' ! -path '/root/*'; getent passwd _motes || echo gone"
    )
    assert told.splitlines()[-1] == "gone"
    assert not re.search("^/.*motes", told, re.MULTILINE)


def test_a_newer_version_takes_the_place_of_the_older(at_home: Root, older_packages: Path) -> None:
    at_home.put(debian.packages(older_packages), "/root/older")
    at_home.shell("cd; apt install ./older/*.deb; echo '# mine' >>/etc/motes/motes.toml")
    assert "gone.py" in at_home.shell(f"find {MODULES}")
    at_home.shell(f"cd; apt install -o Dpkg::Options::=--force-confold ./{FOLDER}/*.deb")
    assert "gone" not in at_home.shell(f"find {MODULES}")
    assert at_home.shell("tail -n 1 /etc/motes/motes.toml") == "# mine\n"
    for program in ("motes", "motesd", "motes-node"):
        assert "0.1.0" in at_home.shell(f"{program} --version")
    # Else each start would compile them, for services may not write there.
    modules = at_home.shell(f"find {MODULES} -name '*.py' -printf '%f\\n'").split()
    compiled = at_home.shell(f"find {MODULES} -name '*.pyc' -printf '%f\\n'").split()
    assert sorted(compiled) == sorted(module.replace(".py", ".cpython-311.pyc") for module in modules)


def test_motesd_says_which_package_is_missing_and_has_a_good_configuration(at_home: Root) -> None:
    installed(at_home, "motes-core", "motesd")
    advice = "the package motes-node is not installed"
    assert advice in at_home.shell("motesd --config.check 2>&1 || [ $? = 2 ]")
    assert advice in at_home.shell("motesd --once 2>&1 || [ $? = 1 ]")
    assert advice in " ".join(at_home.shell("motes doctor || [ $? = 1 ]").split())
    assert "\n#[lywsd03mmc]\n" in at_home.shell("motesd --config.example")
    installed(at_home, "motes-node")
    # It serves this machine alone, as does the one that has all options.
    for file in ("/etc/motes/motes.toml", "/usr/share/doc/motesd/examples/motes.toml"):
        told = at_home.shell(f"motesd --config.check --config.file={file}")
        assert told == "motesd: all is well: 127.0.0.1:9100 serves node\n"


def test_the_readme_names_what_building_needs() -> None:
    control = (ROOT / "packaging/debian/control").read_text()
    needs = re.search(r"^Build-Depends:\n((?: .*\n)+)", control, re.MULTILINE)
    assert needs
    wanted = {BRINGS.get(need, need) for need in re.findall(r"^ ([a-z0-9-]+)", needs[1], re.MULTILINE)}
    named = readmes("apt install build-essential").splitlines()[0].split()[2:]
    assert set(named) == wanted | {"build-essential", "git"}
