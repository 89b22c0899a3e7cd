"""A machine in QEMU with a Linux kernel, a system bus and bluetoothd of its own, whose adapter can be plugged in.

The guest's root is the machine's, read-only; it reaches nothing else. What comes out of it are three ports in a
network name space of QEMU's own, and unix sockets in a folder that lead there: so no port is taken, and nobody else
gets in. Needs qemu-system-x86, bluez, dbus and socat, and root.
"""

import re
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.bluetoothd import kernel
from tests.support.namespaces import WITHIN, Host, until

_HERE = Path(__file__).parent
_BUS, _ADAPTER, _SHELL = 5555, 5556, 5557
_BOOTED_WITHIN = 180.0  # seconds, in software: a /dev/kvm that is there need not work

_QEMU = (
    *("qemu-system-x86_64", "-nodefaults", "-nographic", "-serial", "stdio", "-no-reboot"),
    *("-machine", "pc,accel=tcg", "-m", "512"),
    *("-virtfs", "local,path=/,mount_tag=root,security_model=passthrough,readonly=on,multidevs=remap"),
    *("-device", "virtio-net-pci,netdev=net,romfile="),
    *("-netdev", "user,id=net,restrict=on" + "".join(f",hostfwd=tcp::{n}-:{n}" for n in (_BUS, _ADAPTER, _SHELL))),
)
_KERNEL = "console=ttyS0 quiet oops=panic panic=-1 mitigations=off cryptomgr.notests"

_WELL = "ended 0\n"
_ENDED = re.compile(r"^ended \d+\n\Z", re.MULTILINE)
_START = """
/usr/libexec/bluetooth/bluetoothd --nodetach {flags} >>/run/bluetoothd.log 2>&1 &
echo $! >/run/bluetoothd.pid
"""
_STOP = """
while kill "$(cat /run/bluetoothd.pid)" 2>/dev/null; do sleep 0.05; done
"""

_PROPERTY = "dbus-send --system --print-reply=literal --dest=org.bluez /org/bluez/hci0 org.freedesktop.DBus.Properties."
_POWERED = "string:org.bluez.Adapter1 string:Powered"


class KernelDied(AssertionError):
    """The guest's, as Debian 12's did now and then, that corrupts its list of Bluetooth connections."""


class Guest:
    """Running until the `with` ends, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "console"
        self._folder = folder
        self._host = Host()
        try:
            self.bus = self._lead_to(_BUS)
            self.adapter = self._lead_to(_ADAPTER)
            self._shell = self._lead_to(_SHELL)
            self._boot(kernel.fetch())
        except BaseException:
            self._host.close()
            raise

    def start_bluetoothd(self, *flags: str) -> None:
        self.run(_START.format(flags=" ".join(flags)))

    def stop_bluetoothd(self) -> None:
        self.run(_STOP)

    def power(self, *, on: bool) -> None:
        self.run(f"{_PROPERTY}Set {_POWERED} variant:boolean:{str(on).lower()}")

    def powered(self) -> bool:
        """Whether there is an adapter, and it is on."""
        return "boolean true" in self.run(f"{_PROPERTY}Get {_POWERED} 2>&1 || true")

    def alive(self) -> bool:
        return self._machine.poll() is None

    def said(self) -> str:
        """What bluetoothd and the kernel had to say."""
        return self.run("cat /run/bluetoothd.log; dmesg | tail -n 20")

    def forget(self) -> None:
        """Be as new, without bluetoothd."""
        self.stop_bluetoothd()
        self.run("rm -rf /run/bluetoothd.* /var/lib/bluetooth/*")

    def run(self, script: str) -> str:
        """What a shell in the guest says. AssertionError where one of its commands fails."""
        self.check()
        told = self._tell(script)
        if not told:
            until(lambda: not self.alive(), "the machine has ended, whose shell has")
            self.check()
        assert told.endswith(_WELL), f"{script}: {told}"
        return told.removesuffix(_WELL)

    def check(self) -> None:
        """KernelDied if it has."""
        if not self.alive():
            raise KernelDied(self._log.read_text()[-4000:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._host.close()

    def _boot(self, files: Path) -> None:
        image = self._folder / "initramfs"
        kernel.first_file_system(files, image)
        program = f"{_KERNEL} -- /bin/sh {_HERE}/guest.sh {sys.executable}"
        self._machine = self._host.start(
            *(*_QEMU, "-kernel", str(files / "vmlinuz"), "-initrd", str(image), "-append", program), log=self._log
        )
        until(self._ready, "the guest is ready", self._log.read_text, within=_BOOTED_WITHIN)

    def _ready(self) -> bool:
        self.check()
        try:
            return "guest has ports" in self._log.read_text() and self._tell("true") == _WELL
        except OSError:
            return False

    def _tell(self, script: str) -> str:
        """What a shell says, and whether it ended well; OSError or nothing where there is none yet."""
        with socket.socket(socket.AF_UNIX) as shell:
            shell.settimeout(WITHIN)
            shell.connect(str(self._shell))
            shell.sendall(f"(set -e\n{script}\n) </dev/null\necho ended $?\n".encode())
            told = ""
            while not _ENDED.search(told):
                more = shell.recv(65536)
                if not more:
                    return ""
                told += more.decode()
            return told

    def _lead_to(self, port: int) -> Path:
        path = self._folder / f"{port}.sock"
        self._host.start("socat", f"UNIX-LISTEN:{path},fork", f"TCP:127.0.0.1:{port},nodelay", log=self._log)
        until(path.exists, f"{path} is there")
        return path
