"""A chip of sys/class/hwmon, its sensors, and the names node_exporter gives to both.

A chip is named for its device, for its own number depends on the order in which drivers were loaded; where it has
no device, for its driver.
"""

import os
import re
from collections.abc import Callable

from motes.exporters.node._hwmon import KINDS, Metric, clean, metric
from motes.exporters.node.host import Tree
from motes.shared.exposition import Value, labels

# By family: its metric and its samples.
Found = dict[str, tuple[Metric, dict[bytes, Value]]]

# temp1_max: kind, number, element.
_ATTRIBUTE = re.compile(r"([^0-9]+)([0-9]*)(?:_(.+))?")
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")


class Chip:
    """`title` are the labels that tell the driver's name. The sensors are kept while their attributes stay the same."""

    __slots__ = ("_folders", "_ignored", "_listing", "_sensors", "_sys", "name", "title")

    def __init__(self, sys: Tree, path: str, ignored: Callable[[str], bool]) -> None:
        self._sys = sys
        self._folders = (path, f"{path}/device")
        self._ignored = ignored
        self._listing: list[list[str]] = []
        self._sensors: list[Sensor] = []
        driver = _driver(sys, path)
        self.name = _device(sys, path) or driver or _folder(sys, path)
        self.title = labels(chip=self.name, chip_name=driver) if driver else b""

    def sensors(self) -> "list[Sensor]":
        listing = [self._sys.names(self._folders[0])]
        try:
            listing.append(self._sys.names(self._folders[1]))
        except FileNotFoundError:
            listing.append([])
        if listing != self._listing:
            self._sensors = self._find(listing)
            self._listing = listing
        return self._sensors

    def _find(self, listing: list[list[str]]) -> "list[Sensor]":
        sensors: dict[str, Sensor] = {}
        for folder, names in zip(self._folders, listing, strict=True):
            for name in names:
                match = _ATTRIBUTE.fullmatch(name)
                path = f"{folder}/{name}"
                if match and match[1] in KINDS and not os.path.isdir(self._sys.path(path)):
                    sensor = f"{match[1]}{int(match[2] or 0)}"
                    if sensor not in sensors:
                        sensors[sensor] = Sensor(self.name, match[1], sensor)
                    sensors[sensor].attributes.append((match[3] or "", path))
        return [sensor for name, sensor in sensors.items() if not self._ignored(f"{self.name};{name}")]


class Sensor:
    """Its attributes are (element, path). One that stands in both folders counts as the device's, which comes last."""

    __slots__ = ("_chip", "_kind", "_name", "_text", "_text_labels", "_where", "_where_text", "attributes")

    def __init__(self, chip: str, kind: str, name: str) -> None:
        self._chip = chip
        self._kind = kind
        self._name = name
        self._where = labels(chip=chip, sensor=name)
        self._text: bytes | None = None
        self._text_labels = self._where_text = b""
        self.attributes: list[tuple[str, str]] = []

    def read(self, sys: Tree, found: Found, texts: dict[bytes, Value]) -> None:
        """Adds what the sensor tells to the families found and to the texts of labels."""
        elements: dict[str, bytes] = {}
        for element, path in self.attributes:
            try:
                elements[element] = sys(path).strip(b"\n")
            except OSError:
                continue
        text = elements.pop("label", None)
        if text is not None:
            texts[self._labelled(text)] = 1
        twin = "" in elements
        for element, content in elements.items():
            known = metric(self._kind, element, twin=twin)
            # A clock is shown under its label, and not at all without one.
            clock = self._kind == "freq" and element == "input"
            if known is not None and (text is not None or not clock):
                _add(found, known, self._where_text if clock else self._where, content)

    def _labelled(self, text: bytes) -> bytes:
        if text != self._text:
            word = text.decode("utf-8", "surrogateescape")
            shown = _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", word)
            self._text = text
            self._text_labels = labels(chip=self._chip, sensor=self._name, label=shown)
            self._where_text = labels(chip=self._chip, sensor=clean(word))
        return self._text_labels


def _add(found: Found, known: Metric, where: bytes, content: bytes) -> None:
    name, _, _, convert = known
    try:
        value = convert(content)
    except ValueError:
        return
    family = found.get(name)
    if family is None:
        family = found[name] = known, {}
    # Two chips of one device have one name: the first keeps what both tell.
    family[1].setdefault(where, value)


def _driver(sys: Tree, path: str) -> str:
    try:
        return clean(sys(f"{path}/name").decode("utf-8", "surrogateescape"))
    except OSError:
        return ""


def _device(sys: Tree, path: str) -> str:
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
