"""Regular expressions as Go's regexp reads them (RE2 syntax), compiled for Python's re.

An expression of an existing service file keeps its meaning: classes are ASCII, `$` is the end of the text, a flag
such as `(?i)` holds to the end of its group. Match with `.search`: the expressions are not anchored.
Errors: ValueError naming what Go refuses, or what is not taken here, and what would be right.
Source: https://pkg.go.dev/regexp/syntax.
"""

import re

from motes.shared.options import Kind

_MOST_REPEATS = 1000
_LAST_CHARACTER = "\U0010ffff"
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# Python's own \d, \s and \w take all of Unicode, and its \s takes \v besides.
_CLASSES = {
    "d": "0-9",
    "D": f"\\x00-/:-{_LAST_CHARACTER}",
    "s": "\\t\\n\\f\\r ",
    "S": f"\\x00-\\x08\\x0b\\x0e-\\x1f!-{_LAST_CHARACTER}",
    "w": "0-9A-Za-z_",
    "W": f"\\x00-/:-@\\[-^`{{-{_LAST_CHARACTER}",
}
# Python's \B does not match in the empty text before 3.14.
_ASSERTIONS = {"A": "\\A", "z": "\\Z", "b": "(?a:\\b)", "B": "(?!(?a:\\b))"}
_REFUSED_ESCAPES = {
    "C": "\\C (a single byte); . matches a character",
    "E": "\\E without \\Q; escape each character instead",
    "Q": "\\Q...\\E (quoting); escape each character instead",
    "p": "\\p (a Unicode class); list the characters, such as [A-Za-z]",
    "P": "\\P (a Unicode class); list the characters, such as [^A-Za-z]",
    "Z": "\\Z; \\z is the end of the text",
}
_REFUSED_GROUPS = {
    "?=": "(?= (look-ahead)",
    "?!": "(?! (look-ahead)",
    "?<=": "(?<= (look-behind)",
    "?<!": "(?<! (look-behind)",
    "?>": "(?> (an atomic group); (?: is a plain one",
    "?(": "(?( (a conditional); use |",
    "?#": "(?# (a comment); leave it out",
    "?P=": "(?P= (a back-reference)",
    "?P>": "(?P> (a recursion)",
}
_REPEAT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_NAME = re.compile(r"\?P?<([0-9A-Za-z_]+)>")
_FLAGS = re.compile(r"\?([imsU]*)(?:-([imsU]+))?([:)])")
_POSIX_CLASS = re.compile(r"\[:\^?[^\]]*:\]")


_written: dict[str, str] = {}


def compile_re2(expression: str) -> re.Pattern[str]:
    translated = _Translator(expression).translate()
    try:
        compiled = re.compile(translated)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f'"{expression}" is not a regular expression: {error}') from None
    _written[translated] = expression
    return compiled


def source(compiled: re.Pattern[str]) -> str:
    """The expression as it was written (or another one that means the same)."""
    return _written[compiled.pattern]


REGEX = Kind("REGEX", compile_re2, show=source)


class _Translator:
    """One pass over an expression. `atoms` holds the pieces of the group under way, the last one still repeatable."""

    def __init__(self, expression: str) -> None:
        self.text = expression
        self.at = 0
        self.flags: frozenset[str] = frozenset()
        self.atoms: list[str] = []
        self.repeats = 1  # how often the last atom is repeated, with all that is nested in it
        self.most_repeats = 1
        self.repeatable = False
        self.repeated = False
        self.outer: list[tuple[str, frozenset[str], list[str], int]] = []

    def translate(self) -> str:
        while self.at < len(self.text):
            self._next()
        if self.outer:
            raise self._error("a ( is not closed; \\( is the character")
        return "".join(self.atoms)

    def _next(self) -> None:
        character = self.text[self.at]
        repeat = _REPEAT.match(self.text, self.at) if character == "{" else None
        if repeat or character in "*+?":
            self._repeat(repeat)
            return
        step = _STEPS.get(character)
        if step:
            step(self)
        else:
            self.at += 1
            self._add(self._folded(re.escape(character)))

    def _add(self, atom: str, repeats: int = 1) -> None:
        self.atoms.append(atom)
        self.repeats = repeats
        self.most_repeats = max(self.most_repeats, repeats)
        self.repeatable, self.repeated = True, False

    def _folded(self, atom: str) -> str:
        return f"(?i:{atom})" if "i" in self.flags else atom

    def _error(self, what: str) -> ValueError:
        return ValueError(f'"{self.text}" is not an RE2 expression: {what}')

    def _refused(self, what: str) -> ValueError:
        return self._error(f"it has {what}")

    # The steps: each is called with `at` on its first character and leaves it behind its last.

    def _repeat(self, counted: re.Match[str] | None) -> None:
        operator = counted.group() if counted else self.text[self.at]
        if self.repeated:
            raise self._refused(f"{operator} behind a repetition (possessive quantifiers are not taken)")
        if not self.repeatable:
            raise self._refused(f"{operator} with nothing to repeat; \\{operator} is the character")
        if counted:
            self._count(counted)
        self.at += len(operator)
        lazy = self.text.startswith("?", self.at)
        self.at += lazy
        self.atoms[-1] = f"(?:{self.atoms[-1]}){operator}{'?' if lazy != ('U' in self.flags) else ''}"
        self.repeated = True

    def _count(self, counted: re.Match[str]) -> None:
        least, _, most = counted.groups()
        if most and int(most) < int(least):
            raise self._refused(f"{counted.group()}, which ends before it begins")
        self.repeats *= max(int(most or least), 1)
        self.most_repeats = max(self.most_repeats, self.repeats)
        if max(self.repeats, int(least)) > _MOST_REPEATS:
            raise self._refused(f"{counted.group()}, more than {_MOST_REPEATS} repetitions")

    def _any(self) -> None:
        self.at += 1
        self._add("(?s:.)" if "s" in self.flags else ".")

    def _start(self) -> None:
        self.at += 1
        self._add("(?m:^)" if "m" in self.flags else "^")

    def _end(self) -> None:
        self.at += 1
        self._add("(?m:$)" if "m" in self.flags else "\\Z")

    def _or(self) -> None:
        self.at += 1
        self.atoms.append("|")
        self.repeatable = self.repeated = False

    def _open(self) -> None:
        self.at += 1
        for start, what in _REFUSED_GROUPS.items():
            if self.text.startswith(start, self.at):
                raise self._refused(what)
        if not self.text.startswith("?", self.at):
            self._enter("(", self.flags)
        elif name := _NAME.match(self.text, self.at):
            self.at = name.end()
            # Go takes a name that begins with a digit.
            self._enter(f"(?P<{name[1]}>" if name[1].isidentifier() else "(", self.flags)
        else:
            self._set_flags()

    def _set_flags(self) -> None:
        found = _FLAGS.match(self.text, self.at)
        if not found:
            raise self._refused(f"({self.text[self.at : self.at + 3]}; a group is (?:, (?P<name>, or has flags of imsU")
        self.at = found.end()
        flags = self.flags.union(found[1]).difference(found[2] or "")
        if found[3] == ":":
            self._enter("(?:", flags)
        else:
            self.flags = flags
            self.repeatable = False

    def _enter(self, opening: str, flags: frozenset[str]) -> None:
        self.outer.append((opening, self.flags, self.atoms, self.most_repeats))
        self.flags, self.atoms, self.most_repeats = flags, [], 1
        self.repeatable = self.repeated = False

    def _close(self) -> None:
        if not self.outer:
            raise self._error("a ) is not opened; \\) is the character")
        self.at += 1
        inside, repeats = "".join(self.atoms), self.most_repeats
        opening, self.flags, self.atoms, self.most_repeats = self.outer.pop()
        self._add(f"{opening}{inside})", repeats)

    def _escape(self) -> None:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter in _ASSERTIONS:
            self.at += 2
            self._add(_ASSERTIONS[letter])
        elif letter in _CLASSES:
            self.at += 2
            self._add(self._folded(f"[{_CLASSES[letter]}]"))
        else:
            self._add(self._folded(re.escape(self._escaped())))

    def _escaped(self) -> str:
        """The character that an escape stands for."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter in _REFUSED_ESCAPES:
            raise self._refused(_REFUSED_ESCAPES[letter])
        if letter == "x" or (letter and letter in "01234567"):
            return self._numbered(letter)
        self.at += 2
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if not letter or letter.isalnum() or not letter.isascii():
            raise self._refused(f"\\{letter}, which is no escape; a backslash is \\\\")
        return letter

    def _numbered(self, letter: str) -> str:
        if letter == "x":
            found = re.compile(r"\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})").match(self.text, self.at)
            code = int(found[1] or found[2], 16) if found else -1
        else:
            found = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(self.text, self.at)
            if not found:
                raise self._refused(f"\\{letter} (a back-reference)")
            code = int(found[1], 8)
        if not found or not 0 <= code <= ord(_LAST_CHARACTER):
            raise self._refused("\\x without a character's number, as in \\x7F or \\x{10FFFF}")
        self.at = found.end()
        return chr(code)

    def _class(self) -> None:
        start = self.at
        self.at += 1
        opening = "["
        if self.text.startswith("^", self.at):
            self.at += 1
            opening = "[^"
        items = [self._class_item()]
        while not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise self._refused(f"{self.text[start : start + 10]}, a class without its ]")
            items.append(self._class_item())
        self.at += 1
        self._add(self._folded(f"{opening}{''.join(items)}]"))

    def _class_item(self) -> str:
        posix = _POSIX_CLASS.match(self.text, self.at)
        if posix:
            raise self._refused(f"{posix.group()} (a POSIX class); list the characters, such as A-Za-z")
        letter = self.text[self.at + 1 : self.at + 2]
        if self.text.startswith("\\", self.at) and letter in _CLASSES:
            self.at += 2
            return _CLASSES[letter]
        low = self._class_character()
        if not self.text.startswith("-", self.at) or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return re.escape(low)
        self.at += 1
        high = self._class_character()
        if high < low:
            raise self._refused(f"{low}-{high}, a range that ends before it begins")
        return f"{re.escape(low)}-{re.escape(high)}"

    def _class_character(self) -> str:
        if self.text.startswith("\\", self.at):
            return self._escaped()
        character = self.text[self.at : self.at + 1]
        if not character:
            raise self._refused("[, a class without its ]; \\[ is the character")
        self.at += 1
        return character


_STEPS = {
    ".": _Translator._any,
    "^": _Translator._start,
    "$": _Translator._end,
    "|": _Translator._or,
    "(": _Translator._open,
    ")": _Translator._close,
    "\\": _Translator._escape,
    "[": _Translator._class,
}
