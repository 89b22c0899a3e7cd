"""Names of PCI devices and classes, from pci.ids.

Source: the PCI ID Repository's file, see pci.ids(5). A vendor's line has below it, by one tab each, its devices', and
        below these, by two, those of their subsystems; a class (`C 02  Network controller`) likewise has its
        subclasses and their programming interfaces.
Errors: without the file everything is called by its number, as node_exporter has it.
"""

from collections.abc import Iterable, Iterator

_PATHS = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids")

# class, vendor, device, vendor and device of the subsystem: each as hexadecimal digits.
Ids = tuple[str, ...]
Names = dict[str, str]
_LABELS = ("vendor_name", "device_name", "subsystem_vendor_name", "subsystem_device_name", "class_name")


class PciIds:
    """Keeps the names that were asked for: the file has tens of thousands."""

    def __init__(self, path: str) -> None:
        self._paths = (path,) if path else _PATHS
        self._known: dict[Ids, Names] = {}

    def look_up(self, wanted: Iterable[Ids]) -> None:
        """Reads the file where one of these is not known yet."""
        unknown = set(wanted).difference(self._known)
        if unknown:
            keys = {key for ids in unknown for parts in _keys(ids) for key in parts}
            found = {key: name for key, name in self._lines() if key in keys}
            self._known |= {ids: _names(ids, found) for ids in unknown}

    def of(self, ids: Ids) -> Names:
        return self._known[ids]

    def _lines(self) -> Iterator[tuple[str, str]]:
        for path in self._paths:
            try:
                with open(path, encoding="utf-8", errors="replace") as lines:
                    yield from _parse(lines)
                    return
            except OSError:
                continue


def _parse(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line's name under its key: all the numbers that lead to it, with blanks between."""
    above = ["", ""]
    for line in lines:
        number, gap, name = line.strip().partition("  ")
        depth = len(line) - len(line.lstrip("\t"))
        if not gap or depth > len(above) or line.startswith("#"):
            continue
        above[depth:] = [number, ""][: 2 - depth]
        yield " ".join([*above[:depth], number]), name.strip()


def _keys(ids: Ids) -> tuple[tuple[str, ...], ...]:
    """For each label the keys to look for, the best first."""
    kind, vendor, device, by, subsystem = ids
    base, sub, interface = kind[:2], kind[2:4], kind[4:6]
    return (
        (vendor,),
        (f"{vendor} {device}",),
        (by,),
        (f"{vendor} {device} {by} {subsystem}",),
        (f"C {base} {sub} {interface}", f"C {base} {sub}", f"C {base}"),
    )


def _names(ids: Ids, found: Names) -> Names:
    kind, vendor, device, by, subsystem = ids
    otherwise = (vendor, device, by, subsystem, f"Unknown class ({kind})")
    return {
        label: next((found[key] for key in keys if key in found), number)
        for label, keys, number in zip(_LABELS, _keys(ids), otherwise, strict=True)
    }
