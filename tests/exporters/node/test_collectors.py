"""Each collector against its fixture folder: a small file tree beside the exposition text it must give.

tests/exporters/node/COLLECTOR/CASE/ holds proc/, sys/, root/ and udev/ (those that the case needs), `expected.prom`,
`flags` (one a line, where the case needs any; {case} is its folder), and `error` (a part of the message) where the
collector must fail with more than NoData. A path on the page is shown as if the case were the root.
"""

from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import NoData

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/expected.prom"))
FAMILIES = {
    line.split("\t")[2]: line.split("\t")[3]
    for line in (HERE / "families.tsv").read_text().splitlines()
    if line and not line.startswith("#")
}


def flags_for(name: str, case: Path) -> dict[str, object]:
    options = {option.name: option for option in [*node.ROOTS, *node.options(name)]}
    flags = {option.name: option.default for option in options.values()}
    flags |= {
        "path.procfs": str(case / "proc"),
        "path.sysfs": str(case / "sys"),
        "path.rootfs": str(case / "root"),
        "path.udev.data": str(case / "udev"),
    }
    given = case / "flags"
    for line in given.read_text().splitlines() if given.exists() else ():
        key, _, word = line.removeprefix("--").partition("=")
        value = options[key].kind.parse(word.replace("{case}", str(case)) or "true")
        flags[key] = [*flags[key], value] if options[key].repeatable else value  # type: ignore[misc]
    return flags


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_page(case: Path) -> None:
    name = case.parent.name
    flags = flags_for(name, case) | {"collector.disable-defaults": True, f"collector.{name}": True}
    (collector,) = node.create(flags).collectors
    error = case / "error"
    page, success = "", 1
    try:
        page = exposition.text(collector.collect(float("inf"))).decode().replace(f"{case}/", "/")
    except NoData:
        assert not error.exists()
        success = 0
    except Exception as failure:
        assert error.exists(), f"{failure!r} for a case without an error file"
        assert error.read_text().strip() in f"{type(failure).__name__}: {failure}"
        success = 0
    page += f'node_scrape_collector_success{{collector="{name}"}} {success}\n'
    assert page == (case / "expected.prom").read_text()


@pytest.mark.parametrize("name", node.COLLECTORS)
def test_has_a_good_day_and_a_bad_one(name: str) -> None:
    cases = [case for case in CASES if case.parent.name == name]
    assert len(cases) >= 2
    assert any(f'collector="{name}"}} 1' in (case / "expected.prom").read_text() for case in cases)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_families_are_those_of_node_exporter(case: Path) -> None:
    for line in (case / "expected.prom").read_text().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert FAMILIES.get(name, kind) == kind
