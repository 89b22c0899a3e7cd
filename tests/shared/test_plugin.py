"""What a kind of exporter may be."""

import pytest
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin


def plugin(name: str, *telemetry: str) -> Plugin:
    return Plugin(name, Catalogue(()), lambda _: Exporter(()), telemetry=telemetry)  # type: ignore[arg-type]


def test_telemetry_of_its_own() -> None:
    assert plugin("card10-bme680", "card10_bme680_collector", "sensor").telemetry == (
        "card10_bme680_collector",
        "sensor",
    )
    assert plugin("any", "motes_exporter", "exporter").telemetry == ("motes_exporter", "exporter")


@pytest.mark.parametrize(
    ("prefix", "label"),
    [
        ("node_scrape_collector", "collector"),
        ("motes_exporter", "collector"),
        ("motes", "exporter"),
        ("mine", "collector"),
        ("mine_a b", "collector"),
        ("mine_x", "a-b"),
        ("mine_x", ""),
    ],
)
def test_telemetry_that_would_be_anothers_or_none(prefix: str, label: str) -> None:
    with pytest.raises(ValueError, match=r"does not begin with|no metric name|no name of a label"):
        plugin("mine", prefix, label)
