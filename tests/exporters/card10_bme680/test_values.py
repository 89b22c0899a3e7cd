"""What a badge tells, in base units, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.values import HELPS, NAMES, checked, fold, named

TOLD = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}
BY_BSEC = {"iaq": 57.0, "iaq_accuracy": 2.0, "eco2": 612.5, "breath_voc": 0.75}
# In base units.
LIMITS = {
    "temperature_celsius": (-40, 85),
    "humidity_ratio": (0, 1),
    "pressure_pascals": (30_000, 110_000),
    "gas_resistance_ohms": (0, 3.5e38),
    "iaq": (0, 500),
    "iaq_accuracy": (0, 3),
    "iaq_trusted": (0, 1),
    "eco2_ppm": (0, 3.5e38),
    "breath_voc_ppm": (0, 3.5e38),
}


def test_base_units() -> None:
    assert checked(TOLD) == {
        "temperature_celsius": 21.5,
        "humidity_ratio": 0.4525,
        "pressure_pascals": 100312.5,
        "gas_resistance_ohms": 123456.0,
    }
    assert checked(BY_BSEC) == {
        "iaq": 57,
        "iaq_accuracy": 2,
        "iaq_trusted": 1,
        "eco2_ppm": 612.5,
        "breath_voc_ppm": 0.75,
    }


@pytest.mark.parametrize(("accuracy", "trusted"), [(0, 0), (1, 1), (2, 1), (3, 1)])
def test_accuracy_0_is_not_trusted(accuracy: float, trusted: float) -> None:
    assert checked({**TOLD, **BY_BSEC, "iaq_accuracy": accuracy})["iaq_trusted"] == trusted


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("temperature", -40, 85),
        ("humidity", 0, 100),
        ("pressure", 300, 1100),
        ("gas_resistance", 1e-6, 1e38),
        ("iaq", 0, 500),
        ("iaq_accuracy", 0, 3),
        ("eco2", 0, 1e38),
        ("breath_voc", 0, 1e38),
    ],
)
def test_range(name: str, least: float, most: float) -> None:
    for value in (least, most):
        assert checked({**TOLD, name: value})
    for value in (least - 0.01, math.nextafter(most, math.inf) if most < 1e38 else math.inf, math.nan, -math.inf):
        with pytest.raises(Failure) as raised:
            checked({**TOLD, name: value})
        assert raised.value.reason == "out_of_range"
        assert name in str(raised.value)


def test_no_gas_resistance_is_none() -> None:
    with pytest.raises(Failure):
        checked({**TOLD, "gas_resistance": 0.0})


@given(st.dictionaries(st.sampled_from(NAMES), st.floats()))
def test_nothing_leaves_the_range(told: dict[str, float]) -> None:
    try:
        values = checked(told)
    except Failure as failure:
        assert failure.reason == "out_of_range"
    else:
        assert values.keys() <= HELPS.keys()
        for name, value in values.items():
            least, most = LIMITS[name]
            assert least <= value <= most


@pytest.mark.parametrize("length", [4, 7, 8])
def test_tuples_of_each_firmware(length: int) -> None:
    assert named([str(number) for number in range(length)]) == dict(zip(NAMES, range(length), strict=False))


@pytest.mark.parametrize("words", ["", "21.5", "1 2 3 4 5", "1 2 3 4 5 6 7 8 9", "1 2 3 None", "1_0 2 3 4"])
def test_other_tuples_are_none(words: str) -> None:
    with pytest.raises(Failure) as raised:
        named(words.split())
    assert raised.value.reason == "garbled"


def test_fold_tells_order_and_length() -> None:
    assert fold(b"") == 0
    assert fold(b"ab") == ord("a") * 31 + ord("b")
    assert len({fold(each) for each in (b"12.5", b"12.50", b"1.25", b"21.5", b"2.5", b"12.")}) == 6
