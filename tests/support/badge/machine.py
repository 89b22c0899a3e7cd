"""A machine's USB ports, as the kernel and udev show them below /sys and /dev.

sys/devices/…/usb1/1-1/1-1.2/{idVendor,idProduct,…}       a device behind a hub
sys/devices/…/usb1/1-1/1-1.2/1-1.2:1.0/tty/ttyACM0        its interface, and the tty, whose `device` leads back
sys/bus/usb/devices/1-1.2, sys/class/tty/ttyACM0          links to these
dev/ttyACM0                                               here a link to a pty
dev/serial/by-id/…, dev/serial/by-path/…                  udev's links
"""

import os
import shutil
from pathlib import Path

_CONTROLLER = "devices/pci0000:00/0000:00:14.0"
BY_ID = "usb-Maxim_Integrated_CARD10_USB_GADGET-if00"
SERIAL = ("0b6a", "003c")
STORAGE = ("0b6a", "4402")


class Machine:
    """Nothing is plugged in at first. Ports are named as the kernel names them: "1-2", "1-1.2"."""

    def __init__(self, folder: Path) -> None:
        self.sys = folder / "sys"
        self.dev = folder / "dev"
        for path in (self.sys / "bus/usb/devices", self.sys / "class/tty", self.dev):
            path.mkdir(parents=True)

    def ports(self) -> list[str]:
        """Those with something in them."""
        return [path.name for path in (self.sys / "bus/usb/devices").iterdir() if ":" not in path.name]

    def attach(self, port: str, ids: tuple[str, str], product: str = "CARD10 USB GADGET") -> Path:
        """A device with one configuration, and nothing in it that Linux drives."""
        device = self._device(port)
        interface = device / f"{port}:1.0"
        interface.mkdir(parents=True)
        described = {"idVendor": ids[0], "idProduct": ids[1], "manufacturer": "Maxim Integrated", "product": product}
        # A serial port has two, one to control it and one for the data.
        described["bNumInterfaces"] = " 2" if ids == SERIAL else " 1"
        for name, value in described.items():
            (device / name).write_text(f"{value}\n")
        self._link(interface / "subsystem", self.sys / "bus/usb")
        self._link(self.sys / "bus/usb/devices" / port, device)
        self._link(self.sys / "bus/usb/devices" / interface.name, interface)
        return interface

    def attach_tty(self, port: str, target: str, ids: tuple[str, str] = SERIAL) -> Path:
        """A serial port, by the first name that is free. Its file in /dev is the last to appear."""
        interface = self.attach(port, ids)
        name = next(name for number in range(100) if not (self.dev / (name := f"ttyACM{number}")).is_symlink())
        tty = interface / "tty" / name
        tty.mkdir(parents=True)
        self._link(tty / "device", interface)
        self._link(self.sys / "class/tty" / name, tty)
        (self.dev / name).symlink_to(target)
        self._link(self.dev / "serial/by-id" / BY_ID, self.dev / name)
        self._link(self.dev / "serial/by-path" / f"pci-0000:00:14.0-usb-0:{port.split('-')[1]}:1.0", self.dev / name)
        return self.dev / name

    def detach(self, port: str) -> None:
        """The device goes with all that belongs to it; links of udev's that lead to another one stay."""
        for tty in self._device(port).glob("*/tty/*"):
            for link in [*self.dev.glob("serial/*/*"), self.sys / "class/tty" / tty.name]:
                if os.path.basename(os.readlink(link)) == tty.name:
                    link.unlink()
            (self.dev / tty.name).unlink()
        for link in (self.sys / "bus/usb/devices").glob(f"{port}*"):
            if link.name.partition(":")[0] == port:
                link.unlink()
        shutil.rmtree(self._device(port))

    def _device(self, port: str) -> Path:
        """Below the hubs that it is plugged into."""
        bus, _, ports = port.partition("-")
        parts = ports.split(".")
        hubs = [f"{bus}-{'.'.join(parts[:length])}" for length in range(1, len(parts) + 1)]
        return self.sys.joinpath(_CONTROLLER, f"usb{bus}", *hubs)

    def _link(self, link: Path, target: Path) -> None:
        """Relative, as those of /sys and of udev are; in the place of another of that name."""
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(target, link.parent))
