"""The page for people in a real Chromium: on a desk and on a telephone, by day and by night, and when things break."""

import time
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path

import pytest

from tests.e2e.test_program import MOTESD, SOURCE, config
from tests.support import house
from tests.support.browser import Browser
from tests.support.namespaces import until
from tests.support.program import ROOT, Program, free_port

DESK, TELEPHONE = (1200, 800), (360, 640)
LOOKS = [(*size, scheme) for size in (DESK, TELEPHONE) for scheme in ("light", "dark")]
LONG = "x" * 900
HOSTILE = "</style></p><script>document.title='taken'</script><img src=x onerror=document.title='taken'>\x1b\u202e\"'&"
# Colours of every text with those of what is behind it, each as red, green, blue and opacity.
COLOURS = """
const parts = colour => colour.match(/[\\d.]+/g).map(Number)
const found = []
for (const element of document.body.querySelectorAll("*")) {
    if (![...element.childNodes].some(node => node.nodeType == 3 && node.data.trim())) continue
    let behind = element
    while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement
    const ground = parts(getComputedStyle(behind || document.body).backgroundColor)
    found.push([parts(getComputedStyle(element).color), ground, element.innerText])
}
return found
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "house.json"


@pytest.fixture
def motesd(tmp_path: Path, file: Path) -> Iterator[Program]:
    house.install(tmp_path)
    house.furnish(file, [reading("attic", "21.5 °C"), reading("cellar", "11.0 °C")])
    port = free_port()
    command = (*MOTESD, f"--config.file={config(tmp_path, port, '[node]' + chr(10) + house.TABLE.format(file))}")
    paths = f"{SOURCE}:{ROOT}:{tmp_path}"
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=paths) as program:
        program.get("/metrics")
        yield program


def reading(name: str, temperature: str, **more: object) -> dict[str, object]:
    return {"name": name, "readings": [["temperature", temperature]], "seen": time.time() - 5, **more}


def broken(name: str, problem: str, advice: str) -> dict[str, object]:
    return {"name": name, "readings": [], "seen": 0.0, "problem": problem, "advice": advice}


def overflow(browser: Browser) -> int:
    """How many pixels are beyond the edge."""
    wide: int = browser.run("return document.scrollingElement.scrollWidth - innerWidth")
    return wide


def luminance(colour: list[float]) -> float:
    """Relative, as WCAG 2 defines it."""
    linear = [each / 255 / 12.92 if each <= 10 else ((each / 255 + 0.055) / 1.055) ** 2.4 for each in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: list[float], ground: list[float], _: str = "") -> float:
    darker, lighter = sorted((luminance(text), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", LOOKS)
def test_can_be_read(browser: Browser, motesd: Program, file: Path, look: tuple[int, int, str]) -> None:
    house.furnish(file, [reading("attic", "21.5 °C"), broken("cellar", "not heard", "change its battery")], "it burns")
    motesd.get("/metrics")
    browser.look(*look)
    browser.open(motesd.url)
    assert browser.complaints() == []
    assert overflow(browser) <= 0
    colours = browser.run(COLOURS)
    assert len(colours) > 100
    assert min(starmap(contrast, colours)) >= 4.5
    (ground,) = {tuple(ground) for _, ground, text in colours if text.startswith("motesd")}
    assert (luminance(list(ground)) > 0.5) == (look[2] == "light")


@pytest.mark.parametrize("size", [DESK, TELEPHONE])
def test_what_is_wrong_is_seen_at_once(browser: Browser, motesd: Program, file: Path, size: tuple[int, int]) -> None:
    browser.look(*size, "light")
    browser.open(motesd.url)
    assert "All is well" in browser.text()
    assert "all is well" in browser.run("return document.title")
    house.furnish(file, [reading("attic", "21.5 °C"), broken("cellar", "not heard", "change its battery")], "it burns")
    motesd.get("/metrics")
    browser.open(motesd.url)
    assert browser.run("return document.title") == "motesd: 2 things are wrong"
    seen = " ".join(browser.run("return document.querySelector('.sum').innerText").split())
    assert seen.startswith("2 things are wrong house failed just now ValueError: it burns house cellar not heard")
    assert browser.run("return document.querySelector('.sum').getBoundingClientRect().bottom") < size[1]
    assert browser.run("return document.querySelector('.s li').innerText").startswith("cellar")
    assert browser.run("return getComputedStyle(document.querySelector('.s li b')).color") == "rgb(179, 33, 26)"


@pytest.mark.parametrize("size", [DESK, TELEPHONE])
def test_whatever_it_tells_of(browser: Browser, motesd: Program, file: Path, size: tuple[int, int]) -> None:
    many = [reading(f"room {number}", "20.0 °C") for number in range(1000)]
    odd = [broken(text, text, text) | {"readings": [[text, text]]} for text in (LONG, HOSTILE)]
    house.furnish(file, [*odd, *many], LONG + HOSTILE)
    motesd.get("/metrics")
    browser.look(*size, "light")
    browser.open(motesd.url)
    assert browser.complaints() == []
    assert overflow(browser) <= 0
    assert browser.run("return document.title") == "motesd: 3 things are wrong"
    assert browser.run("return document.querySelectorAll('.s li').length") == 1002
    assert HOSTILE.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd") in browser.text()


def test_asks_for_itself_again_without_a_flicker(browser: Browser, motesd: Program, file: Path) -> None:
    browser.look(*TELEPHONE, "light")
    browser.open(motesd.url)
    browser.run("window.scrollTo(0, 300)")
    house.furnish(file, [broken("cellar", "flooded", "bring a bucket")])
    browser.film()
    until(lambda: browser.filmed() and "flooded" in browser.text(), "another page")
    before = len(browser.filmed())
    # What is read stays where it is, also when there is more above it.
    assert browser.run("return scrollY") >= 300
    browser.run("document.body.style.outline = '1px solid'")
    until(lambda: len(browser.filmed()) > before, "a picture of that")
    # A blank one, packed, is next to nothing.
    assert min(map(len, browser.filmed())) > 20_000
    assert browser.complaints() == []


def test_links_lead_somewhere(browser: Browser, motesd: Program) -> None:
    browser.look(*DESK, "light")
    browser.open(motesd.url)
    links: list[str] = browser.run("return [...document.links].map(link => link.href)")
    names = ["metrics", "status.json", "-/healthy", "-/ready", "metrics/house", "metrics/node"]
    assert links == [f"{motesd.url}/{name}" for name in names]
    for link in links:
        browser.open(link)
        assert len(browser.text()) > 10
    # They have no icon, which it misses.
    browser.complaints()
