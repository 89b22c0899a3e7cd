"""Thermal zones and what cools them.

Source: sys/class/thermal, see the kernel's driver-api/thermal/sysfs-api.
Unit:   degrees Celsius, from thousandths; states of cooling devices are steps from 0 (no cooling), -1 for idle.
Errors: a zone or device that lacks an attribute or gives no value at the moment is left out. One that fails in another
        way, or gives something else than a number, fails the collector. Without any there are no series.
"""

import errno
from collections.abc import Iterator

from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, Value, gauge, labels

_ZONE = "thermal_zone"
_COOLING = "cooling_device"
# ENODATA and EAGAIN for a sensor that is off or not ready, EINVAL for one that is broken, ENODEV for one that is gone.
_NO_VALUE = frozenset(
    (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENODATA, errno.EAGAIN, errno.EINVAL, errno.ENODEV, errno.EOPNOTSUPP)
)


def collect(host: Host) -> Iterator[Family]:
    try:
        devices = host.sys.devices("class/thermal")
    except FileNotFoundError:
        return
    temperatures: dict[bytes, Value] = {}
    current: dict[bytes, Value] = {}
    maximum: dict[bytes, Value] = {}
    for device in devices:
        try:
            if _is(device, _ZONE):
                temperatures[_zone(device)] = float(int(device("temp"))) / 1000.0
            elif _is(device, _COOLING):
                states = int(device("max_state")), int(device("cur_state"))
                maximum[_cooling(device)], current[_cooling(device)] = states
        except OSError as error:
            if error.errno not in _NO_VALUE:
                raise
    yield gauge("node_thermal_zone_temp", "Temperature of the zone, in degrees Celsius.", temperatures)
    yield gauge("node_cooling_device_cur_state", "How much the device cools, in its own steps.", current)
    yield gauge("node_cooling_device_max_state", "How much the device can cool, in its own steps.", maximum)


def _is(device: Device, kind: str) -> bool:
    return device.name.startswith(kind) and device.name[len(kind) : len(kind) + 1].isdigit()


def _zone(device: Device) -> bytes:
    known = device.labels.get(_ZONE)
    if known is None:
        # A zone without a governor is none that node_exporter would show.
        device("policy")
        known = device.labels[_ZONE] = labels(type=device("type"), zone=device.name[len(_ZONE) :])
    return known


def _cooling(device: Device) -> bytes:
    known = device.labels.get(_COOLING)
    if known is None:
        known = device.labels[_COOLING] = labels(name=device.name[len(_COOLING) :], type=device("type"))
    return known
