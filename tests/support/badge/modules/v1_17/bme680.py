"""Firmware 1.17: BSEC's estimates where card10.cfg turns it on."""

import sys_bme680
import ucollections
from sys_bme680 import deinit, get_data, init  # noqa: F401 - the old module

_MEASURED = ("temperature", "humidity", "pressure", "gas_resistance")
_ESTIMATED = ("iaq", "iaq_accuracy", "eco2", "breath_voc_equivalent")

Bme680Data = ucollections.namedtuple("Bme680Data", _MEASURED)


class Bme680:
    def __init__(self):
        sys_bme680.init()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        sys_bme680.deinit()

    def get_data(self):
        measured = sys_bme680.get_data()
        try:
            estimates = sys_bme680.get_estimates()
        except OSError:
            return Bme680Data(*measured)
        return ucollections.namedtuple("BSECData", _MEASURED + _ESTIMATED[: len(estimates)])(*measured + estimates)

    def temperature(self):
        return self.get_data().temperature

    def humidity(self):
        return self.get_data().humidity

    def pressure(self):
        return self.get_data().pressure

    def gas_resistance(self):
        return self.get_data().gas_resistance

    def iaq(self):
        return sys_bme680.get_estimates()[0]

    def iaq_accuracy(self):
        return sys_bme680.get_estimates()[1]

    def eco2(self):
        return sys_bme680.get_estimates()[2]
