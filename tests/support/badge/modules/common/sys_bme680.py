"""The sensor as the firmware's C module shows it. What it measures stands in a file, which the test may change.

The badge's floats have 32 bits: seven digits.
"""

import time

import uos

_on = False


def init():
    global _on  # noqa: PLW0603 - there is one sensor
    _on = True


def deinit():
    global _on  # noqa: PLW0603 - likewise
    _on = False


def get_data():
    measured = _measure()
    return tuple(_float(measured[name]) for name in ("temperature", "humidity", "pressure", "gas_resistance"))


def get_estimates():
    """BSEC's. ENODEV where it is off."""
    measured = _measure()
    if not measured["estimates"]:
        raise OSError(19)
    return tuple(measured[name] for name in measured["estimates"])


def _measure():
    if not _on:
        raise OSError(22)
    with open(uos.getenv("MEASURED")) as file:
        measured = eval(file.read(), {"nan": float("nan"), "inf": float("inf")})  # noqa: S307 - the test wrote it
    time.sleep(measured["takes"])
    if measured["error"]:
        raise OSError(measured["error"])
    return measured


def _float(number):
    return float("{:.7g}".format(number))  # noqa: UP032 - f-strings are younger than the badge
