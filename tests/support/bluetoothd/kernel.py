"""A kernel for QEMU: Debian 13's, with the modules that a guest with Bluetooth needs.

Debian 12's corrupts its list of Bluetooth connections now and then while one is given up, and dies of it.
Needs apt-get, dpkg, kmod and xz.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import trixie
from tests.support.debian import kept

_INIT = Path(__file__).with_name("init.sh")
# The last four are the ciphers that the kernel's Bluetooth and bluetoothd ask for by name.
_MODULES = (
    *("virtio_pci", "virtio_net", "9pnet_virtio", "9p", "hci_vhci"),
    *("cmac", "ecb", "algif_hash", "algif_skcipher"),
)
_FOLDERS = ("bin", "dev", "proc", "root")


def fetch() -> Path:
    """A folder with `vmlinuz`, `busybox` and `modules`."""
    return kept("kernel", f"{trixie.UNPACK} {_MODULES}", _make)


def first_file_system(kernel: Path, image: Path) -> None:
    """Write the guest's initramfs, whose /init is init.sh."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name in _FOLDERS:
            (root / name).mkdir()
        shutil.copytree(kernel / "modules", root / "modules")
        shutil.copy(kernel / "busybox", root / "bin")
        shutil.copy(_INIT, root / "init")
        (root / "init").chmod(0o755)
        with image.open("wb") as written:
            archive = ("sh", "-c", "find . | bin/busybox cpio -o -H newc")
            subprocess.run(archive, cwd=root, stdout=written, stderr=subprocess.DEVNULL, check=True)


def _make(kernel: Path) -> None:
    """Take what is needed out of the packages."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary) / "root"
        trixie.unpack(root, "linux-image-amd64", "busybox-static")
        (kernel / "modules").mkdir(parents=True)
        (version,) = (folder.name for folder in (root / "usr/lib/modules").iterdir())
        shutil.copy(root / f"boot/vmlinuz-{version}", kernel / "vmlinuz")
        shutil.copy(root / "usr/bin/busybox", kernel / "busybox")
        subprocess.run(("depmod", "--basedir", root / "usr", version), check=True)
        for number, module in enumerate(_in_order(root / "usr", version)):
            with (kernel / f"modules/{number:02}-{module.stem}").open("wb") as plain:
                subprocess.run(("xz", "--decompress", "--stdout", module), stdout=plain, check=True)


def _in_order(root: Path, version: str) -> list[Path]:
    """The modules and what they depend on, each after what it needs."""
    find = ("modprobe", "--dirname", str(root), "--set-version", version, "--show-depends", "--all", *_MODULES)
    steps = (line.split() for line in _told(*find).splitlines())
    return list(dict.fromkeys(Path(step[1]) for step in steps if step[0] == "insmod"))


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
