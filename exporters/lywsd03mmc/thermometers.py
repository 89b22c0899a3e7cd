"""What is known of each thermometer: what it said last, for how long that is true, and what was refused.

The radio's thread calls `heard`, `present`, `polled` and `poll_failed`, the main one `learn`; one of them at a time
changes what is known. The scrape's thread calls `families`, which reads copies.
Source: advertisements as BlueZ has them, where service data of one UUID stays when a device goes over to another.
Errors: a frame that is refused is counted with its reason, and changes nothing else.
"""

from _thread import allocate_lock
from collections.abc import Callable, Iterator, Mapping
from math import inf
from time import time

from motes.exporters.lywsd03mmc import mac
from motes.exporters.lywsd03mmc.frames import SERVICES, Decoded, Refused, decode
from motes.exporters.lywsd03mmc.thermometer import Thermometer
from motes.shared import log
from motes.shared.exposition import Family, Value, counter, gauge, labels
from motes.shared.readings import Readings, boottime

# What bleak says where BlueZ has no signal strength: the device is not heard, and its data are old.
NOT_HEARD = -127
# Addresses are anybody's to make up. Those beyond, least recently heard, are forgotten.
MOST_DEVICES = 1000
_MOST_TOLD = 100
# Seconds for which a frame may be said again. An encrypted one tells nothing new, and may be somebody else's recording.
# A plain one with a counter is on the air for twenty minutes at most, with ATC1441's longest interval: after that, it
# is what BlueZ keeps of a device that has gone over to a format that is not understood.
_REPEATED_FOR = 600.0
_PLAIN_REPEATED_FOR = 1800.0
# Readings hold for two and a half periods of the firmware, and for a minute at least, for BlueZ thins what it hears.
# Stock firmware (MiBeacon, encrypted) has a period of ten minutes, that of ATC1441 of one, others' of ten seconds;
# custom firmware that sends MiBeacon tells one thing in one period and the other in the next.
_STOCK_TTL = 1500.0
_TTL = {"mibeacon": 300.0, "atc1441": 150.0}
LEAST_TTL = 60.0

_HELPS = {
    "temperature_celsius": "Temperature.",
    "humidity_ratio": "Relative humidity in percent, whatever the name says.",
    "battery_ratio": "Battery in percent, whatever the name says.",
    "battery_volts": "Battery.",
    "frame_current": "Counter of the newest frame.",
    "rssi_dbm": "Strength of the signal.",
}
_REFUSED = "Frames that gave no reading, by reason; mac is empty for devices that are not known."


class Thermometers:
    """Those that were heard, and those that are configured: with a key, with a name, or to be polled.

    With `only_configured`, no others are listened to. `names`, `keys` by address.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, bytes],
        names: Mapping[str, str],
        polled: tuple[str, ...] = (),
        only_configured: bool = False,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self._names = names
        self._polled = polled
        self._only_configured = only_configured
        self._clock = clock
        self._readings = Readings("thermometer_", _HELPS, clock)
        self._devices: dict[str, Thermometer] = {}
        self._refused: dict[tuple[str, str], int] = {}
        self._told: set[tuple[str, str]] = set()
        self._keys: Mapping[str, bytes] = {}
        self._changing = allocate_lock()
        self._began = clock()
        self.learn(keys)

    def learn(self, keys: Mapping[str, bytes]) -> None:
        """Go over to these keys."""
        with self._changing:
            before, self._keys = self._keys, keys
            self._configured = {*keys, *self._names, *self._polled}
            self._told.clear()
            for address in self._configured:
                self._known(address)
            for address in [each for each in self._devices if keys.get(each) != before.get(each)]:
                self._devices[address].begin_anew()

    def heard(self, address: str, service_data: Mapping[str, bytes], rssi: int) -> None:
        """An advertisement of a device, with all the service data that BlueZ has of it."""
        if rssi == NOT_HEARD or SERVICES.keys().isdisjoint(service_data):
            return
        if self._only_configured and address not in self._configured:
            return
        with self._changing:
            device = self._devices.get(address) or Thermometer(address)
            fresh = [uuid for uuid, data in service_data.items() if uuid in SERVICES and device.data.get(uuid) != data]
            for uuid in fresh:
                self._take(device, uuid, service_data[uuid], rssi)
            if not fresh:
                self._repeat(device, service_data, rssi)

    def present(self, address: str, service_data: Mapping[str, bytes]) -> None:
        """BlueZ still hears a device, and would have said if it had anything new to tell.

        What has vanished does not come back by that: BlueZ, too, has slept.
        """
        with self._changing:
            device = self._devices.get(address)
            if device and self._clock() < device.until:
                self._repeat(device, service_data, None)

    def polled(self, address: str, values: Mapping[str, float], *, firmware: str, version: str, ttl: float) -> None:
        """What a device answered; true for `ttl` seconds."""
        with self._changing:
            device = self._known(address)
            device.answer(firmware, version)
            device.seen = time()
            self._readings.put(device.labels, values, ttl)

    def poll_failed(self, address: str, reason: str) -> None:
        with self._changing:
            device = self._known(address)
            device.polls += 1
            device.poll_failing = reason
            device.poll_failures[reason] = device.poll_failures.get(reason, 0) + 1

    def all_heard(self) -> bool:
        """Whether every configured device has been heard, and there are any."""
        return bool(self._configured) and all(self._devices[address].seen for address in self._configured)

    def _take(self, device: Thermometer, uuid: str, data: bytes, rssi: int) -> None:
        """A frame that is not the one before."""
        now = self._clock()
        device.data[uuid] = data
        try:
            decoded = self._decode(device, uuid, data, now)
        except Refused as refused:
            if refused.reason != "ignored":
                device.refused = refused.reason
            self._refuse(device.address, refused)
            return
        if device.address not in self._devices:
            self._add(device)
        device.take(uuid, data, decoded, now)
        self._put(device, decoded, rssi)

    def _decode(self, device: Thermometer, uuid: str, data: bytes, now: float) -> Decoded:
        key = self._keys.get(device.address)
        decoded = decode(uuid, data, device.octets, key)
        if decoded.counter is not None:
            if not device.guard(decoded).accepts(decoded.counter, now, ttl_of(decoded)):
                raise Refused("replay", f"counter {decoded.counter} is not newer than the one before")
        elif key is not None:
            raise Refused("unencrypted", "there is a key for it: whoever sends this does not have it")
        return decoded

    def _repeat(self, device: Thermometer, service_data: Mapping[str, bytes], rssi: int | None) -> None:
        """The newest frame is on the air still."""
        if device.newest is None:
            return
        uuid, data, decoded, since = device.newest
        if service_data.get(uuid) != data:
            return
        if self._clock() - since > _repeated_for(decoded):
            return
        self._put(device, decoded, rssi)

    def _put(self, device: Thermometer, decoded: Decoded, rssi: int | None) -> None:
        now, ttl = self._clock(), ttl_of(decoded)
        device.seen = time()
        device.until = now + ttl
        values = device.readings(decoded, now)
        if rssi is not None:
            values["rssi_dbm"] = rssi
        self._readings.put(device.labels, values, ttl)

    def _refuse(self, address: str, refused: Refused) -> None:
        shown = mac.compact(address) if address in self._devices else ""
        each = shown, refused.reason
        self._refused[each] = self._refused.get(each, 0) + 1
        if refused.reason == "ignored" or (address, refused.reason) in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add((address, refused.reason))
        tell = log.warn if address in self._configured else log.info
        name = self._names.get(address, "")
        tell("frame refused", mac=mac.compact(address), name=name, reason=refused.reason, err=refused)

    def _known(self, address: str) -> Thermometer:
        if address not in self._devices:
            self._add(Thermometer(address))
        return self._devices[address]

    def _add(self, device: Thermometer) -> None:
        others = [each for each in self._devices.values() if each.address not in self._configured]
        if len(others) >= MOST_DEVICES:
            self._forget(min(others, key=lambda each: each.seen))
        self._devices[device.address] = device

    def _forget(self, device: Thermometer) -> None:
        del self._devices[device.address]
        self._readings.drop(device.labels)
        for each in [each for each in self._refused if each[0] == device.mac]:
            del self._refused[each]

    def devices(self) -> list[Thermometer]:
        return list(self._devices.values())

    def values(self, device: Thermometer) -> dict[str, float]:
        """What is true of it now."""
        return self._readings.alive(device.labels)

    def name(self, device: Thermometer) -> str:
        """What people call it."""
        return self._names.get(device.address, device.address)

    def wanted(self, device: Thermometer) -> bool:
        """Whether it is configured."""
        return device.address in self._configured

    def overdue(self, device: Thermometer) -> bool:
        """Whether one that says nothing should have: once it has said something, or the slowest firmware would have."""
        return bool(device.seen) or self._clock() - self._began > _STOCK_TTL

    def families(self) -> Iterator[Family]:
        """All that is true now, and what was counted."""
        devices = self.devices()
        yield from self._readings.families()
        help = "1, labelled by what is known of the device: its name, firmware, and the formats of its frames."
        info = {device.info(self._names.get(device.address, "")): 1 for device in devices}
        yield gauge("thermometer_info", help, info)
        seen = {device.labels: device.seen for device in devices if device.seen}
        yield gauge("thermometer_last_seen_timestamp_seconds", "When the device gave a reading last, Unix time.", seen)
        frames = {device.labels: device.frames for device in devices}
        yield counter("thermometer_frames_total", "Frames that gave a reading.", frames)
        refused = {labels(mac=shown, reason=reason): number for (shown, reason), number in self._refused.copy().items()}
        yield counter("thermometer_frames_refused_total", _REFUSED, refused)
        yield from self._polls([device for device in devices if device.address in self._polled])

    def _polls(self, devices: list[Thermometer]) -> Iterator[Family]:
        yield counter(
            "thermometer_polls_total", "Polls that have ended.", {each.labels: each.polls for each in devices}
        )
        failures: dict[bytes, Value] = {}
        for device in devices:
            failures |= {device.labelled(reason=reason): n for reason, n in device.poll_failures.copy().items()}
        yield counter("thermometer_poll_failures_total", "Polls that gave no reading, by reason.", failures)


def ttl_of(decoded: Decoded) -> float:
    """Seconds for which a frame's readings are true."""
    if decoded.format == "mibeacon" and decoded.encrypted:
        return _STOCK_TTL
    return LEAST_TTL if decoded.encrypted else _TTL.get(decoded.format, LEAST_TTL)


def _repeated_for(decoded: Decoded) -> float:
    if decoded.encrypted:
        return _REPEATED_FOR
    return _PLAIN_REPEATED_FOR if "frame_current" in decoded.values else inf
