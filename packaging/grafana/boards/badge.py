"""The card10 badge: the air, and how far its quality can be believed."""

from board import Board
from panels import BAD, COLD, FAIR, GOOD, UP, WARN, Meanings, Steps, lines, row, stat, states
from queries import called
from tables import Column, table

# The bands of the index by Bosch's description of BSEC, some of them taken together.
_INDEX: Steps = ((None, GOOD), (101, FAIR), (151, WARN), (201, BAD), (351, "purple"))
_ACCURACY: Meanings = {
    0: ("warming up", BAD),
    1: ("uncalibrated", WARN),
    2: ("calibrating", FAIR),
    3: ("calibrated", GOOD),
}
_CARBON: Steps = ((None, GOOD), (1000, FAIR), (1400, WARN), (2000, BAD))
_WARM: Steps = ((None, COLD), (17, GOOD), (24, FAIR), (27, WARN), (30, BAD))
_HUMID: Steps = ((None, WARN), (0.3, FAIR), (0.4, GOOD), (0.6, FAIR), (0.7, BAD))
_WAIT = "not to be believed yet"
_LEGEND = "{{place}} at {{instance}}"


def _badge(query: str) -> str:
    """With `place`: the instance that it is in motesd's file, or else its port."""
    return called(query, "place", "device", "instance_name")


def _trusted(query: str) -> str:
    """An estimate, as long as it means something."""
    return _badge(f"{query} and card10_iaq_trusted{{}} == 1")


BOARD = Board(
    "badge",
    "Badge",
    "The air around card10 badges, with how far its quality can be believed.",
    "card10_up",
    [
        row("Now"),
        stat(
            "Air quality",
            _trusted("card10_iaq{}"),
            legend=_LEGEND,
            steps=_INDEX,
            none=_WAIT,
            decimals=0,
            about="0 is clean, 100 good, 150 a little bad, 200 bad, 500 the worst there is. By BSEC; shown where its "
            "accuracy is at least 1.",
        ),
        stat(
            "Accuracy",
            _badge("card10_iaq_accuracy{}"),
            legend=_LEGEND,
            meanings=_ACCURACY,
            about="How far BSEC has come with learning what clean air is. It takes days with and without fresh air.",
        ),
        stat("Carbon dioxide", _trusted("card10_eco2_ppm{}"), "ppm", legend=_LEGEND, steps=_CARBON, none=_WAIT),
        stat("Temperature", _badge("card10_temperature_celsius{}"), "celsius", legend=_LEGEND, steps=_WARM, decimals=1),
        stat("Humidity", _badge("card10_humidity_ratio{}"), "percentunit", legend=_LEGEND, steps=_HUMID, decimals=0),
        stat(
            "Pressure, change in 3 hours",
            _badge("delta(card10_pressure_pascals{}[3h]) / 100"),
            "pressurehpa",
            legend=_LEGEND,
            decimals=1,
            about="Falling by more than 3 hPa, wind and rain are on their way.",
        ),
        row("Air quality"),
        lines(
            "Air quality, where it can be believed",
            _trusted("card10_iaq{}"),
            "none",
            legend=_LEGEND,
            steps=_INDEX,
            span=(0, 500),
            width=24,
            height=9,
        ),
        states("Accuracy", _badge("card10_iaq_accuracy{}"), legend=_LEGEND, meanings=_ACCURACY, width=24, height=5),
        lines("Carbon dioxide, estimated", _trusted("card10_eco2_ppm{}"), "ppm", legend=_LEGEND, steps=_CARBON),
        lines(
            "Breath, estimated", _trusted("card10_breath_voc_ppm{}"), "ppm", legend=_LEGEND, about="Organic compounds."
        ),
        lines(
            "Resistance of the gas sensor",
            _badge("card10_gas_resistance_ohms{}"),
            "ohm",
            legend=_LEGEND,
            about="What it measures: the lower, the more there is in the air. True whatever the accuracy is.",
            width=24,
        ),
        row("Climate"),
        lines("Temperature", _badge("card10_temperature_celsius{}"), "celsius", legend=_LEGEND, width=8),
        lines("Humidity", _badge("card10_humidity_ratio{}"), "percentunit", legend=_LEGEND, span=(0, 1), width=8),
        lines("Pressure", _badge("card10_pressure_pascals{} / 100"), "pressurehpa", legend=_LEGEND, width=8),
        row("The badge itself"),
        states("Read", _badge("card10_up{}"), legend=_LEGEND, meanings=UP),
        lines(
            "Attempts without a reading in an hour",
            _badge("increase(card10_failures_total{}[1h])"),
            legend=_LEGEND + ": {{reason}}",
            height=6,
        ),
        table(
            "Problems, and what to do",
            {"instance": "Host", "device": "Port", "problem": "Problem", "advice": "What to do"},
            [Column("", "max by (instance, device, problem, advice) (card10_problem_info{})")],
            none="none",
            width=14,
            height=6,
        ),
        table(
            "Badges",
            {"instance": "Host", "device": "Port", "firmware": "Firmware"},
            [
                Column("", "max by (instance, device, firmware) (card10_info{})"),
                Column(
                    "Last reading",
                    "time() - max by (instance, device) (card10_last_seen_timestamp_seconds{})",
                    "dtdurations",
                    ((None, GOOD), (300, FAIR), (3600, BAD)),
                ),
            ],
            width=10,
            height=6,
        ),
    ],
)
