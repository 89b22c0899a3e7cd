"""A chip of sys/class/hwmon, its sensors, and the names node_exporter gives to both.

A chip is named for its device, for its own number depends on the order in which drivers were loaded; where it has
no device, for its driver.
"""

import os
import re
from collections.abc import Callable, Iterable

from motes.exporters.node._hwmon import KINDS, Metric, clean, metric
from motes.exporters.node.host import Device, Tree
from motes.shared.exposition import Value, labels

# A metric, the labels of its sample, and the value.
Sample = tuple[Metric, bytes, Value]

# temp1_max: kind, number, element.
_ATTRIBUTE = re.compile(r"([^0-9]+)([0-9]*)(?:_(.+))?")
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")


class Chip:
    """`title` are the labels that tell the driver's name. The sensors are kept while their attributes stay the same."""

    __slots__ = ("_attributes", "_device", "_ignored", "_listing", "_sensors", "_sys", "name", "title")

    def __init__(self, sys: Tree, device: Device, ignored: Callable[[str], bool]) -> None:
        self._sys = sys
        self._device = device
        self._ignored = ignored
        self._listing: list[list[str]] = []
        self._sensors: list[Sensor] = []
        self._attributes: list[str] = []
        driver = _driver(device)
        self.name = _bus_and_device(sys, device.path) or driver or _folder(sys, device.path)
        self.title = labels(chip=self.name, chip_name=driver) if driver else b""

    def read(self) -> tuple[list[Sample], list[bytes]]:
        """The samples of its sensors, and the labels that tell what they measure; FileNotFoundError if it is gone."""
        self._look()
        contents = self._device.contents(self._attributes)
        samples: list[Sample] = []
        texts: list[bytes] = []
        for sensor in self._sensors:
            sensor.tell(contents, samples, texts)
        return samples, texts

    def apart(self, sys: Tree) -> "Chip":
        """The same for another thread, with descriptors of its own."""
        device = self._device
        return Chip(sys, Device(sys, device.path, device.name, device.inode), self._ignored)

    def _look(self) -> None:
        path = self._device.path
        listing = [self._sys.names(path)]
        try:
            listing.append(self._sys.names(f"{path}/device"))
        except FileNotFoundError:
            listing.append([])
        if listing != self._listing:
            own, device = listing
            self._sensors = self._find([*own, *[f"device/{name}" for name in device]])
            self._attributes = [name for sensor in self._sensors for _, name in sensor.attributes]
            self._listing = listing

    def _find(self, names: Iterable[str]) -> "list[Sensor]":
        sensors: dict[str, Sensor] = {}
        for name in names:
            match = _ATTRIBUTE.fullmatch(name.removeprefix("device/"))
            if match and match[1] in KINDS and not os.path.isdir(self._sys.path(f"{self._device.path}/{name}")):
                sensor = f"{match[1]}{int(match[2] or 0)}"
                if sensor not in sensors:
                    sensors[sensor] = Sensor(self.name, match[1], sensor)
                sensors[sensor].attributes.append((match[3] or "", name))
        return [sensor for name, sensor in sensors.items() if not self._ignored(f"{self.name};{name}")]


class Sensor:
    """Its attributes are (element, name). One that stands in both folders counts as the device's, which comes last."""

    __slots__ = ("_chip", "_kind", "_name", "_text", "_text_labels", "_where", "_where_text", "attributes")

    def __init__(self, chip: str, kind: str, name: str) -> None:
        self._chip = chip
        self._kind = kind
        self._name = name
        self._where = labels(chip=chip, sensor=name)
        self._text: bytes | None = None
        self._text_labels = self._where_text = b""
        self.attributes: list[tuple[str, str]] = []

    def tell(self, contents: dict[str, bytes], samples: list[Sample], texts: list[bytes]) -> None:
        """Adds what the sensor's attributes hold to the samples and to the texts of labels."""
        elements = {element: contents[name].strip(b"\n") for element, name in self.attributes if name in contents}
        text = elements.pop("label", None)
        if text is not None:
            texts.append(self._labelled(text))
        twin = "" in elements
        for element, content in elements.items():
            known = metric(self._kind, element, twin)
            # A clock is shown under its label, and not at all without one.
            clock = self._kind == "freq" and element == "input"
            if known is None or (clock and text is None):
                continue
            try:
                samples.append((known, self._where_text if clock else self._where, known[3](content)))
            except ValueError:
                continue  # no number

    def _labelled(self, text: bytes) -> bytes:
        if text != self._text:
            word = text.decode("utf-8", "surrogateescape")
            shown = _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", word)
            self._text = text
            self._text_labels = labels(chip=self._chip, label=shown, sensor=self._name)
            self._where_text = labels(chip=self._chip, sensor=clean(word))
        return self._text_labels


def identity(sys: Tree, path: str) -> tuple[bytes, str, str]:
    """What makes a chip another one, though it has the same name in a copy of sysfs."""
    try:
        driver = sys(f"{path}/name")
    except OSError:
        driver = b""
    return driver, _link(sys.path(path)), _link(sys.path(f"{path}/device"))


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _driver(device: Device) -> str:
    try:
        return clean(device.content("name").decode("utf-8", "surrogateescape"))
    except OSError:
        return ""


def _bus_and_device(sys: Tree, path: str) -> str:
    try:
        folder, name = os.path.split(os.path.realpath(sys.path(f"{path}/device"), strict=True))
    except OSError:
        return ""
    bus = clean(os.path.basename(folder))
    name = clean(name)
    return f"{bus}_{name}" if bus and name else name


def _folder(sys: Tree, path: str) -> str:
    name = clean(os.path.basename(os.path.realpath(sys.path(path), strict=True)))
    if not name:
        raise ValueError(f"no name for {path}")
    return name
