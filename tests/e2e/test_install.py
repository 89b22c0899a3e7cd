"""The checkout, installed by pip into a virtual environment of its own."""

import json
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tests.support import checkout
from tests.support.namespaces import until
from tests.support.page import Page
from tests.support.program import ROOT, Program, free_port
from tests.support.sessions import Place, tabs

_LEFT_BEHIND = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "tests")
QUIET = ("--quiet", "--disable-pip-version-check", "--root-user-action=ignore")
# Each costs half a megabyte or more; see the README on what the core may import.
HEAVY = {
    *("argparse", "asyncio", "dataclasses", "email", "http.server", "importlib.metadata", "inspect", "json", "logging"),
    *("pathlib", "ssl", "tomllib", "typing", "urllib.request"),
}


class Environment:
    """A virtual environment with motes in it, and what pip put there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        # Building leaves traces, which the checkout is not the place for.
        copy = folder / "checkout"
        shutil.copytree(ROOT, copy, ignore=_LEFT_BEHIND)
        venv.create(folder / "venv", with_pip=True)
        self.run("pip", "install", *QUIET, str(copy))

    def run(self, program: str, *words: str) -> str:
        command = [str(self.bin / program), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        return self.run("python", "-I", "-c", code).strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("installed"))


@pytest.mark.parametrize("name", ["motes-node", "motesd"])
def test_answers_where_its_log_says(installed: Environment, tmp_path: Path, name: str) -> None:
    port = free_port()
    command = (str(installed.bin / name), f"--web.listen-address=127.0.0.1:{port}")
    with Program(command, port, tmp_path / "log", ready="/-/ready") as program:
        found = re.search(r"url=(\S+)", program.log())
        assert found, program.log()
        assert found[1] == program.url + "/"
        assert "\nnode_load1 " in program.get("/metrics")


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("motes-card10-bme680", 'card10_problem_info{device="",problem="no_pyserial",advice="install pyserial: pip'),
        ("motes-firefox-tabs", 'problem="no_lz4",advice="install lz4: pip install'),
        ("motes-lywsd03mmc", 'thermometer_problem_info{problem="no_bleak",advice="install bleak: pip install'),
    ],
)
def test_runs_without_the_extra_and_says_what_to_install(
    installed: Environment, tmp_path: Path, name: str, missing: str
) -> None:
    port = free_port()
    command = (str(installed.bin / name), f"--web.listen-address=127.0.0.1:{port}")
    Place(tmp_path / ".mozilla/firefox").profile("a.default").write(tabs(1))
    with Program(command, port, tmp_path / "log", ready="/-/ready", HOME=str(tmp_path)) as program:
        until(lambda: missing in program.get("/metrics"), "the problem", program.log)


@pytest.mark.parametrize(
    "name", ["motes", "motes-card10-bme680", "motes-firefox-tabs", "motes-lywsd03mmc", "motes-node", "motesd"]
)
def test_version(installed: Environment, name: str) -> None:
    version = installed.python("from motes.shared.version import VERSION; print(VERSION)")
    assert installed.run(name, "--version") == f"{name}, version {version}\n"
    assert installed.python("from importlib.metadata import version; print(version('motes'))") == version


def test_the_doctor_says_which_extras_are_missing(installed: Environment) -> None:
    told = installed.run("motes", "doctor", "--config.file=")
    for library in ("bleak", "cryptography", "lz4", "pyserial"):
        assert f" {library} is not installed" in told


def test_no_dependency_comes_with_it(installed: Environment) -> None:
    listed = json.loads(installed.run("pip", "list", "--format=json", "--disable-pip-version-check"))
    assert {package["name"] for package in listed} - {"pip", "setuptools"} == {"motes"}


def test_nothing_but_motes_at_top_level(installed: Environment) -> None:
    modules = {file.split("/")[0] for file in files(installed) if not file.startswith(("..", "motes-"))}
    assert modules == {"motes"}


def test_the_readmes_exporter(installed: Environment, tmp_path: Path) -> None:
    """As it is told there: two files in a folder, pip, and a table."""
    told = (ROOT / "README.md").read_text().partition("\n## Writing an exporter\n")[2].partition("\n## ")[0]
    project, module, table = re.findall(r"^```(?:toml|python)\n(.*?)^```$", told, re.MULTILINE | re.DOTALL)
    folder = tmp_path / "motes-folders"
    for name in ("inbox", "outbox", folder.name):
        (tmp_path / name).mkdir()
    (folder / "pyproject.toml").write_text(project)
    (folder / "folders.py").write_text(module)
    (tmp_path / "inbox" / "letter").write_text("Dear")
    site = tmp_path / "site"
    # Apart, for it is not to be there for the other tests.
    installed.run("pip", "install", *QUIET, "--no-deps", f"--target={site}", str(folder))
    port = free_port()
    file = tmp_path / "motes.toml"
    file.write_text(f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n' + table.replace("/srv", str(tmp_path)))
    command = (str(installed.bin / "motesd"), f"--config.file={file}")
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=str(site)) as program:
        values = Page(program.get("/metrics")).values
    inbox, outbox = ((("folder", str(tmp_path / name)),) for name in ("inbox", "outbox"))
    assert {series: value for series, value in values.items() if series[0].startswith("folders_")} == {
        ("folders_files", inbox): 1,
        ("folders_files", outbox): 0,
        ("folders_bytes", inbox): 4,
        ("folders_bytes", outbox): 0,
    }
    assert values["motes_exporter_success", (("exporter", "folders"),)] == 1


def test_every_module_is_installed(installed: Environment) -> None:
    found = {file for file in files(installed) if file.startswith("motes/") and "__pycache__" not in file}
    assert found == {f"motes/{path}" for path in checkout.modules()}


def files(installed: Environment) -> list[str]:
    """What pip installed, below the folder of the site's packages."""
    return installed.python("from importlib.metadata import files; print(*files('motes'), sep='\\n')").splitlines()


def test_light_imports(installed: Environment) -> None:
    """Prints what the imports of the core and of all the collectors weigh on this Python."""
    told = installed.python(
        "import sys, resource\n"
        "def weight(): return int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize() / 2**20\n"
        "bare = weight()\n"
        "import motes.shared.motesd\n"
        "core = weight()\n"
        "from motes.exporters import node\n"
        "modules = [node.module(name) for name in node.COLLECTORS]\n"
        "print(f'Python {bare:.1f} MiB, with the core {core:.1f} MiB, with all collectors {weight():.1f} MiB')\n"
        "print(*sys.modules)"
    )
    weights, modules = told.splitlines()
    print(weights)
    assert HEAVY.intersection(modules.split()) == set(), weights
