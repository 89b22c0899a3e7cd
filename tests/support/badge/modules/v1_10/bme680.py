"""Firmware 1.10 to 1.16: a class, beside the functions."""

import sys_bme680
import ucollections
from sys_bme680 import deinit, get_data, init  # noqa: F401 - the old module

Bme680Data = ucollections.namedtuple("Bme680Data", ("temperature", "humidity", "pressure", "gas_resistance"))


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
        return Bme680Data(*sys_bme680.get_data())

    def temperature(self):
        return self.get_data().temperature

    def humidity(self):
        return self.get_data().humidity

    def pressure(self):
        return self.get_data().pressure

    def gas_resistance(self):
        return self.get_data().gas_resistance
