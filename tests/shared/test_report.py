"""What is told of a program: every state and every sensor, for those who are served it, and nothing that hurts."""

import json
import math
from collections.abc import Callable, Iterable, Iterator

import pytest
from motes.shared import broken
from motes.shared.collector import Collector
from motes.shared.engine import State
from motes.shared.exposition import gauge
from motes.shared.problems import problems
from motes.shared.report import ExporterReport, Report, _collected
from motes.shared.result import Result
from motes.shared.sensor import Sensor
from motes.shared.status_json import plain

from tests.shared.conftest import Logged
from tests.support.told import Told, matches, plugin

WELL = Sensor("attic", [("temperature", "21.5 °C")], 1000.0)
BROKEN = Sensor("cellar", [], 0.0, problem="not heard", advice="change its battery")
COLD = Sensor("barn", [], 1.0, problem="cold")


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told(
        plugin("node", "works", "fails", "absent", "hangs", "idle"),
        plugin("thermometers", "thermometers", sensors=lambda: [WELL, BROKEN, COLD]),
        own=True,
    )
    works, fails, absent, hangs, *_ = made.engine.states
    works.result = Result([gauge("a", "A.", {b'{a="1"}': 1, b'{a="2"}': 2})], 0.0123)
    fails.result = Result((), 0.001, error="ValueError")
    fails.last_error, fails.failed_at = "ValueError: no", 86400.0
    absent.result = Result((), 0.002, absent=True)
    hangs.late = True
    yield made
    made.close()


def exporter(report: Report, name: str) -> ExporterReport:
    (found,) = [each for each in report.exporters if each.name == name]
    return found


def test_how_collectors_do(told: Told) -> None:
    collectors = exporter(told.report(), "node").collectors
    assert [(each.name, each.state, each.duration, each.series, each.error, each.failed_at) for each in collectors] == [
        ("works", "works", 0.0123, 2, "", 0.0),
        ("fails", "failed", 0.001, 0, "ValueError: no", 86400.0),
        ("absent", "nothing here", 0.002, 0, "", 0.0),
        ("hangs", "hangs", 0.0, 0, "", 0.0),
        ("idle", "not asked yet", None, 0, "", 0.0),
    ]


def test_an_exporter_is_as_its_worst_collector(told: Told) -> None:
    states = told.engine.states
    seen = []
    for worst in (states[3], states[1], states[0], states[4], states[2]):
        seen.append(exporter(told.report(), "node").state)
        worst.collector.exporter = "gone"
    assert seen == ["hangs", "failed", "works", "not asked yet", "nothing here"]
    assert exporter(told.report(), "node").state == "works"


def fails() -> Iterable[Sensor]:
    raise KeyError("x")


def test_one_that_cannot_start_or_read_its_files() -> None:
    told = Told(plugin("a", "a", start=fails), plugin("b", "b", refresh=fails))
    told.running.refresh()
    report = told.report()
    assert [(each.state, each.problem) for each in report.exporters] == [
        ("not started", "not started: KeyError: 'x'"),
        ("not asked yet", "not refreshed: KeyError: 'x'"),
    ]
    assert [(each.where, each.what) for each in problems(report)] == [
        ("a", "not started: KeyError: 'x'"),
        ("b", "not refreshed: KeyError: 'x'"),
    ]
    told.close()


def test_titles() -> None:
    only = _collected(State(Collector("badge", "badge", lambda _: ())))
    assert ExporterReport("badge", [only]).title(only) == "badge"
    assert ExporterReport("badge.kitchen", [only]).title(only) == "badge.kitchen"
    assert ExporterReport("node", [only]).title(only) == "node badge"


def test_one_that_is_broken() -> None:
    told = Told(broken.plugin("a", ImportError("no libfoo")))
    (exporter,) = told.report().exporters
    assert (exporter.state, exporter.problem) == ("not asked yet", "ImportError: no libfoo")
    # Once it has been asked, its collector says so.
    (state,) = told.engine.states
    state.result = Result((), 0.0, error="ImportError: no libfoo")
    (exporter,) = told.report().exporters
    assert (exporter.state, exporter.problem) == ("failed", "")
    told.close()


def test_the_program_itself(told: Told) -> None:
    told.problem = "not taken"
    first, *_ = problems(told.report())
    assert (first.where, first.what) == ("motes<d>", "not taken")


def test_who_is_served_little_is_told_little(told: Told) -> None:
    assert [each.name for each in told.report().exporters] == ["node", "thermometers", "motes"]
    assert [each.name for each in told.report("thermometers").exporters] == ["thermometers", "motes"]
    assert [each.name for each in told.report("other").exporters] == ["motes"]


def test_who_is_served_little_learns_of_no_other_address(told: Told) -> None:
    tcp, unix = [each.address for each in told.listeners.listeners]
    told.views = {tcp: frozenset(["node", "thermometers"]), unix: frozenset(["thermometers"])}
    assert len(told.report().listeners) == 2
    assert len(told.report("thermometers").listeners) == 2
    assert told.report("node").listeners == [("127.0.0.1:9100", "closed")]
    told.views[unix] = frozenset()
    assert told.report("thermometers").listeners == [("127.0.0.1:9100", "closed")]


def test_sensors(told: Told) -> None:
    attic, cellar, _ = exporter(told.report(), "thermometers").sensors
    assert (attic.name, attic.readings, attic.seen) == ("attic", [("temperature", "21.5 °C")], 1000.0)
    assert (attic.problem, attic.advice) == ("", "")
    assert (cellar.problem, cellar.advice) == ("not heard", "change its battery")


def ends_the_program() -> Iterable[Sensor]:
    raise SystemExit(3)


def fails_late() -> Iterator[Sensor]:
    yield WELL
    raise RecursionError("deep")


@pytest.mark.parametrize(
    ("sensors", "said"),
    [
        (fails, "KeyError: 'x'"),
        (ends_the_program, "SystemExit: 3"),
        (fails_late, "RecursionError: deep"),
        (lambda: None, "TypeError: 'NoneType' object is not iterable"),
        (lambda: ["attic"], "TypeError: a str is no Sensor"),
        (lambda: [Sensor("a", [("x",)], 0.0)], "ValueError: not enough values to unpack (expected 2, got 1)"),  # type: ignore[list-item]
        (lambda: [Sensor("a", None, 0.0)], "TypeError: 'NoneType' object is not iterable"),  # type: ignore[arg-type]
        (lambda: [Sensor("a", (), "now")], "TypeError: '<' not supported between instances of 'int' and 'str'"),  # type: ignore[arg-type]
    ],
)
def test_rubbish_costs_its_own_sensors(sensors: Callable[[], Iterable[Sensor]], said: str, events: Logged) -> None:
    told = Told(plugin("bad", "bad", sensors=sensors), plugin("good", "good", sensors=lambda: [WELL]))
    try:
        for _ in range(2):
            bad, good = told.report().exporters
            assert [each.name for each in good.sensors] == ["attic"]
            assert [(each.problem, each.advice) for each in bad.sensors] == [("they are not told of", said)]
        assert events == [("error", "exporter does not tell of its sensors", {"exporter": "bad", "err": said})]
    finally:
        told.close()


@pytest.mark.parametrize("seen", [math.nan, math.inf, -math.inf, -1.0, 0.0])
def test_what_is_no_time_is_never(seen: float) -> None:
    told = Told(plugin("bad", "bad", sensors=lambda: [Sensor("a", (), seen)]))
    assert told.report().exporters[0].sensors[0].seen == 0.0
    told.close()


def endless() -> Iterator[Sensor]:
    while True:
        yield Sensor("a" * 5000, [("b", "\udcff")] * 1000, 1.0)


def test_what_is_told_has_an_end() -> None:
    told = Told(plugin("bad", "bad", sensors=endless))
    sensors = told.report().exporters[0].sensors
    told.close()
    assert len(sensors) == 5000
    assert sensors[0].name == "a" * 1000 + "…"
    assert sensors[0].readings == [("b", "?")] * 50


def test_what_is_wrong(told: Told) -> None:
    told.listeners.listeners[0].state = "not listening: no"
    report = told.report()
    days = int(report.now // 86400)
    assert [(each.where, each.what, each.when, each.more) for each in problems(report)] == [
        ("127.0.0.1:9100", "not listening: no", "", ""),
        ("node fails", "failed", f"{days - 1:,} d ago", "ValueError: no"),
        ("node hangs", "hangs", "for 0 s", ""),
        ("thermometers cellar", "not heard", "", "change its battery"),
        ("thermometers barn", "cold", f"last seen {days:,} d ago", ""),
    ]


def test_what_works_again_is_not_wrong(told: Told) -> None:
    fails: State = told.engine.states[1]
    fails.result = Result((), 0.001)
    report = told.report()
    assert "node fails" not in [each.where for each in problems(report)]
    assert exporter(report, "node").collectors[1].error == "ValueError: no"


def test_the_json_is_as_it_was_agreed(told: Told) -> None:
    number = (int, float)
    schema = {
        "program": str,
        "version": str,
        "started": number,
        "now": number,
        "listeners": [{"address": str, "state": str}],
        "allow": [str],
        "problem": str,
        "exporters": [
            {
                "name": str,
                "state": ("works", "failed", "hangs", "nothing here", "not asked yet", "not started"),
                "problem": str,
                "collectors": [
                    {
                        "name": str,
                        "state": ("works", "failed", "hangs", "nothing here", "not asked yet"),
                        "duration_seconds": (*number, type(None)),
                        "series": int,
                        "last_error": str,
                        "last_error_timestamp": number,
                    }
                ],
                "sensors": [
                    {
                        "name": str,
                        "readings": [[str]],
                        "seen_timestamp": number,
                        "problem": str,
                        "advice": str,
                    }
                ],
            }
        ],
    }
    sent = json.loads(json.dumps(plain(told.report()), allow_nan=False))
    matches(sent, schema)
    assert sent["allow"] == ["127.0.0.1", "10.77.0.0/24"]
    assert sent["listeners"][0] == {"address": "127.0.0.1:9100", "state": "closed"}
    assert sent["exporters"][1]["sensors"][0]["readings"] == [["temperature", "21.5 °C"]]
    assert sent["started"] <= sent["now"]
