"""What a program is told, from all sources together."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from motes.shared import config
from motes.shared.broken import Broken
from motes.shared.common import COMMON
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, INTEGER, TEXT, Catalogue, Kind, Option
from motes.shared.pairs import Pairs
from motes.shared.plugin import Exporter, Plugin
from motes.shared.settings import Settings, Sources, Wanted, on_command_line


def plugin(name: str, prefix: str = "") -> Plugin:
    options = [
        Option(f"{prefix}place", TEXT, "", "", aliases=(f"{prefix}location",)),
        Option(f"{prefix}names", TEXT, [], "", repeatable=True),
        Option(f"{prefix}deep.key", BOOLEAN, False, ""),
        Option(f"{prefix}rooms", Pairs(TEXT, INTEGER), [], "", repeatable=True),
    ]
    return Plugin(name, Catalogue(options), lambda _: Exporter([]), prefix=prefix)


HOME, ROOM = plugin("home"), plugin("room", "ro.")
PLUGINS = {"home": HOME, "room": ROOM}


class Told:
    """Settings from a command line's values, an environment and a file's text."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "motes.toml"
        self.file = str(self._file)

    def __call__(
        self, text: str = "", given: Mapping[str, object] | None = None, own: Plugin | None = None, **environment: str
    ) -> Settings:
        self._file.write_text(text)
        values = {"config.file": str(self._file), **(given or {})}
        plugins = {own.name: own} if own else PLUGINS
        self.sources = Sources(values, environment, plugins, own=own, default=["home"])
        return self.sources.read()

    def wrong(self, text: str) -> list[str]:
        """What is wrong in a file."""
        with pytest.raises(Misconfigured) as raised:
            self(text)
        start = f"{self._file}: "
        assert all(problem.startswith(start) for problem in raised.value.problems)
        return [problem.removeprefix(start) for problem in raised.value.problems]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def values_of(settings: Settings) -> dict[str, object]:
    return {wanted.name: wanted.values for wanted in settings.exporters}


def test_defaults() -> None:
    settings = Sources({}, {}, PLUGINS, default=["home"]).read()
    assert settings.values == {option.name: option.default for option in COMMON.options}
    assert values_of(settings) == {"home": {}}
    assert not settings.ignored


def test_command_line_before_environment_before_file_before_default(told: Told) -> None:
    text = '[web]\nallow = ["10.0.0.1"]\nmax-requests = 1\ntelemetry-path = "/f"\n[home]\nplace = "f"\nnames = ["f"]\n'
    settings = told(text + '"deep.key" = true\n')
    assert [settings.values[f"web.{name}"] for name in ("allow", "max-requests")] == [["10.0.0.1"], 1]
    given = {"web.max-requests": 3}
    settings = told(text, given, MOTES_WEB_MAX_REQUESTS="2", MOTES_WEB_ALLOW="10.0.0.2 ::1", MOTES_PLACE="e")
    assert settings.values["web.max-requests"] == 3
    assert settings.values["web.allow"] == ["10.0.0.2", "::1"]
    assert settings.values["web.telemetry-path"] == "/f"
    assert settings.values["scrape.timeout"] == 10.0
    assert values_of(settings) == {"home": {"place": "e", "names": ["f"]}}


def test_pairs_of_the_command_line_or_the_environment_take_the_place_of_the_files(told: Told) -> None:
    text = '[home]\nrooms = { "attic" = 1, "cellar" = 2 }\n'
    assert values_of(told(text)) == values_of(told('[home.rooms]\n"attic" = 1\n"cellar" = 2\n'))
    assert values_of(told(text)) == {"home": {"rooms": [("attic", 1), ("cellar", 2)]}}
    assert values_of(told(text, MOTES_ROOMS="attic=3")) == {"home": {"rooms": [("attic", 3)]}}
    settings = told(text, {"rooms": [("attic", 4)]}, HOME, MOTES_ROOMS="attic=3")
    assert values_of(settings) == {"home": {"rooms": [("attic", 4)]}}


def test_own_exporter_takes_flags(told: Told) -> None:
    settings = told('[room]\nplace = "f"\n', {"ro.names": ["c"]}, ROOM, MOTES_RO_DEEP_KEY="1")
    assert values_of(settings) == {"room": {"ro.place": "f", "ro.names": ["c"], "ro.deep.key": True}}
    assert on_command_line(ROOM).find("ro.place") is not None
    assert on_command_line(None).find("ro.place") is None


def test_tables_say_which_exporters_run(told: Told) -> None:
    assert values_of(told("")) == {"home": {}}
    assert values_of(told('[web]\nallow = ["::1"]')) == {"home": {}}
    assert values_of(told("[room]")) == {"room": {}}
    assert values_of(told("[room]\n[home]")) == {"room": {}, "home": {}}


def wanted_of(settings: Settings) -> list[tuple[str, object, object, object]]:
    return [(each.name, each.values, each.label_pairs, each.listen) for each in settings.exporters]


def test_instances(told: Told) -> None:
    assert [wanted.name for wanted in told("[home.a]\n[home.B-2_c]").exporters] == ["home.a", "home.B-2_c"]
    assert wanted_of(told('[home]\nplace = "x"\n[home.a]\nplace = "y"\n[room.b]\n[home.a.labels]\nsite = "z"')) == [
        ("home", {"place": "x"}, (), []),
        ("home.a", {"place": "y"}, (("instance_name", "a"), ("site", "z")), []),
        ("room.b", {}, (("instance_name", "b"),), []),
    ]
    assert wanted_of(told("[home]\n[home.a]\n")) == [("home.a", {}, (("instance_name", "a"),), [])]


@pytest.mark.parametrize("table", ['listen = [":1"]', 'labels = { a = "b" }', "labels = {}", "listen = []"])
def test_a_table_with_a_key_of_its_own_runs_too(told: Told, table: str) -> None:
    assert [wanted.name for wanted in told(f"[home]\n{table}\n[home.a]").exporters] == ["home", "home.a"]


def test_a_table_that_is_an_option_is_no_instance(told: Told) -> None:
    assert values_of(told('[home.rooms]\n"attic" = 1\n[home.a.rooms]\n"cellar" = 2')) == {
        "home": {"rooms": [("attic", 1)]},
        "home.a": {"rooms": [("cellar", 2)]},
    }


def test_labels_and_addresses(told: Told) -> None:
    text = '[home]\nlisten = ["127.0.0.1:1", "dev:wg0:2"]\n[home.labels]\nsite = "a b"\n_1 = ""\n[room]\n'
    assert wanted_of(told(text)) == [
        ("home", {}, (("site", "a b"), ("_1", "")), ["127.0.0.1:1", "dev:wg0:2"]),
        ("room", {}, (), []),
    ]


def test_what_the_command_line_and_the_environment_give_is_for_every_instance(told: Told) -> None:
    text = '[room]\nplace = "f"\n[room.a]\nplace = "g"\nnames = ["n"]'
    settings = told(text, {"ro.names": ["c"]}, ROOM, MOTES_RO_PLACE="e")
    assert values_of(settings) == {name: {"ro.place": "e", "ro.names": ["c"]} for name in ("room", "room.a")}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Wanted(HOME), Wanted(HOME), True),
        (Wanted(HOME, "a", {"x": 1}, (("l", "v"),)), Wanted(HOME, "a", {"x": 1}, (("l", "v"),), [":1"]), True),
        (Wanted(HOME), Wanted(ROOM), False),
        (Wanted(HOME), Wanted(HOME, "a"), False),
        (Wanted(HOME, "a", {"x": 1}), Wanted(HOME, "a", {"x": 2}), False),
        (Wanted(HOME), Wanted(HOME, labels=(("l", "v"),)), False),
    ],
)
def test_whether_one_would_do_for_the_other(one: Wanted, other: Wanted, same: bool) -> None:
    assert one.same(other) is same


def test_a_file_that_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "found.toml"
    monkeypatch.setattr(config, "SYSTEM_FILE", str(found))

    def file(*, searching: bool = True, given: str | None = None, **environment: str) -> str:
        values = {} if given is None else {"config.file": given}
        return Sources(values, environment, PLUGINS, default=["home"], searching=searching).read().file

    assert file() == ""
    found.write_text("")
    assert file() == str(found)
    assert file(searching=False) == ""
    assert file(given="") == ""
    other = tmp_path / "other.toml"
    other.write_text("")
    assert file(given=str(other)) == str(other)
    assert file(MOTES_CONFIG_FILE=str(other)) == str(other)


def test_a_file_that_was_there_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "found.toml"
    monkeypatch.setattr(config, "SYSTEM_FILE", str(found))
    sources = Sources({}, {}, PLUGINS, default=["home"], searching=True)
    assert sources.read().file == ""
    found.write_text("[room]")
    assert [wanted.name for wanted in sources.read().exporters] == ["room"]
    found.unlink()
    for _ in range(2):
        with pytest.raises(Misconfigured, match=r"found\.toml: No such file"):
            sources.read()
    found.write_text("[home]")
    assert [wanted.name for wanted in sources.read().exporters] == ["home"]


def test_an_exporter_whose_options_are_broken_is_one_that_says_so(tmp_path: Path) -> None:
    def parse(_: str) -> None:
        raise KeyError("x")

    broken = Plugin("home", Catalogue([Option("place", Kind("X", parse), "", "")]), lambda _: Exporter([]))
    file = tmp_path / "motes.toml"
    file.write_text('[home]\nplace = "a"\n[room]')
    settings = Sources({"config.file": str(file)}, {}, {"home": broken, "room": ROOM}).read()
    assert [wanted.name for wanted in settings.exporters] == ["home", "room"]
    assert isinstance(settings.exporters[0].plugin, Broken)
    assert settings.exporters[0].plugin.error == "KeyError: 'x'"


def test_all_is_looked_at_whatever_is_wrong(told: Told) -> None:
    text = '[web]\nmax-requests = "x"\n[home]\nplace = 1\n[home.a]\nplace = "b"\n'
    told(text="")
    Path(told.file).write_text(text)
    environment = {"MOTES_LOG_LEVEL": "loud", "MOTES_WEB_ALLOW": "::1"}
    settings = Sources({"config.file": told.file}, environment, PLUGINS).look()
    assert len(settings.problems) == 3
    assert settings.values["web.allow"] == ["::1"]
    assert settings.values["log.level"] == "info"
    assert [(wanted.name, wanted.sound) for wanted in settings.exporters] == [("home", False), ("home.a", True)]


def test_a_wrong_variable_of_an_exporter_is_told_once(told: Told) -> None:
    with pytest.raises(Misconfigured) as raised:
        told("[home.a]\n[home.b]", MOTES_DEEP_KEY="maybe")
    assert raised.value.problems == ['MOTES_DEEP_KEY: "maybe" is not true or false']


def test_file_named_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "motes.toml"
    file.write_text("[web]\nmax-requests = 7")
    environment = {"MOTES_CONFIG_FILE": str(file)}
    assert Sources({}, environment, PLUGINS, default=["home"]).read().values["web.max-requests"] == 7


def test_variables_that_are_nobodys_are_ignored_aloud(told: Told) -> None:
    settings = told("", None, None, MOTES_WEB_ALOW="::1", MOTES_PLACE="e", MOTES_RO_PLACE="e", MOTES_NO="", OTHER="x")
    assert settings.ignored == ["MOTES_RO_PLACE", "MOTES_WEB_ALOW"]


def test_aliases(told: Told) -> None:
    assert values_of(told('[home]\nlocation = "f"')) == {"home": {"place": "f"}}
    assert told.sources.old == {"[home] location": "place"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[wbe]", "[wbe]: no such table ([web]?); there are [web], [scrape], [log], [home], [room]"),
        ("[[home]]", "home is a table: write [home], and its options below"),
        ("web = 3", "web is a table: write [web], and its options below"),
        ("max-requests = 3", "max-requests stands outside of the tables: an option is in its table, such as [web]"),
        ("[web]\nmax-request = 3", "[web] max-request: no such option (max-requests?)"),
        ("[home]\ndeep.key = true", '[home] deep.key: a key with dots stands in quotes: "deep.key" = …'),
        ("[home.deep]\nkey = true", '[home] deep.key: a key with dots stands in quotes: "deep.key" = …'),
        ("[room]\n'ro.place' = ''", "[room] ro.place: no such option (place?)"),
        ("[home.names]", "[home] names: this is an array"),
        ('[home.roms]\n"attic" = 1', "[home] roms.attic: no such option (rooms?)"),
        ("[home.a]\nplce = 1", "[home.a] plce: no such option (place?)"),
        ("[home.a]\nlistn = ['::1']", "[home.a] listn: no such option (listen?)"),
        ("[home.label]\nsite = 'x'", "[home] label.site: no such option (labels?)"),
        ("[home.a.label]\nsite = 'x'", "[home.a] label.site: no such option (labels?)"),
        ("[home.a.b]\nc = 1", "[home.a] b.c: no such option"),
        ("[home.'ä']", "[home.ä]: an instance's name has letters, digits, - and _, 63 at most"),
        (f"[home.{'x' * 64}]", f"[home.{'x' * 64}]: an instance's name has"),
        ("[home.'']", "[home.]: an instance's name has"),
        ("['home.a']", '["home.a"]: instances stand without quotes: [home.a]'),
        ("[[home.a]]", "[home] a: no such option"),
        ("[home]\nlabels = 3", '[home] labels: this is a table: write { site = "home" }'),
        ("[home.labels]\nsite = 3", "[home] labels: site is a string in quotes"),
        ("[home.labels]\n'a-b' = 'x'", '[home] labels: "a-b" is no name of a label'),
        ("[home.labels]\n'1a' = 'x'", '[home] labels: "1a" is no name of a label'),
        ("[home.labels]\n'ä' = 'x'", '[home] labels: "ä" is no name of a label'),
        ("[home.labels]\n__a = 'x'", '[home] labels: "__a" is no name of a label'),
        ("[home.labels]\ncollector = 'x'", "[home] labels: the label collector is motes' own"),
        ("[home.labels]\nexporter = 'x'", "[home] labels: the label exporter is motes' own"),
        ("[home.labels]\ninstance_name = 'x'", "[home] labels: the label instance_name is motes' own"),
        ("[home.a.labels]\ninstance_name = 'x'", "[home.a] labels: the label instance_name is motes' own"),
        ("[home]\nlisten = ':1'", '[home] listen: this is an array: write ["…", "…"]'),
        ("[home.a]\nlisten = ['9100']", '[home.a] listen: "9100" has no port'),
        ("[config]\nfile = ''", "[config]: no such table; there are [web], [scrape], [log], [home], [room]"),
        ("[web]\nonce = true", "[web] once: no such option"),
        ("[scrape]\ntimeout = 0", '[scrape] timeout: "0" is no time at all; a duration such as 10s is wanted'),
        ("[web]\nsocket-mode = 432", "[web] socket-mode: 432 is of the wrong type: MODE is wanted, a string in quotes"),
        ('[web]\nallow = ["::1", "me"]', '[web] allow: "me" is no address or network such as 10.77.0.2'),
        ('[web]\nlisten-address = ["9100"]', '[web] listen-address: "9100" has no port'),
        ('[log]\nlevel = "loud"', '[log] level: "loud" is not one of: debug, info, warn, error'),
    ],
)
def test_wrong_in_the_file(told: Told, text: str, problem: str) -> None:
    (found,) = told.wrong(text)
    assert found.startswith(problem)


def test_all_that_is_wrong_is_told(told: Told) -> None:
    assert len(told.wrong("[web]\nmax-requests = -1\nx = 3\n[wbe]\n[room]\nplace = 3")) == 4


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("web.telemetry-path", ""),
        ("web.telemetry-path", "metrics"),
        ("web.telemetry-path", "//"),
        ("web.telemetry-path", "//evil.example/metrics"),
        ("web.telemetry-path", "/a/../b"),
        ("web.telemetry-path", "/a b"),
        ("web.telemetry-path", "/a?b"),
        ("web.telemetry-path", "/ä"),
        ("web.telemetry-path", "/javascript:x"),
        ("web.telemetry-path", "/-/ready"),
        ("web.max-requests", "-1"),
        ("web.socket-mode", "999"),
        ("web.socket-mode", "rw"),
        ("web.socket-mode", "60"),
        ("web.socket-group", "no-such-group"),
        ("web.listen-address", ""),
        ("web.listen-address", "example.com:9100"),
        ("web.allow", "10.0.0.1/8"),
        ("web.config.file", "/etc/web.yml"),
        ("scrape.timeout", "0"),
        ("scrape.timeout", "25h"),
        ("log.format", "xml"),
    ],
)
def test_values_refused(name: str, word: str) -> None:
    option = COMMON.find(name)
    assert option is not None
    with pytest.raises(ValueError, match=r"\w"):
        option.kind.parse(word)


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("web.telemetry-path", "/", "/"),
        ("web.telemetry-path", "/metrics", "/metrics"),
        ("web.telemetry-path", "/metrics/", "/metrics/"),
        ("web.telemetry-path", "/a-b/c_d.e~/1", "/a-b/c_d.e~/1"),
        ("web.max-requests", "0", 0),
        ("web.socket-mode", "0600", 0o600),
        ("web.socket-mode", "660", 0o660),
        ("web.socket-group", "", ""),
        ("web.socket-group", "root", "root"),
        ("web.socket-group", "4711", "4711"),
        ("web.listen-address", "fd:", "fd:"),
        ("web.config.file", "", ""),
    ],
)
def test_values_taken(name: str, word: str, value: object) -> None:
    option = COMMON.find(name)
    assert option is not None
    assert option.kind.parse(word) == value
