"""Programs of Debian 13, where they do what those of Debian 12 do not; they run here without being installed."""

from pathlib import Path

from tests.support.debian import SYSTEM_PATH, kept, run

_SOURCE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n"
_UNPACK = """
mkdir -p "$1/apt/lists" "$1/apt/cache"
cd "$1/apt"
set -- -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o Dir::State::status=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Languages=none
apt-get "$@" update
apt-get "$@" download prometheus
dpkg-deb -x prometheus_*.deb ..
cd ..
rm -r apt
"""


def prometheus() -> Path:
    """Prometheus 2.53."""
    return kept("prometheus", _SOURCE + _UNPACK, _unpack) / "usr/bin/prometheus"


def _unpack(folder: Path) -> None:
    (folder / "apt").mkdir(parents=True)
    (folder / "apt/sources.list").write_text(_SOURCE)
    run("sh", "-euc", _UNPACK, "sh", folder, PATH=SYSTEM_PATH)
