"""Firmware 1.4 to 1.9: functions."""

from sys_bme680 import deinit, get_data, init  # noqa: F401 - the module is made of them
