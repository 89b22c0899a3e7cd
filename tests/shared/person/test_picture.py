"""A program's status, from JSON to what a person sees of it: true, harmless, and as wide as there is room."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.person.picture import picture
from motes.shared.person.snapshot import parse
from motes.shared.person.terminal import columns
from motes.shared.problems import problems

NOW = 1_800_000_000.0
HOSTILE = "\x1b[2J\x07\u202e\udcff\nnext"


def collector(name: str, state: str = "works", **more: object) -> dict[str, object]:
    told = {"duration_seconds": 0.00123, "series": 7, "last_error": "", "last_error_timestamp": 0}
    return {"name": name, "state": state, **told, **more}


def sensor(name: str, *readings: tuple[str, str], **more: object) -> dict[str, object]:
    return {"name": name, "readings": readings, "seen_timestamp": NOW - 12, "problem": "", "advice": "", **more}


def exporter(name: str, *collectors: object, sensors: object = (), state: str = "works") -> dict[str, object]:
    return {"name": name, "state": state, "collectors": collectors, "sensors": sensors}


def document(*exporters: object, **more: object) -> bytes:
    told = {
        "program": "motesd",
        "version": "1.2",
        "started": NOW - 7500,
        "now": NOW,
        "listeners": [{"address": "127.0.0.1:9100", "state": "listening"}],
        "allow": [],
        "exporters": exporters,
    }
    return json.dumps({**told, **more}).encode()


def seen(told: bytes, width: int = 100) -> list[str]:
    return ["".join(text for text, _ in line) for line in picture(parse(told), width, "http://there/")]


def test_all_is_well() -> None:
    badge = sensor("1-1.2", ("temperature", "21.5 °C"), ("humidity", "45 %"))
    told = document(
        exporter("node", collector("cpu"), collector("zfs", "nothing here", series=0), collector("os")),
        exporter("card10-bme680.kitchen", collector("card10-bme680"), sensors=[badge]),
    )
    assert seen(told) == [
        "motesd 1.2 at http://there/, up 2 h",
        "All is well.",
        "",
        "listening",
        "  127.0.0.1:9100",
        "  may connect: everybody who reaches it",
        "",
        "node  works",
        "  works          cpu  1.23 ms  7   os   1.23 ms  7",
        "  nothing here   zfs",
        "",
        "card10-bme680.kitchen  works",
        "  1-1.2  12 s ago",
        "    temperature 21.5 °C, humidity 45 %",
        "  works          card10-bme680  1.23 ms  7",
    ]


def test_what_is_wrong_comes_first() -> None:
    failed = collector("cpu", "failed", series=0, last_error="OSError: no such file", last_error_timestamp=NOW - 130)
    badge = sensor("1-1.2", problem="denied", advice="join the group dialout", seen_timestamp=0)
    told = document(
        exporter("node", failed, collector("os", last_error="once", last_error_timestamp=NOW - 7300), state="failed"),
        exporter("card10", sensors=[badge]),
        listeners=[{"address": ":80", "state": "not listening: it is taken"}],
        allow=["10.0.0.0/8", "::1"],
    )
    assert seen(told) == [
        "motesd 1.2 at http://there/, up 2 h",
        ":80: not listening: it is taken",
        "node cpu: failed, 2 min ago",
        "  → OSError: no such file",
        "card10 1-1.2: denied",
        "  → join the group dialout",
        "",
        "listening",
        "  :80 not listening: it is taken",
        "  may connect: 10.0.0.0/8, ::1",
        "",
        "node  failed",
        "  failed         cpu",
        "  works          os  1.23 ms  7",
        "  os, 2 h ago: once",
        "",
        "card10  works",
        "  1-1.2  not seen yet",
        "    denied",
    ]


def test_no_line_is_wider_than_the_terminal() -> None:
    collectors = [collector(f"collector{number}", last_error="word " * 30) for number in range(30)]
    badge = sensor("a sensor", *[("temperature", "21.5 °C")] * 9, problem="some problem " * 9, advice="advice " * 30)
    told = document(exporter("node", *collectors, sensors=[badge]), allow=["10.0.0.0/8"] * 20)
    for width in (20, 30, 40, 80, 132, 300):
        lines = seen(told, width)
        # Names are not divided.
        assert [line for line in lines if columns(line) > max(width, 36)] == []
    assert len(seen(told, 300)) < len(seen(told, 80)) < len(seen(told, 40))


@pytest.mark.parametrize("width", [20, 80])
def test_nothing_steers_the_terminal(width: int) -> None:
    told = document(
        exporter(
            HOSTILE,
            collector(HOSTILE, HOSTILE, last_error=HOSTILE, last_error_timestamp=1),
            sensors=[sensor(HOSTILE, (HOSTILE, HOSTILE), problem=HOSTILE, advice=HOSTILE)],
            state=HOSTILE,
        ),
        program=HOSTILE,
        version=HOSTILE,
        listeners=[{"address": HOSTILE, "state": HOSTILE}],
        allow=[HOSTILE],
    )
    assert all(line.isprintable() for line in seen(told, width))


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_SHAPES: dict[str, tuple[str, ...]] = {
    "whole": ("version", "started", "now", "listeners", "allow"),
    "exporter": ("name", "state", "collectors", "sensors"),
    "collector": ("name", "state", "duration_seconds", "series", "last_error", "last_error_timestamp"),
    "sensor": ("name", "readings", "seen_timestamp", "problem", "advice"),
}


def _like(shape: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(_SHAPES[shape], _ANYTHING))


@given(_like("whole"), _like("exporter"), _like("collector"), _like("sensor"))
def test_whatever_a_server_says_is_shown_or_refused(
    whole: dict[str, Any], one: dict[str, Any], told: dict[str, Any], felt: dict[str, Any]
) -> None:
    exporters = [one, {"name": "node", "collectors": [told, told], "sensors": [felt]}]
    said = json.dumps({**whole, "program": "motesd", "exporters": exporters}).encode()
    assert all(line.isprintable() for line in seen(said))
    problems(parse(said).report)


@pytest.mark.parametrize(
    "told",
    [b"", b"motes is healthy.\n", b"[]", b"{}", b'{"program": "x"}', b'{"program": 1, "exporters": 2}', b"[" * 100_000],
)
def test_what_is_no_status(told: bytes) -> None:
    with pytest.raises(ValueError, match="no status of a program of motes"):
        parse(told)
