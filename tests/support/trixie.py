"""Packages of Debian 13, unpacked and not installed, for what those of Debian 12 do not do.

They come from the mirror that this machine's own packages come from.
"""

from pathlib import Path

from tests.support.debian import SYSTEM_PATH, kept, run

# $1: the folder, $2: the mirror; the rest: packages. That of the newest kernel only names the kernel's.
UNPACK = """
mkdir -p "$1/apt/lists" "$1/apt/cache"
cd "$1/apt"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 trixie main" >sources.list
shift 2
apt() {
    tool=$1
    shift
    "apt-$tool" -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o Dir::State::status=/dev/null \
        -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
apt get update
for package; do
    kernel=$(apt cache show "$package" | sed -n 's/^Depends: \\(linux-image-[^ ,]*\\).*/\\1/p')
    apt get download "${kernel:-$package}"
done
for file in *.deb; do dpkg-deb --extract "$file" ..; done
cd ..
rm -r apt
"""
_MIRROR = ("apt-get", "indextargets", "--format=$(REPO_URI)", "Created-By: Packages", "Label: Debian")


def prometheus() -> Path:
    """Prometheus 2.53."""
    return kept("prometheus", UNPACK, lambda folder: unpack(folder, "prometheus")) / "usr/bin/prometheus"


def unpack(folder: Path, *packages: str) -> None:
    """Into a folder that is made for them."""
    folder.mkdir()
    mirror = run(*_MIRROR, PATH=SYSTEM_PATH).split()[0]
    run("sh", "-euc", UNPACK, "sh", folder, mirror, *packages, PATH=SYSTEM_PATH)
