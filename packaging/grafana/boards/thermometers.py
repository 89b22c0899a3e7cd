"""Thermometers: now, history, comfort, when the battery is to be changed, and the radio."""

from board import Board
from panels import BAD, COLD, FAIR, GOOD, WARN, YES_NO, Steps, bars, lines, row, stat, states
from queries import dew_point, elsewhere, grams, thermometer
from tables import Column, table

_TEMPERATURE, _HUMIDITY = "thermometer_temperature_celsius{}", "thermometer_humidity_ratio{}"
_BATTERY = "thermometer_battery_ratio{}"
# A corner of an outer wall, or what stands behind furniture, is some kelvins colder than the room.
_COLDER = 4
_YEAR = 365 * 86400
_DEW_POINT = thermometer(dew_point(_TEMPERATURE, _HUMIDITY))
_GRAMS = thermometer(grams(_TEMPERATURE, _HUMIDITY))
_AT_THE_WALL = thermometer(elsewhere(_TEMPERATURE, _HUMIDITY, _COLDER))
# How long it lasts at the pace of the last month; two years stand for any longer time.
_LEFT = (
    "clamp_max(thermometer_battery_ratio{} / clamp_min(-deriv(thermometer_battery_ratio{}[30d]), 1e-9), "
    f"{2 * _YEAR})"
)
_SILENT = thermometer("time() - thermometer_last_seen_timestamp_seconds{}")

_WARM: Steps = ((None, COLD), (17, GOOD), (24, FAIR), (27, WARN), (30, BAD))
_HUMID: Steps = ((None, WARN), (30, FAIR), (40, GOOD), (60, FAIR), (70, BAD))
_MOULD: Steps = ((None, GOOD), (70, FAIR), (80, BAD))
_FULL: Steps = ((None, BAD), (10, WARN), (25, GOOD))
_SOON: Steps = ((None, BAD), (14 * 86400, WARN), (60 * 86400, GOOD))
_NEAR: Steps = ((None, WARN), (-90, FAIR), (-80, GOOD))
_LATE: Steps = ((None, GOOD), (120, FAIR), (1800, BAD))


def _each(query: str) -> str:
    """A line of the table: a thermometer on a host."""
    return f"max by (instance, place) ({thermometer(query)})"


BOARD = Board(
    "thermometers",
    "Thermometers",
    "What it is like in each room, what it was like, and what the thermometers need.",
    "thermometer_frames_total",
    [
        row("Now"),
        stat(
            "Temperature",
            thermometer(_TEMPERATURE),
            "celsius",
            legend="{{place}}",
            steps=_WARM,
            decimals=1,
            trend=True,
            width=12,
            height=6,
        ),
        stat(
            "Humidity",
            thermometer(_HUMIDITY),
            "percent",
            legend="{{place}}",
            steps=_HUMID,
            decimals=0,
            trend=True,
            width=12,
            height=6,
        ),
        table(
            "Rooms",
            {"place": "Room", "instance": "Heard by"},
            [
                Column("Temperature", _each(_TEMPERATURE), "celsius", _WARM, decimals=1),
                Column("Humidity", _each(_HUMIDITY), "percent", _HUMID, decimals=0),
                Column("Dew point", f"max by (instance, place) ({_DEW_POINT})", "celsius", decimals=1),
                Column("Water in the air", f"max by (instance, place) ({_GRAMS})", "congm3", decimals=1),
                Column("Battery", _each(_BATTERY), "percent", _FULL, decimals=0),
                Column("Signal", _each("thermometer_rssi_dbm{}"), "dBm", _NEAR),
                Column("Last heard", f"max by (instance, place) ({_SILENT})", "dtdurations", _LATE),
            ],
            about="Readings vanish when they are not true any more; when a thermometer was last heard stays.",
            sort="Room",
        ),
        row("History"),
        lines("Temperature", thermometer(_TEMPERATURE), "celsius", legend="{{place}}", width=24, height=10),
        lines("Humidity", thermometer(_HUMIDITY), "percent", legend="{{place}}", span=(0, 100), width=24),
        row("Comfort"),
        states(
            "Too dry, comfortable, too humid",
            thermometer(_HUMIDITY),
            legend="{{place}}",
            steps=_HUMID,
            unit="percent",
            about="Comfortable is 40 to 60 %. Below 30 % is too dry, above 70 % too humid.",
        ),
        states(
            "Too cold, comfortable, too warm",
            thermometer(_TEMPERATURE),
            legend="{{place}}",
            steps=_WARM,
            unit="celsius",
            about="Comfortable is 17 to 24 °C.",
        ),
        lines(
            f"Humidity where it is {_COLDER} °C colder",
            _AT_THE_WALL,
            "percent",
            legend="{{place}}",
            steps=_MOULD,
            span=(0, 100),
            about="In a corner, or behind furniture. Where it is 80 % or more for days, mould grows.",
        ),
        lines(
            "Water in the air",
            _GRAMS,
            "congm3",
            legend="{{place}}",
            about="Airing makes a room drier as long as there is less water in the air outside.",
        ),
        lines(
            "Temperature above the dew point",
            thermometer(f"{_TEMPERATURE} - {dew_point(_TEMPERATURE, _HUMIDITY)}"),
            "celsius",
            legend="{{place}}",
            about="What is colder than the air by as much becomes wet.",
            width=24,
        ),
        row("Batteries"),
        bars("Charge", thermometer(_BATTERY), "percent", legend="{{place}}", steps=_FULL, span=(0, 100)),
        table(
            "To be changed in",
            {"place": "Room", "instance": "Heard by"},
            [
                Column("Empty in", _each(_LEFT), "dtdurations", _SOON),
                Column("Volts", _each("thermometer_battery_volts{}"), "volt", decimals=2),
            ],
            about="At the pace of the last 30 days; two years or more, where it has lost nothing. Means little in the "
            "first weeks with a battery.",
            sort="Empty in",
            width=8,
        ),
        lines(
            "Charge",
            thermometer("avg_over_time(thermometer_battery_ratio{}[$__interval])"),
            "percent",
            legend="{{place}}",
            span=(0, 100),
            step="1h",
            width=8,
        ),
        row("Radio"),
        lines("Signal", thermometer("thermometer_rssi_dbm{}"), "dBm", legend="{{place}} at {{instance}}"),
        lines(
            "Readings a minute",
            thermometer("rate(thermometer_frames_total{}[$__rate_interval]) * 60"),
            legend="{{place}} at {{instance}}",
        ),
        lines(
            "Frames refused in an hour",
            "sum by (instance, mac, reason) (increase(thermometer_frames_refused_total{}[1h]))",
            legend="{{mac}}: {{reason}} at {{instance}}",
            about="Plain ones of a device whose key is known, and such as its key does not fit.",
        ),
        lines(
            "Advertisements a second, of any device",
            "rate(thermometer_advertisements_total{}[$__rate_interval])",
            legend="{{instance}} {{instance_name}}",
        ),
        states("Listening", "thermometer_scanner_up{}", legend="{{instance}} {{instance_name}}", meanings=YES_NO),
        table(
            "Thermometers that were heard",
            {"mac": "Address", "name": "Name", "firmware": "Firmware", "formats": "Formats", "instance": "Heard by"},
            [Column("", "max by (mac, name, firmware, formats, instance) (thermometer_info{})")],
            sort="Name",
            width=12,
            height=6,
        ),
    ],
)
