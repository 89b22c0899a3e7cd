"""The file of --config.example: every option is in it, it is good as it is, and with all that stands behind `#`."""

import re
import tomllib
from pathlib import Path
from typing import Any

from motes.shared import check, motesd
from motes.shared.common import COMMON, WEB
from motes.shared.example import example
from motes.shared.options import BOOLEAN, DURATION, INTEGER, TEXT, Catalogue, Kind, Option, choice
from motes.shared.pairs import Pairs
from motes.shared.plugin import Exporter, Plugin
from motes.shared.re2 import REGEX, compile_re2
from motes.shared.settings import Settings, Sources

OPTIONS = [
    Option("x.a", TEXT, 'ä"\\', "Says something."),
    Option("x.b.c", INTEGER, 0, "A number."),
    Option("x.d", BOOLEAN, True, "On."),
    Option("x.e", REGEX, compile_re2(r"^\d+\.'$"), "An expression" + " word" * 30),
    Option("x.f", REGEX, None, "Another."),
    Option("x.g", DURATION, 90.0, "For so long."),
    Option("x.h", choice("one", "two"), "two", "One of two."),
    Option("x.i", Kind("A", str), ["b\n", "c"], "Many.", repeatable=True),
    Option("x.j", Pairs(TEXT, INTEGER), [], "Pairs.", repeatable=True),
    Option("x.k", INTEGER, None, "Without a default.", example=7),
    Option("x.l", TEXT, "", "Not told of.", hidden=True),
]
SHOWN = r"""
[x]

# Says something. (TEXT)
#a = 'ä"\'

# A number. (N)
#"b.c" = 0

# On.
#d = true

# An expression word word word word word word word word word word word word word word word word word
# word word word word word word word word word word word word word (REGEX)
#e = "^\\d+\\.'$"

# Another. (REGEX)
#f = ""

# For so long. (DURATION)
#g = "90s"

# One of two. (one | two)
#h = "two"

# Many. An array: ["A", …].
#i = ["b\U0000000a", "c"]

# Pairs. A table: { "TEXT" = "N", … }.
#j = {}

# Without a default. (N)
#k = 7

# As many as you like.
#     NAME = false
"""


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[^ \n])", "", text, flags=re.MULTILINE)


def ours() -> str:
    return example("motesd", motesd.Plugins(), ["node"], {"web.listen-address": ["127.0.0.1:9100"]})


def told(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "motes.toml"
    file.write_text(text)
    return Sources({"config.file": str(file)}, {}, motesd.Plugins(), default=["node"]).read()


def test_an_exporters_options() -> None:
    more = Option("x.NAME", BOOLEAN, False, "As many as you like.")
    catalogue = Catalogue(OPTIONS, lambda _: (), lambda: [more])
    plugin = Plugin("x", catalogue, lambda _: Exporter([]), prefix="x.")
    text = example("it", {"x": plugin}, ["x"], {})
    assert text[text.index("\n[x]\n") :] == SHOWN
    off = example("it", {"x": plugin}, [], {})
    assert off == text.replace("\n[x]\n", "\n#[x]\n")
    (given,) = [table for name, table in tomllib.loads(uncommented(off)).items() if name == "x"]
    shown = [option for option in OPTIONS if not option.hidden]
    for key, option in zip(given, shown, strict=True):
        assert f"x.{key}" == option.name
        read = option.kind.read_all if option.repeatable else option.kind.read
        assert option.default is None or read(given[key]) == option.default


def test_it_is_what_would_be_without_it(tmp_path: Path) -> None:
    settings = told(tmp_path, ours())
    assert [wanted.name for wanted in settings.exporters] == ["node"]
    assert settings.exporters[0].values == {}
    assert settings.values == Sources({}, {}, motesd.Plugins(), default=["node"]).read().values | {
        "config.file": settings.values["config.file"]
    }


def test_all_of_it_can_be_taken(tmp_path: Path) -> None:
    settings = told(tmp_path, uncommented(ours()))
    assert [wanted.name for wanted in settings.exporters] == list(motesd.EXPORTERS)
    assert check.problems(settings) == []
    assert settings.values["web.listen-address"] == ["127.0.0.1:9100"]
    for option in WEB:
        if option.name != "web.listen-address":
            assert settings.values[option.name] == option.default
    for wanted in settings.exporters:
        for name, value in wanted.values.items():
            found = wanted.plugin.options.find(name)
            assert found is not None
            shown = found.example if found.default is None else found.default
            assert (_plain(value) or None) == (_plain(shown) or None), name


def _plain(value: Any) -> Any:
    """To compare: expressions by their text, all that is empty as one."""
    return list(value) if isinstance(value, list | tuple) else getattr(value, "pattern", value)


def test_each_option_is_there() -> None:
    tables = tomllib.loads(uncommented(ours()))
    found = {f"{name}.{key}" for name in ("web", "scrape", "log") for key in tables[name]}
    assert found == {option.name for option in WEB if not option.hidden}
    left = {option.name for option in COMMON.options if not option.hidden} - found
    assert left == {"config.file", "config.check", "config.example", "once", "version", "help"}
    for name, plugin in motesd.Plugins().items():
        prefix = plugin.prefix
        known = {
            option.name for option in plugin.options.all() if not option.hidden and plugin.options.find(option.name)
        }
        assert known
        assert {prefix + key for key in tables[name]} == known


def test_lines_are_short_but_for_expressions_and_say_what_is_besides() -> None:
    lines = ours().splitlines()
    assert [line for line in lines if len(line) > 100 and not line.startswith('#"collector.')] == []
    for word in ("labels = {", "listen = [", "[card10-bme680.kitchen]", "instance_name", "collector.NAME"):
        assert any(word in line for line in lines if line.startswith("# ")), word
