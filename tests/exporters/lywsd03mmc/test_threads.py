"""What is known of thermometers, changed by one thread while others change it, too, and ask."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from sys import getswitchinterval, setswitchinterval
from threading import Event

import pytest
from motes.exporters.lywsd03mmc import mac, thermometers
from motes.exporters.lywsd03mmc.thermometers import Thermometers
from motes.shared import exposition

from tests.exporters.lywsd03mmc import encoders

ADDRESSES = [f"A4:C1:38:00:00:{nth:02X}" for nth in range(200)]
PVVX, BTHOME = (f"0000{digits}-0000-1000-8000-00805f9b34fb" for digits in ("181a", "fcd2"))


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = getswitchinterval()
    setswitchinterval(1e-6)
    yield
    setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_learns_keys_while_it_hears_and_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thermometers, "MOST_DEVICES", 50)
    known = Thermometers(keys={}, names={})
    over = Event()

    def hear() -> None:
        for number in count():
            if over.is_set():
                return
            address = ADDRESSES[number % len(ADDRESSES)]
            frame = encoders.pvvx(mac.octets(address), 2150, 4712, 2912, 83, number // len(ADDRESSES) % 256, 4)
            known.heard(address, {PVVX: frame, BTHOME: bytes([0x41, number % 256])}, -60)

    def learn() -> None:
        try:
            for nth in range(80):
                known.learn(dict.fromkeys(ADDRESSES[nth % 2 :: 2], bytes(16)))
                exposition.text(known.families())
        finally:
            over.set()

    with ThreadPoolExecutor() as threads:
        heard, learnt = threads.submit(hear), threads.submit(learn)
    assert heard.exception() is learnt.exception() is None
