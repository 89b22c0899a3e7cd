"""The cipher comes with the first encrypted frame; without its package, what is plain is read all the same."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from motes.exporters.lywsd03mmc import ccm
from motes.exporters.lywsd03mmc.frames import Refused

from tests.exporters.lywsd03mmc.published import FRAMES, READ, SEALED

PACKAGE = "cryptography"


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [PACKAGE, *sys.modules]:
        if name.partition(".")[0] == PACKAGE:
            monkeypatch.setitem(sys.modules, name, None)
    ccm._library.cache_clear()
    yield
    ccm._library.cache_clear()


@pytest.mark.usefixtures("without_package")
def test_plain_frames_need_no_package() -> None:
    for frame in READ:
        if frame.counter is None:
            assert frame.decode().values == frame.values


@pytest.mark.usefixtures("without_package")
def test_encrypted_frames_say_what_to_install() -> None:
    for frame in SEALED:
        with pytest.raises(Refused, match=r"install motes\[ble\]") as refused:
            frame.decode()
        assert refused.value.reason == "no_cryptography"


@pytest.mark.usefixtures("without_package")
def test_a_missing_key_is_told_first() -> None:
    for frame in FRAMES:
        if frame.refusal == "no_key":
            with pytest.raises(Refused) as refused:
                frame.decode()
            assert refused.value.reason == "no_key"


def test_package_is_imported_when_needed() -> None:
    """Until then, none of the standard library's heavy modules is, either."""
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from motes.exporters.lywsd03mmc import frames
uuid = "0000181a-0000-1000-8000-00805f9b34fb"
address = bytes.fromhex("a4c138112233")
frames.decode(uuid, bytes.fromhex("a4c138112233ffd32f530b6007"), address, bytes(16))
early = set(sys.modules)
frames.decode(uuid, bytes.fromhex("07a343ab7fe32f53"), address, bytes(range(16, 32)))
assert "{PACKAGE}" in sys.modules
print(*early)
"""
    told = subprocess.run([sys.executable, "-S", "-c", script], check=True, capture_output=True, text=True)
    heavy = {PACKAGE, "typing", "dataclasses", "logging", "argparse", "threading", "asyncio"}
    assert heavy.intersection(told.stdout.split()) == set()


def test_ciphers_are_kept_but_not_for_ever() -> None:
    library = ccm._library()
    assert library is not None
    make, _ = library
    first = make(bytes(16))
    assert make(bytes(16)) is first
    for number in range(1, ccm._MOST_CIPHERS + 1):
        make(number.to_bytes(16, "big"))
    assert make(bytes(16)) is not first
