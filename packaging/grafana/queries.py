"""Queries that several panels have, and formulas."""

# Magnus' formula for vapour over water, with the coefficients of the WMO's Guide No. 8, annex 4.B.
_SCALE, _FACTOR, _SHIFT = 6.112, 17.62, 243.12
# Grams of water in a cubic metre, at a hectopascal and a kelvin: 100 over its gas constant, 0.4615 J/(g K).
_GRAMS = 216.68


def called(query: str, name: str, *labels: str) -> str:
    """With a label that says what the last of some labels says that says anything."""
    for label in labels:
        query = f'label_replace({query}, "{name}", "$1", "{label}", "(.+)")'
    return query


def own(query: str) -> str:
    """What a process tells of itself, of motes' processes alone: whatever is scraped may do so."""
    return f"({query} and on (job, instance) motes_build_info{{}})"


def thermometer(query: str) -> str:
    """A query of thermometers with `place`: the name that was given to each, or else its address."""
    named = f"({query}) * on (job, instance, instance_name, mac) group_left (name) thermometer_info{{}}"
    return called(named, "place", "mac", "name")


def dew_point(celsius: str, percent: str) -> str:
    logarithm = f"(ln(clamp_min({percent}, 1) / 100) + {_FACTOR} * {celsius} / ({_SHIFT} + {celsius}))"
    return f"{_SHIFT} * {logarithm} / ({_FACTOR} - {logarithm})"


def pressure(celsius: str) -> str:
    """Of water's saturated vapour, in hectopascals."""
    return f"{_SCALE} * exp({_FACTOR} * ({celsius}) / ({_SHIFT} + ({celsius})))"


def grams(celsius: str, percent: str) -> str:
    return f"{_GRAMS} * {percent} / 100 * {pressure(celsius)} / (273.15 + {celsius})"


def elsewhere(celsius: str, percent: str, colder: float) -> str:
    """The same air's relative humidity where it is colder, in percent."""
    return f"clamp_max({percent} * ({pressure(celsius)}) / ({pressure(f'{celsius} - {colder}')}), 100)"
