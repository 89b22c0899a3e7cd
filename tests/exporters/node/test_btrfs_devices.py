"""What the btrfs collector is told through a mount point, with a kernel that is played."""

import errno
import os
import struct
from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node import _btrfs_devices
from motes.shared import exposition

UUID = "d2c1a9f4-52e8-4c0b-8f6e-0a3b9c7d1e22"
MEMBER = "19ec3415-70fb-4eef-b0b1-a93c5d92ea4a"


# Path, size, what is used of it, errors.
Device = tuple[str, int, int, tuple[int, ...]]


class Kernel:
    """Answers for the folders that are in `filesystems`: their UUID, and their devices by number."""

    def __init__(self) -> None:
        self.filesystems: dict[str, tuple[str, dict[int, Device]]] = {}
        self.calls = 0

    def ioctl(self, descriptor: int, request: int, argument: bytearray) -> None:
        self.calls += 1
        folder = os.readlink(f"/proc/self/fd/{descriptor}")
        if folder not in self.filesystems:
            raise OSError(errno.ENOTTY, "not btrfs")
        uuid, devices = self.filesystems[folder]
        if request == 0x8400941F:
            assert len(argument) == 1024
            struct.pack_into("=QQ16s", argument, 0, max(devices), len(devices), bytes.fromhex(uuid.replace("-", "")))
            return
        (number,) = struct.unpack_from("=Q", argument)
        if number not in devices:
            raise OSError(errno.ENODEV, "no such device")
        path, total, used, errors = devices[number]
        if request == 0xD000941E:
            assert len(argument) == 4096
            struct.pack_into("=Q16sQQ", argument, 0, number, bytes.fromhex(MEMBER.replace("-", "")), used, total)
            struct.pack_into("=1024s", argument, 3072, path.encode())
        else:
            assert (request, len(argument)) == (0xC4089434, 1032)
            assert struct.unpack_from("=QQQ", argument) == (number, 5, 0)
            struct.pack_into("=5Q", argument, 24, *errors)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    played = Kernel()
    monkeypatch.setattr(_btrfs_devices, "ioctl", played.ioctl)
    return played


class Machine:
    """A tree with a file system of two devices in sysfs, mounted where `mount` says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._write(f"sys/fs/btrfs/{UUID}/features/raid56", "0")
        for name in ("sda", "sdb"):
            self._write(f"sys/fs/btrfs/{UUID}/devices/{name}/size", "2048")
        (folder / f"sys/fs/btrfs/{UUID}/allocation/system").mkdir(parents=True)
        self.mount("")
        flags = {f"path.{name}": str(folder / path) for name, path in (("procfs", "proc"), ("sysfs", "sys"))}
        flags |= {"path.rootfs": str(folder / "root"), "collector.disable-defaults": "1", "collector.btrfs": "1"}
        (self._collector,) = node.create(flags).collectors

    def _write(self, path: str, content: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(content)

    def mount(self, *points: str, fstype: str = "btrfs") -> None:
        lines = [
            f"{number} 1 0:25 / {point} rw - {fstype} /dev/sda rw\n" for number, point in enumerate(points) if point
        ]
        self._write("proc/1/mountinfo", "".join(lines))

    def devices(self) -> list[str]:
        """The samples of devices."""
        page = exposition.text(self._collector.collect(float("inf"))).decode()
        return [
            line.removeprefix("node_btrfs_device_")
            for line in page.splitlines()
            if line.startswith("node_btrfs_device_")
        ]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("data", "other"):
        (tmp_path / "root" / name).mkdir(parents=True)
    return Machine(tmp_path)


FROM_SYSFS = [f'size_bytes{{device="{name}",uuid="{UUID}"}} 1048576' for name in ("sda", "sdb")]


def told(name: str, size: int, unused: int, errors: tuple[int, ...]) -> list[str]:
    one = f'btrfs_dev_uuid="{MEMBER}",device="{name}"'
    kinds = zip(("write", "read", "flush", "corruption", "generation"), errors, strict=True)
    return [
        f'size_bytes{{{one},uuid="{UUID}"}} {size}',
        f'unused_bytes{{{one},uuid="{UUID}"}} {unused}',
        *[f'errors_total{{{one},type="{kind}",uuid="{UUID}"}} {count}' for kind, count in kinds],
    ]


def by_family(*devices: list[str]) -> list[str]:
    """As the page has them: sizes, what is unused, errors."""
    order = ("size", "unused", "errors")
    return [line for family in order for device in devices for line in device if line.startswith(family)]


def test_tells_of_each_device_whatever_its_number(machine: Machine, kernel: Kernel) -> None:
    devices: dict[int, Device] = {
        3: ("/dev/sda", 5000, 4000, (1, 2, 3, 4, 5)),
        7: ("/dev/mapper/two", 6000, 0, (0, 0, 0, 0, 9)),
    }
    kernel.filesystems[str(machine.folder / "root/data")] = UUID, devices
    machine.mount("/data")
    first, second = told("sda", 5000, 1000, (1, 2, 3, 4, 5)), told("two", 6000, 6000, (0, 0, 0, 0, 9))
    assert machine.devices() == by_family(first, second)


def test_tries_the_next_mount_point_where_one_does_not_answer(machine: Machine, kernel: Kernel) -> None:
    kernel.filesystems[str(machine.folder / "root/data")] = UUID, {1: ("/dev/sda", 10, 4, (0, 0, 0, 0, 0))}
    machine.mount("/gone", "/other", "/data")
    assert machine.devices() == by_family(told("sda", 10, 6, (0, 0, 0, 0, 0)))


def test_asks_one_mount_point_of_a_device(machine: Machine, kernel: Kernel) -> None:
    for name in ("data", "other"):
        kernel.filesystems[str(machine.folder / "root" / name)] = UUID, {1: ("/dev/sda", 10, 4, (0, 0, 0, 0, 0))}
    machine.mount("/data", "/other")
    machine.devices()
    # The file system, number 0, number 1 and its errors.
    assert kernel.calls == 4


def test_reads_sysfs_of_what_is_mounted_nowhere_or_is_another(machine: Machine, kernel: Kernel) -> None:
    assert machine.devices() == FROM_SYSFS
    kernel.filesystems[str(machine.folder / "root/data")] = UUID.replace("d2", "d3"), {1: ("/dev/sda", 1, 1, (0,) * 5)}
    machine.mount("/data")
    assert machine.devices() == FROM_SYSFS
    machine.mount("/data", fstype="ext4")
    assert machine.devices() == FROM_SYSFS


def test_follows_the_mounts(machine: Machine, kernel: Kernel) -> None:
    kernel.filesystems[str(machine.folder / "root/data")] = UUID, {1: ("/dev/sda", 10, 4, (0, 0, 0, 0, 0))}
    machine.mount("/data")
    assert machine.devices() != FROM_SYSFS
    machine.mount("")
    assert machine.devices() == FROM_SYSFS


def test_leaves_out_what_lies_below_a_mount_that_can_hang(machine: Machine, kernel: Kernel) -> None:
    (machine.folder / "root/nfs/data").mkdir(parents=True)
    kernel.filesystems[str(machine.folder / "root/nfs/data")] = UUID, {1: ("/dev/sda", 10, 4, (0, 0, 0, 0, 0))}
    mounts = "1 1 0:30 / /nfs rw - nfs server:/ rw\n2 1 0:25 / /nfs/data rw - btrfs /dev/sda rw\n"
    (machine.folder / "proc/1/mountinfo").write_text(mounts)
    assert machine.devices() == FROM_SYSFS
    assert kernel.calls == 0


def test_keeps_no_mount_point_open(machine: Machine, kernel: Kernel) -> None:
    kernel.filesystems[str(machine.folder / "root/data")] = UUID, {1: ("/dev/sda", 10, 4, (0, 0, 0, 0, 0))}
    machine.mount("/data", "/other")
    before = len(os.listdir("/proc/self/fd"))
    machine.devices()
    assert len(os.listdir("/proc/self/fd")) == before
