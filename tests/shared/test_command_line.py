"""Values from a command line: flags with two dashes and with one, bare words; and everything that can be wrong."""

import pytest
from motes.shared.command_line import CommandLine
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
        Option("no-body", BOOLEAN, False, ""),
        Option("help", BOOLEAN, False, ""),
        Option("web.rooms", Pairs(TEXT, INTEGER), [], "", repeatable=True),
    ]
)
LINE = CommandLine(OPTIONS, {"h": "help"})
# Of a program with letters and bare words.
RICH = CommandLine(OPTIONS, {"p": "web.path", "q": "web.quick", "a": "web.allow"}, "web.allow")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("", {}),
        ("--web.path=a", {"web.path": "a"}),
        ("--web.path a", {"web.path": "a"}),
        ("--web.path=", {"web.path": ""}),
        ("--web.path=a=b", {"web.path": "a=b"}),
        ("--web.path=--web.quick", {"web.path": "--web.quick"}),
        ("--web.path -", {"web.path": "-"}),
        ("--web.allow=a --web.allow b --web.allow=", {"web.allow": ["a", "b", ""]}),
        ("--web.quick", {"web.quick": True}),
        ("--web.quick=true", {"web.quick": True}),
        ("--web.quick=false", {"web.quick": False}),
        ("--no-web.on", {"web.on": False}),
        ("--web.on --no-web.on", {"web.on": False}),
        ("--no-web.on --web.on", {"web.on": True}),
        ("--no-body", {"no-body": True}),
        ("--no-no-body", {"no-body": False}),
        ("--web.quick --web.most 3", {"web.quick": True, "web.most": 3}),
        ("--web.rooms a=1 --web.rooms=b=2", {"web.rooms": [("a", 1), ("b", 2)]}),
        ("-h", {"help": True}),
    ],
)
def test_words(line: str, values: dict[str, object]) -> None:
    old: dict[str, str] = {}
    assert LINE.read(line.split(), old) == values
    assert old == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--web.pth=a", "unknown option --web.pth (--web.path?); see --help"),
        ("--zzzzzzzz", "unknown option --zzzzzzzz; see --help"),
        ("--no-web.path", "unknown option --no-web.path (--web.path?); see --help"),
        ("--no-web.onn", "unknown option --no-web.onn (--no-web.on?); see --help"),
        ("--", 'unexpected argument "--": options begin with --, see --help'),
        ("---", 'unexpected argument "---": options begin with --, see --help'),
        ("-x", "unknown option -x; see --help"),
        ("-hh", "unknown option -hh; see --help"),
        ("-web.path=a", "unknown option -web.path (--web.path?); see --help"),
        ("--=a", "unknown option --; see --help"),
        ("serve", 'unexpected argument "serve": options begin with --, see --help'),
        ("--web.quick false", 'unexpected argument "false": options begin with --, see --help'),
        ("--web.path", "--web.path needs a value: --web.path=TEXT"),
        ("--web.path --web.quick", "--web.path needs a value: --web.path=TEXT"),
        ("--web.path -x", "--web.path needs a value: --web.path=TEXT"),
        ("--web.path=a --web.path=a", "--web.path is given twice"),
        ("--web.path=a --web.old-path=b", "--web.path is given twice"),
        ("--web.most=many", '--web.most: "many" is not a whole number such as 40'),
        ("--web.quick=maybe", '--web.quick: "maybe" is not true or false'),
        ("--no-web.on=true", "--no-web.on takes no value: write --no-web.on, or --web.on=true"),
        ("--web.rooms a", '--web.rooms: "a" is not TEXT=N'),
        ("--web.rooms a=1 --web.rooms a=2", '--web.rooms: "a" is given twice'),
        ("--web.deep.colour=green", '--web.deep.colour: "green" is not one of: red, blue'),
    ],
)
def test_words_refused(line: str, message: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        LINE.read(line.split(), {})
    assert raised.value.problems[0] == message


def test_aliases_are_taken_and_told_of_once() -> None:
    old: dict[str, str] = {}
    line = ["--web.old-path=a", "--web.old-allow=b", "--web.old-allow=c", "--no-web.fast"]
    assert LINE.read(line, old) == {"web.path": "a", "web.allow": ["b", "c"], "web.quick": False}
    assert old == {
        "--web.old-path": "--web.path",
        "--web.old-allow": "--web.allow",
        "--no-web.fast": "--web.quick",
    }


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("-p a", {"web.path": "a"}),
        ("-p=a=b", {"web.path": "a=b"}),
        ("-p -", {"web.path": "-"}),
        ("-p=-q -q", {"web.path": "-q", "web.quick": True}),
        ("-q=false", {"web.quick": False}),
        ("a", {"web.allow": ["a"]}),
        ("a=b - -q c", {"web.allow": ["a=b", "-", "c"], "web.quick": True}),
        ("-a=a b --web.allow c", {"web.allow": ["a", "b", "c"]}),
    ],
)
def test_letters_and_bare_words(line: str, values: dict[str, object]) -> None:
    old: dict[str, str] = {}
    assert RICH.read(line.split(), old) == values
    assert old == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-p", "--web.path needs a value: --web.path=TEXT"),
        ("-p -q", "--web.path needs a value: --web.path=TEXT"),
        ("-p=a --web.path=b", "--web.path is given twice"),
        ("-pa", "unknown option -pa; see --help"),
        ("--p=a", "unknown option --p; see --help"),
        ("-no-q", "unknown option -no-q; see --help"),
        ("-h", "unknown option -h; see --help"),
        ("-q=maybe", '--web.quick: "maybe" is not true or false'),
        ("--web.quick=maybe -q", '--web.quick: "maybe" is not true or false'),
    ],
)
def test_letters_refused(line: str, message: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        RICH.read(line.split(), {})
    assert raised.value.problems == [message]


def test_a_wrong_bare_word_is_told_of_by_the_options_name() -> None:
    line = CommandLine(Catalogue([Option("count", INTEGER, [], "", repeatable=True)]), {}, "count")
    assert line.read(["1", "2"], {}) == {"count": [1, 2]}
    with pytest.raises(Misconfigured, match=r'^--count: "x" is not a whole number such as 40$'):
        line.read(["1", "x"], {})


def test_all_that_is_wrong_is_told() -> None:
    words = ["-x", "1", "--web.most", "many", "a", "--web.path=b", "--web.moist=2", "--web.path=c"]
    values, problems = LINE.look(words, {})
    assert values == {}
    assert [problem.partition(":")[0] for problem in problems] == [
        "unknown option -x; see --help",
        'unexpected argument "a"',
        "unknown option --web.moist (--web.most?); see --help",
        "--web.most",
        "--web.path is given twice",
    ]


def test_what_is_private_is_not_taken_nor_shown() -> None:
    key = Option("ble.key", Kind("KEY", str, private="--ble.key-file"), "", "")
    for words in (["--ble.key=hush"], ["--ble.key", "hush"], ["-k", "hush"], ["--no-ble.key=hush"]):
        with pytest.raises(Misconfigured) as raised:
            CommandLine(Catalogue([key]), {"k": "ble.key"}).read(words, {})
        assert "hush" not in str(raised.value)
        assert "--ble.key" in str(raised.value)
