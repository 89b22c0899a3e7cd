"""The code that a badge runs, run here, and what is made of its answer."""

import sys
from contextlib import redirect_stdout
from io import StringIO
from types import ModuleType, SimpleNamespace

import pytest
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.question import Question

TOLD = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}


class Functions(ModuleType):
    """The firmware's module from 1.4 to 1.9."""

    def __init__(self, *data: object) -> None:
        super().__init__("bme680")
        self.on = False
        self.data = data

    def init(self) -> None:
        self.on = True

    def deinit(self) -> None:
        self.on = False

    def get_data(self) -> tuple[object, ...]:
        if not self.on:
            raise OSError(22)
        if isinstance(self.data[0], Exception):
            raise self.data[0]
        return self.data


class Classes(Functions):
    """From 1.10 on."""

    def Bme680(self) -> "Classes":  # noqa: N802 - the firmware's name
        return self

    def __enter__(self) -> SimpleNamespace:
        self.init()
        return SimpleNamespace(get_data=self.get_data)

    def __exit__(self, *_: object) -> None:
        self.deinit()


def run(monkeypatch: pytest.MonkeyPatch, code: str, module: ModuleType | None) -> bytes:
    """What it prints."""
    monkeypatch.setitem(sys.modules, "bme680", module)
    names: dict[str, object] = {}
    with redirect_stdout(StringIO()) as printed:
        exec(code, names)  # noqa: S102 - this is what a badge does
    assert names.keys() == {"__builtins__"}
    return printed.getvalue().replace("\n", "\r\n").encode()


@pytest.mark.parametrize("module", [Functions(*TOLD.values()), Classes(*TOLD.values())], ids=["1.4", "1.10"])
def test_reads_and_turns_the_sensor_off(monkeypatch: pytest.MonkeyPatch, module: Functions) -> None:
    question = Question()
    assert question.answer(run(monkeypatch, question.code.decode(), module)) == TOLD
    assert not module.on


def test_reads_what_bsec_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question()
    said = run(monkeypatch, question.code.decode(), Classes(*TOLD.values(), 57, 2, 612.5))
    assert question.answer(said) == {**TOLD, "iaq": 57, "iaq_accuracy": 2, "eco2": 612.5}


def test_the_line_for_the_friendly_repl_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question()
    line = question.line.decode()
    assert line.endswith("\r")
    assert not {"\n", "\t"}.intersection(line), "lines would be indented, and tabs completed"
    assert question.answer(run(monkeypatch, line, Functions(*TOLD.values()))) == TOLD


@pytest.mark.parametrize("module", [Functions(OSError(5)), Classes(OSError(5)), None], ids=["1.4", "1.10", "missing"])
def test_what_the_sensor_raises_is_told(monkeypatch: pytest.MonkeyPatch, module: Functions | None) -> None:
    question = Question()
    said = run(monkeypatch, question.code.decode(), module)
    with pytest.raises(Failure, match="Error") as raised:
        question.answer(said)
    assert raised.value.reason == "no_sensor"
    assert module is None or not module.on


def test_an_older_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    said = run(monkeypatch, Question().code.decode(), Functions(*TOLD.values()))
    assert Question().answer(said) is None


def test_the_question_that_is_repeated_is_no_answer() -> None:
    question = Question()
    assert question.answer(question.code) is None
    assert question.answer(question.line + b"\n") is None


def test_a_part_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question()
    said = run(monkeypatch, question.code.decode(), Functions(*TOLD.values()))
    for end in range(len(said)):
        assert question.answer(said[:end]) is None


def test_no_octet_may_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question()
    said = run(monkeypatch, question.code.decode(), Functions(*TOLD.values()))
    begin, end = said.index(b"<") + 14, said.index(b">")
    for at in range(begin, end):
        for octet in b"0", b" ", b"\n", b"[  13.000] WARN\r\n", b"":
            for cut in (at, at + 1):
                changed = said[:at] + octet + said[cut:]
                if changed != said:
                    with pytest.raises(Failure, match="mutilated"):
                        question.answer(changed)
