"""--help, as a person reads it."""

from motes.shared.common import COMMON
from motes.shared.help import usage
from motes.shared.options import BOOLEAN, DURATION, INTEGER, TEXT, Kind, Option
from motes.shared.pairs import Pairs
from motes.shared.re2 import REGEX, compile_re2

OPTIONS = [
    Option("a", TEXT, "", "Says something."),
    Option("b", INTEGER, 0, "A number."),
    Option("c", BOOLEAN, True, "On."),
    Option("d", BOOLEAN, False, "Off."),
    Option("e", REGEX, compile_re2(r"^\d+(eth|ve-b)$"), "An expression."),
    Option("f", TEXT, (), "Many.", repeatable=True),
    Option("g", DURATION, 1.5, "For so long."),
    Option("h", TEXT, [], "An address.", repeatable=True),
    Option("i", TEXT, "x", "Not told of.", hidden=True),
    Option("j", Pairs(TEXT, INTEGER), [], "Pairs.", repeatable=True),
    Option("k", Pairs(TEXT, Kind("KEY", str, private="--l")), [], "Private.", repeatable=True),
]
LETTERS = {"a": "a", "x": "c"}
HIDDEN = [option for option in OPTIONS if option.hidden]
SHOWN = r"""usage: it [OPTIONS]

What it is for.

Group:
  -a, --a=TEXT
      Says something.
  --b=N
      A number. Default: 0
  -x, --[no-]c
      On.
  --d
      Off.
  --e=REGEX
      An expression. Default: ^\d+(eth|ve-b)$
  --f=TEXT
      Many. Repeatable; the flag may be left out.
  --g=DURATION
      For so long. Default: 1.5s
  --h=TEXT
      An address. Repeatable. Default: here
  --j=TEXT=N
      Pairs. Repeatable.
  k=TEXT=KEY
      Private. Only in the file of --config.file.
"""


def test_usage() -> None:
    groups = [("Group", OPTIONS), ("Empty", HIDDEN)]
    text = usage("it [OPTIONS]", "What it is for.", groups, defaults={"h": "here"}, letters=LETTERS, bare="f")
    start, _, rest = text.partition("\nEach")
    assert start == SHOWN
    assert "MOTES_WEB_ALLOW" in rest


def test_lines_are_as_wide_as_a_screen_but_expressions_are_whole() -> None:
    expression = "^(" + "some-thing|" * 20 + "x)$"
    option = Option("e", REGEX, compile_re2(expression), "Words " * 40)
    lines = usage("it", "about " * 40, [("Group", [option])], defaults={}, letters={}, bare="").splitlines()
    assert [line.strip() for line in lines if len(line) > 100] == [expression]


def test_every_common_option_says_what_it_is_for() -> None:
    for option in COMMON.options:
        assert option.help.endswith(".")
        if option.default not in (None, "", []) and option.kind is not BOOLEAN:
            assert option.kind.parse(option.kind.show(option.default)) == option.default
