"""Kernel parameters, those that are asked for.

Source: proc/sys, see proc_sys(5): words with white space between.
Unit:   what the parameter is in.
Errors: a parameter that is not there, that has no words, other than numbers, or as many as there are names given for
        them, fails the collector.
"""

import re
from collections.abc import Iterator

from motes.exporters.node._attributes import LONGEST, integer
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, gauge, labels, untyped
from motes.shared.options import Kind, Option

_INCLUDE, _INFO = "collector.sysctl.include", "collector.sysctl.include-info"
# What cannot stand in a metric's name becomes one underscore, with those around it.
_FOREIGN = re.compile(r"_*[^0-9A-Za-z_]+_*")

# The parameter's name, and those of its words, where they are given.
_Parameter = tuple[str, tuple[str, ...]]


def _parse(word: str) -> _Parameter:
    name, colon, names = word.partition(":")
    words = tuple(names.split(",")) if colon else ()
    if not name or not all(each.isascii() and ("_" + each).isidentifier() for each in words):
        raise ValueError(f'"{word}" is not a parameter such as kernel.threads-max or fs.file-nr:total,current,max')
    return name, words


def _parse_info(word: str) -> _Parameter:
    if not word or ":" in word:
        raise ValueError(f'"{word}" is not a parameter such as kernel.seccomp.actions_avail')
    return word, ()


def _show(parameter: _Parameter) -> str:
    name, words = parameter
    return f"{name}:{','.join(words)}" if words else name


OPTIONS = (
    Option(
        _INCLUDE,
        Kind("NAME[:WORD,…]", _parse, show=_show),
        (),
        "Kernel parameter to serve as numbers; with names for its words, each as a metric of its own.",
        repeatable=True,
    ),
    Option(_INFO, Kind("NAME", _parse_info, show=_show), (), "Kernel parameter to serve as texts.", repeatable=True),
)


def collect(host: Host) -> Iterator[Family]:
    numbers: dict[str, tuple[str, dict[bytes, Value]]] = {}
    for name, words in dict.fromkeys(host.flags[_INCLUDE]):
        for family, help, label_set, value in _numbers(name, words, _read(host, name)):
            numbers.setdefault(family, (help, {}))[1][label_set] = value
    for family, (help, samples) in numbers.items():
        yield untyped(family, help, samples)
    texts = {
        labels(index=str(index), name=name, value=word): 1
        for name, _ in host.flags[_INFO]
        for index, word in enumerate(_read(host, name, LONGEST))
    }
    yield gauge("node_sysctl_info", "A kernel parameter; the value is always 1.", texts)


def _read(host: Host, name: str, longest: int | None = None) -> list[bytes]:
    words = host.proc("sys/" + name.replace(".", "/"))[:longest].split()
    if not words:
        raise ValueError(f"{name} has no value")
    return words


def _numbers(name: str, keys: tuple[str, ...], words: list[bytes]) -> Iterator[tuple[str, str, bytes, int]]:
    """Family, HELP, labels and value of each word."""
    family = "node_sysctl_" + _FOREIGN.sub("_", name)
    if keys and len(keys) != len(words):
        raise ValueError(f"{name} has {len(words)} words, and {len(keys)} names are given for them")
    for index, word in enumerate(words):
        if keys:
            yield f"{family}_{keys[index]}", f"Kernel parameter {name}, word {index}.", b"", integer(word)
        elif len(words) > 1:
            yield family, f"Kernel parameter {name}.", labels(index=str(index)), integer(word)
        else:
            yield family, f"Kernel parameter {name}.", b"", integer(word)
