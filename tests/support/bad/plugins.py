"""Exporters that raise, hang, waste and talk nonsense. `PLUGINS` has them by name, with what they say is wrong.

Each is one function, which is its collector's, unless what is bad about it happens elsewhere.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from motes.shared.collector import Collector
from motes.shared.exposition import Family, Heading, counter, gauge, heading, labels
from motes.shared.frame import Frame
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin

Collect = Callable[[float], Any]

PLUGINS: dict[str, Plugin] = {}
SAYS: dict[str, str] = {}
# Processor time, in seconds.
_A_WHILE = 0.7
# Who has no limit of his own is spared.
MOST_THREADS = 50


def _add(name: str, says: str, create: Callable[[Any], Any]) -> None:
    PLUGINS[name] = Plugin(name, Catalogue(()), create)
    SAYS[name] = says


def _named(name: str, says: str, collect: Collect) -> None:
    _add(f"bad-{name}", says, lambda _: Exporter([Collector(f"bad-{name}", f"bad-{name}", collect)]))


def _at(says: str) -> Callable[[Collect], Collect]:
    """The collector of an exporter of the function's name."""

    def add(collect: Collect) -> Collect:
        _named(collect.__name__.replace("_", "-"), says, collect)
        return collect

    return add


def _raising(error: BaseException) -> Callable[..., Any]:
    def raises(*_: object) -> Any:
        raise error

    return raises


def _hangs(*_: object) -> Any:
    threading.Event().wait()


# What is raised.


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("it has no words")


@_at("ZeroDivisionError: division by zero")
def raises(_: float) -> Iterator[Family]:
    yield gauge("bad_half", "What came before.", 1)
    yield gauge("bad_whole", "What does not come.", 1 / 0)


@_at("Mute: it cannot say why: RuntimeError")
def mute(_: float) -> None:
    raise Mute


@_at("RecursionError: maximum recursion depth exceeded")
def recursion(deadline: float) -> Any:
    return recursion(deadline)


@_at("MemoryError: ")
def memory(_: float) -> Iterable[Family]:
    return [gauge("bad_memory", "Too much.", bytes(1 << 60))]


_named("exits", "SystemExit: good bye", _raising(SystemExit("good bye")))
_named("interrupts", "KeyboardInterrupt: ^C", _raising(KeyboardInterrupt("^C")))
_named("generator-exit", "GeneratorExit: no more", _raising(GeneratorExit("no more")))


# What takes long, or all.


@_at("it has not answered in time")
def sleeps(_: float) -> None:
    threading.Event().wait()


@_at("")
def spins(_: float) -> Iterable[Family]:
    end = time.thread_time() + _A_WHILE
    while time.thread_time() < end:
        pass
    return [gauge("bad_spins", "It is done.", 1)]


@_at("")
def leaks(_: float) -> Iterable[Family]:
    try:
        while threading.active_count() < MOST_THREADS:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
    except RuntimeError:
        pass
    return [gauge("bad_leaks", "Threads.", threading.active_count())]


@_at("more than 200000 series")
def million(_: float) -> Iterable[Family]:
    return [gauge("bad_million", "A million.", {b'{n="%d"}' % number: 1 for number in range(1_000_000)})]


@_at("more than 200000 series")
def endless(_: float) -> Iterator[Family]:
    number = 0
    while True:
        number += 1
        yield gauge("bad_endless", "Without end.", {b'{n="%d"}' % number: number})


@_at("more than 200000 series")
def endless_nothing(_: float) -> Iterator[Family]:
    while True:
        yield gauge("bad_nothing", "Nothing, without end.", {})


# What is no family.

_ONE = Collector("node", "cpu", lambda _: ())
_GOOD = gauge("bad_good", "Good.", 1)
_NO_FAMILY = "is no family as gauge() and the like make them"
_NO_NUMBER = "is no number as it stands on a page"
_NO_KIND = "bad_kind is a speed, which is none of"
_NO_LABELS = "is no label set"
_BODY = heading("bad_body", "gauge", "")
_FRAME = Frame([("gauge", "bad_frame", "", [b""])])
_GARBAGE: dict[str, tuple[Any, str]] = {
    "none": (None, "TypeError: 'NoneType' object is not iterable"),
    "number": (42, "TypeError: 'int' object is not iterable"),
    "numbers": ([1, 2, 3], f"this int {_NO_FAMILY}"),
    "text": ("bad_text 1\n", f"this str {_NO_FAMILY}"),
    "bytes": (b"bad_text 1\n", f"this int {_NO_FAMILY}"),
    "pair": ([("bad_pair", b"bad_pair 1\n")], f"this tuple {_NO_FAMILY}"),
    "triple": ([(*_GOOD, 1)], f"this tuple {_NO_FAMILY}"),
    "mixed": ([_GOOD, None], f"this NoneType {_NO_FAMILY}"),
    "list-body": ([(_BODY, [b"1"])], f"this tuple {_NO_FAMILY}"),
    "text-body": ([(_BODY, "bad_body 1\n")], f"this tuple {_NO_FAMILY}"),
    "no-end": ([(_BODY, b"bad_body 1")], "the last line of bad_body does not end"),
    "no-value": ([(_BODY, b"bad_body \n")], f"b'' {_NO_NUMBER}"),
    "underscore": ([(_BODY, b"bad_body 1_000\n")], f"b'1_000' {_NO_NUMBER}"),
    "timestamp": ([(_BODY, b"bad_body 1 1700000000\n")], "bad_body 1 is no series of the gauge bad_body"),
    "comment": ([(_BODY, b"# TYPE node_load1 gauge\n")], f"b'gauge' {_NO_NUMBER}"),
    "others-name": ([(_BODY, b"node_load1 7\n")], "node_load1 is no series of the gauge bad_body"),
    "no-kind": ([(heading("bad_kind", "speed", ""), b"bad_kind 1\n")], _NO_KIND),
    "series-twice": ([(_BODY, b"bad_body 1\nbad_body 2\n")], "the series bad_body was given twice"),
    "twice": ([_GOOD, gauge("bad_good", "Good.", {})], "the family bad_good was given twice"),
    "frame-body": ([(_FRAME, b"bad_frame 1\n")], f"this tuple {_NO_FAMILY}"),
    "frame-short": ([(_FRAME, [])], "0 values for 1 samples"),
    "frame-numbers": ([(_FRAME, [1])], f"1 {_NO_NUMBER}"),
    "frame-no-number": ([(_FRAME, [b"1\nnode_load1 7"])], _NO_NUMBER),
    "frame-kind": ([Frame([("speed", "bad_kind", "", [b""])]).fill([1])], _NO_KIND),
    "frame-twice": ([Frame([("gauge", "bad_frame", "", [b"", b""])]).fill([1, 2])], "bad_frame was given twice"),
    "frame-line": ([Frame([("gauge", "bad_label", "", [b'{of="a\nb"}'])]).fill([1])], _NO_LABELS),
    "frame-name": ([Frame([("gauge", "bad_label", "", [labels(**{"of-what": "a"})])]).fill([1])], _NO_LABELS),
    "not-utf-8": ([gauge("bad_label", "", {b'{of="\xff"}': 1})], "is not UTF-8"),
    "no-braces": ([gauge("bad_label", "", {b"kitchen": 1})], "bad_labelkitchen is no series of the gauge bad_label"),
    "no-quotes": ([gauge("bad_label", "", {b"{of=kitchen}": 1})], _NO_LABELS),
    "line-in-label": ([gauge("bad_label", "", {b'{of="a\nnode_load1 7"}': 1})], _NO_NUMBER),
    "label-twice": ([gauge("bad_label", "", {b'{of="a",of="b"}': 1})], "the label of is there twice or reserved"),
    "reserved": ([gauge("bad_label", "", {b'{__name__="a"}': 1})], "the label __name__ is there twice or reserved"),
}


def _giving(given: Any) -> Collect:
    return lambda _: given


for _name, (_given, _says) in _GARBAGE.items():
    _named(f"garbage-{_name}", _says, _giving(_given))


@_at("ValueError: could not convert string to float")
def no_number(_: float) -> Iterable[Family]:
    return [gauge("bad_number", "No number.", b"12kB")]


@_at("ValueError: 'bad name' is no metric name")
def no_name(_: float) -> Iterable[Family]:
    return [gauge("bad name", "No name.", 1)]


@_at("AttributeError")
def no_text(_: float) -> Iterable[Family]:
    return [(Heading("bad_help", "gauge", 7), b"bad_help 1\n")]  # type: ignore[arg-type]


# What is others'.


@_at("the family node_load1 is served by collector loadavg of node")
def nodes_family(_: float) -> Iterable[Family]:
    return [gauge("bad_load", "Mine.", 1), gauge("node_load1", "The load.", 7)]


@_at("the family node_scrape_collector_success is the program's own")
def nodes_telemetry(_: float) -> Iterable[Family]:
    return [gauge("node_scrape_collector_success", "All is well.", 1)]


@_at("the family process_cpu_seconds_total is served by collector process of motes")
def programs_family(_: float) -> Iterable[Family]:
    return [counter("process_cpu_seconds_total", "Time.", 7)]


# What is wrong elsewhere.


def _otherwise(name: str, says: str, **more: Any) -> None:
    """An exporter whose collector is as it should be."""
    bad = f"bad-{name.replace('_', '-')}"
    family = gauge(f"bad_{name}", "One.", 1)
    _add(f"bad-{name.replace('_', '-')}", says, lambda _: Exporter([Collector("bad", bad, lambda _: [family])], **more))


_add("bad-create", "RuntimeError: no battery", _raising(RuntimeError("no battery")))
_add("bad-create-hangs", "TimeoutError: it has not come back within 5 s", _hangs)
_add("bad-create-exits", "SystemExit: 3", _raising(SystemExit(3)))
_add("bad-create-none", "TypeError: it has made a NoneType, which is no Exporter", lambda _: None)
_add("bad-collectors", "TypeError: 'NoneType' object is not iterable", lambda _: Exporter(None))  # type: ignore[arg-type]
_add("bad-collectors-none", "TypeError: None is no Collector", lambda _: Exporter([None]))  # type: ignore[list-item]
_add("bad-collectors-two", 'ValueError: it has two collectors called "cpu"', lambda _: Exporter([_ONE, _ONE]))
_otherwise("start", "not started", start=_raising(RuntimeError("cannot start")))
_otherwise("start_hangs", "not started", start=_hangs, ended=_hangs)
_otherwise("sensors_hang", "TimeoutError: it has not come back", sensors=_hangs)
_otherwise("close_hangs", "", close=_hangs, settled=_hangs, ended=_hangs, refresh=_hangs)
_otherwise("sensors", "RuntimeError: no sensors", sensors=_raising(RuntimeError("no sensors")))
_otherwise("sensors_none", "TypeError: 'NoneType' object is not iterable", sensors=lambda: None)
_otherwise("close", "", close=_raising(SystemExit("closed")))
_otherwise("asked", "", settled=lambda: "yes", ended=_raising(KeyboardInterrupt()))


def _in_a_thread() -> None:
    threading.Thread(target=_raising(RuntimeError("in a thread")), daemon=True).start()


_otherwise("thread", "", start=_in_a_thread)


def __getattr__(name: str) -> Plugin:
    """What an entry point names, whose names have no dashes."""
    if name == "TELLS_LIKE_NODE":
        return Plugin(
            "bad-telemetry", Catalogue(()), lambda _: Exporter(()), telemetry=("node_scrape_collector", "collector")
        )
    try:
        return PLUGINS[name.replace("_", "-")]
    except KeyError:
        raise AttributeError(f"there is no {name}") from None
