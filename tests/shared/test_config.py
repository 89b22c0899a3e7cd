"""Values from the environment and TOML; and everything that can be wrong with them."""

import os
from pathlib import Path
from threading import Thread

import pytest
from motes.shared import config
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, INTEGER, TEXT, Catalogue, Kind, Option, choice
from motes.shared.pairs import Pairs

OPTIONS = Catalogue(
    [
        Option("web.path", TEXT, "", "", aliases=("web.old-path",)),
        Option("web.most", INTEGER, 1, ""),
        Option("web.allow", TEXT, [], "", repeatable=True, aliases=("web.old-allow",)),
        Option("web.quick", BOOLEAN, False, "", aliases=("web.fast",)),
        Option("web.on", BOOLEAN, True, ""),
        Option("web.deep.colour", choice("red", "blue"), "red", ""),
        Option("web.rooms", Pairs(TEXT, INTEGER), [], "", repeatable=True),
        Option("web.codes", Pairs(TEXT, Kind("CODE", str, private="--web.code-file")), [], "", repeatable=True),
    ]
)


def test_environment() -> None:
    environment = {
        "MOTES_WEB_PATH": "a b",
        "MOTES_WEB_MOST": "",
        "MOTES_WEB_ALLOW": " a\tb\n",
        "MOTES_WEB_QUICK": "true",
        "MOTES_WEB_DEEP_COLOUR": "blue",
        "MOTES_WEB_ROOMS": "attic=1 cellar=2",
        "WEB_ON": "false",
    }
    values, problems = config.from_environment(environment, OPTIONS.options)
    assert values == {
        "web.path": "a b",
        "web.allow": ["a", "b"],
        "web.quick": True,
        "web.deep.colour": "blue",
        "web.rooms": [("attic", 1), ("cellar", 2)],
    }
    assert problems == []
    assert set(config.variables(environment)) == environment.keys() - {"WEB_ON", "MOTES_WEB_MOST"}


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("MOTES_WEB_MOST=x", 'MOTES_WEB_MOST: "x" is not a whole number such as 40'),
        ("MOTES_WEB_ROOMS=a=1 b", 'MOTES_WEB_ROOMS: "b" is not TEXT=N'),
        ("MOTES_WEB_ROOMS=a=1 a=1", 'MOTES_WEB_ROOMS: "a" is given twice'),
        (
            "MOTES_WEB_CODES=attic=hush",
            "MOTES_WEB_CODES: others can read what is on a command line or in the environment; "
            "write it into the file of --config.file, or use --web.code-file",
        ),
    ],
)
def test_environment_refused(variable: str, message: str) -> None:
    environment = {**dict([variable.split("=", 1)]), "MOTES_WEB_PATH": "a"}
    assert config.from_environment(environment, OPTIONS.options) == ({"web.path": "a"}, [message])


def test_table() -> None:
    old: dict[str, str] = {}
    table = {"old-path": "a", "most": 3, "allow": ["b"], "quick": True, "deep.colour": "blue"}
    assert config.from_table("web", table, "web.", OPTIONS, old) == (
        {"web.path": "a", "web.most": 3, "web.allow": ["b"], "web.quick": True, "web.deep.colour": "blue"},
        [],
    )
    pairs = {"rooms": {"attic": 1, "cellar": 2}, "codes": {"attic": "hush"}}
    assert config.from_table("web", pairs, "web.", OPTIONS, {}) == (
        {"web.rooms": [("attic", 1), ("cellar", 2)], "web.codes": [("attic", "hush")]},
        [],
    )
    assert old == {"[web] old-path": "path"}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (3, "web is a table: write [web], and its options below"),
        ([{}], "web is a table: write [web], and its options below"),
        ({"pth": "a"}, "[web] pth: no such option (path?)"),
        ({"zzzzz": 1}, "[web] zzzzz: no such option"),
        ({"no-on": True}, "[web] no-on: no such option"),
        ({"path": "a", "old-path": "b"}, "[web] old-path: path is given already"),
        ({"most": "3"}, '[web] most: "3" is of the wrong type: N is wanted, a whole number'),
        ({"allow": "a"}, '[web] allow: this is an array: write ["…", "…"]'),
        ({"allow": [1]}, "[web] allow: 1 is of the wrong type: TEXT is wanted, a string in quotes"),
        ({"deep": {"colour": "red"}}, '[web] deep.colour: a key with dots stands in quotes: "deep.colour" = …'),
        ({"deep": {"colours": "red"}}, "[web] deep.colours: no such option (deep.colour?)"),
        ({"empty": {}}, "[web] empty: no such option"),
        ({"rooms": {"a": "b"}}, '[web] rooms: "a": "b" is of the wrong type: N is wanted, a whole number'),
        ({"room": {"a": "b"}}, "[web] room.a: no such option (rooms?)"),
        ({"codes": "hush"}, '[web] codes: this is a table: write { "TEXT" = "CODE" }'),
    ],
)
def test_table_refused(table: object, problem: str) -> None:
    assert config.from_table("web", table, "web.", OPTIONS, {})[1] == [problem]


def test_all_that_is_wrong_in_a_table_is_told() -> None:
    values, problems = config.from_table("web", {"pth": 1, "most": "x", "quick": True}, "web.", OPTIONS, {})
    assert values == {"web.quick": True}
    assert len(problems) == 2


def test_all_that_is_wrong_with_one_option_is_told() -> None:
    table = {"allow": [1, "a", True], "rooms": {"a": 1, "b": "x", "c": 0.5}}
    values, problems = config.from_table("web", table, "web.", OPTIONS, {})
    assert values == {}
    allow, rooms = problems
    assert allow == (
        "[web] allow: 1 is of the wrong type: TEXT is wanted, a string in quotes; "
        "true is of the wrong type: TEXT is wanted, a string in quotes"
    )
    assert '"b": "x" is of the wrong type' in rooms
    assert '; "c": 0.5 is of the wrong type' in rooms


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = [\n[[[\xff", "not UTF-8, as TOML is: line 2 has the byte 0xff"),
        (b"a", "not TOML: "),
        (b"a = 1\na = 2", "not TOML: "),
        (b"a = " + b"[" * 20000, "not TOML: "),
    ],
)
def test_file_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "motes.toml"
    file.write_bytes(content)
    with pytest.raises(Misconfigured) as raised:
        config.load_file(str(file))
    assert raised.value.problems[0].startswith(f"{file}: {problem}")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file or directory")):
        with pytest.raises(Misconfigured) as raised:
            config.load_file(str(path))
        assert raised.value.problems == [f"--config.file: cannot read {path}: {why}"]


def test_pipes_are_read_to_their_end() -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as end:
            end.write(b"[web]\n")
            end.write(b"path = 'a'\n")

    with os.fdopen(reading):
        Thread(target=write).start()
        assert config.load_file(f"/dev/fd/{reading}") == {"web": {"path": "a"}}


def test_what_has_no_end_or_no_beginning_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, why in ((pipe, f"nothing more comes out of {pipe}"), ("/dev/zero", "/dev/zero has no end within 16 MiB")):
        with pytest.raises(Misconfigured) as raised:
            config.load_file(str(path))
        assert raised.value.problems == [f"--config.file: {why}"]


def test_a_pipe_that_somebody_keeps_open_is_refused() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "wb", buffering=0) as end:
        end.write(b"[web]\n")
        with pytest.raises(Misconfigured, match="nothing more comes"):
            config.load_file(f"/dev/fd/{reading}")


def test_file(tmp_path: Path) -> None:
    file = tmp_path / "motes.toml"
    file.write_bytes(b"")
    assert config.load_file(os.fspath(file)) == {}
    file.write_bytes('[web]\npath = "ä"\r\n'.encode())
    assert config.load_file(os.fspath(file)) == {"web": {"path": "ä"}}


def test_the_file_that_is_used_without_being_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, own, home = tmp_path / "etc" / "motes.toml", tmp_path / "own", tmp_path / "home"
    monkeypatch.setattr(config, "SYSTEM_FILE", str(system))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    environment = {"XDG_CONFIG_HOME": str(own), "HOME": str(home)}
    assert config.default_file(environment) == ""
    for folder in (tmp_path / "etc", own / "motes", home / ".config" / "motes"):
        folder.mkdir(parents=True)
        (folder / "motes.toml").touch()
    assert config.default_file(environment) == str(own / "motes" / "motes.toml")
    assert config.default_file({"HOME": str(home)}) == str(home / ".config" / "motes" / "motes.toml")
    assert config.default_file({**environment, "XDG_CONFIG_HOME": "own"}).startswith(str(home))
    assert config.default_file({"XDG_CONFIG_HOME": str(home)}) == str(system)
    assert config.default_file({}) == str(system)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert config.default_file(environment) == str(system)


def test_a_file_that_cannot_be_looked_at_is_not_gone_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / ("x" * 300), tmp_path / "loop" / "motes.toml", tmp_path / "nowhere.toml"):
        monkeypatch.setattr(config, "SYSTEM_FILE", str(path))
        (tmp_path / "loop").unlink(missing_ok=True)
        (tmp_path / "loop").symlink_to("loop")
        (tmp_path / "nowhere.toml").unlink(missing_ok=True)
        (tmp_path / "nowhere.toml").symlink_to("nothing")
        assert config.default_file({}) == str(path)
        with pytest.raises(Misconfigured, match="cannot read"):
            config.load_file(config.default_file({}))
