"""Which badges there are: USB devices 0b6a:003c, each with a serial port.

Badges have no serial number, so what tells them apart is the USB port that they are at, such as 1-1.2.
Source: sys/bus/usb/devices, see sysfs-bus-usb in the kernel's ABI documentation. A badge in its USB storage mode or in
        its bootloader is 0b6a:4402, without a serial port.
Errors: Failure not_found or storage_mode. A device that goes while it is looked at is not there.
"""

import os

from motes.exporters.card10_bme680.problems import Failure

_SERIAL, _STORAGE = ("0b6a", "003c"), ("0b6a", "4402")


class Ports:
    def __init__(self, sysfs: str = "/sys", dev: str = "/dev") -> None:
        self._devices = sysfs + "/bus/usb/devices"
        self._dev = dev

    def badges(self) -> dict[str, str]:
        """By USB port, the device file of each badge; it is empty in storage mode."""
        found = {}
        for port in _listed(self._devices):
            # Others are the devices' interfaces.
            if ":" not in port:
                ids = self._read(port, "idVendor"), self._read(port, "idProduct")
                if ids == _STORAGE:
                    found[port] = ""
                elif ids == _SERIAL and (file := self._file(port)):
                    found[port] = file
        return found

    def at(self, port: str) -> str:
        """The device file of the badge at a USB port."""
        try:
            file = self.badges()[port]
        except KeyError:
            raise Failure("not_found", f"there is no badge at USB port {port}") from None
        if not file:
            raise Failure("storage_mode")
        return file

    def named(self, path: str) -> str:
        """The path itself, if there is something."""
        if os.path.exists(path):
            return path
        if "" in self.badges().values():
            raise Failure("storage_mode", f"there is no {path}, and a badge in USB storage mode")
        raise Failure("not_found", f"there is no {path}")

    def _file(self, port: str) -> str:
        folder = f"{self._devices}/{port}"
        for interface in _listed(folder):
            for name in _listed(f"{folder}/{interface}/tty") if interface.startswith(port + ":") else ():
                return f"{self._dev}/{name}"
        return ""

    def _read(self, port: str, name: str) -> str:
        try:
            with open(f"{self._devices}/{port}/{name}", encoding="ascii", errors="replace") as file:
                return file.read().strip()
        except OSError:
            return ""


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
