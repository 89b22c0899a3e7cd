"""A kernel for QEMU: Debian's, unpacked but not installed, with the modules that a guest with Bluetooth needs.

Needs apt-get, dpkg and kmod.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

_INIT = Path(__file__).with_name("init.sh")
# The last four are the ciphers that the kernel's Bluetooth and bluetoothd ask for by name.
_MODULES = (
    *("virtio_pci", "virtio_net", "9pnet_virtio", "9p", "hci_vhci"),
    *("cmac", "ecb", "algif_hash", "algif_skcipher"),
)
_FOLDERS = ("bin", "dev", "proc", "root")


def fetch(cache: Path) -> Path:
    """A folder within the cache with `vmlinuz`, `busybox` and `modules`; downloaded where it is not there yet."""
    kernel = cache / "kernel"
    if not kernel.exists():
        with TemporaryDirectory(dir=cache) as temporary:
            work = Path(temporary)
            _download(work)
            _unpack(work).rename(kernel)
    return kernel


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


def _download(folder: Path) -> None:
    latest = _told("apt-cache", "--no-all-versions", "show", "linux-image-amd64")
    image = latest.partition("\nDepends: ")[2].split()[0]
    # apt-get's own user may not write here.
    command = ("apt-get", "--option=APT::Sandbox::User=root", "download", image, "busybox-static")
    if subprocess.run(command, cwd=folder, check=False).returncode:
        subprocess.run(("apt-get", "update"), check=True)
        subprocess.run(command, cwd=folder, check=True)


def _unpack(folder: Path) -> Path:
    """Take what is needed out of the packages in a folder, into `kernel` there."""
    kernel, root = folder / "kernel", folder / "root"
    (kernel / "modules").mkdir(parents=True)
    for package in folder.glob("*.deb"):
        subprocess.run(("dpkg-deb", "--extract", package, root), check=True)
    version = next((root / "lib/modules").iterdir()).name
    shutil.move(root / f"boot/vmlinuz-{version}", kernel / "vmlinuz")
    shutil.move(root / "bin/busybox", kernel / "busybox")
    subprocess.run(("depmod", "--basedir", root, version), check=True)
    for number, module in enumerate(_in_order(root, version)):
        shutil.move(module, kernel / f"modules/{number:02}-{module.name}")
    return kernel


def _in_order(root: Path, version: str) -> list[Path]:
    """The modules and what they depend on, each after what it needs."""
    find = ("modprobe", "--dirname", str(root), "--set-version", version, "--show-depends", "--all", *_MODULES)
    steps = (line.split() for line in _told(*find).splitlines())
    return list(dict.fromkeys(Path(step[1]) for step in steps if step[0] == "insmod"))


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
