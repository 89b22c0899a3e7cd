"""What is known of thermometers, by a clock of the test's own."""

from collections.abc import Mapping

import pytest
from motes.exporters.lywsd03mmc import mac, thermometers
from motes.exporters.lywsd03mmc.thermometers import NOT_HEARD, Thermometers
from motes.shared import exposition

from tests.exporters.lywsd03mmc import encoders
from tests.support.page import Page

HERE = "A4:C1:38:00:00:01"
THERE = "A4:C1:38:00:00:02"
KEY = bytes(range(16))
UUID = "0000{}-0000-1000-8000-00805f9b34fb"
PVVX, BTHOME, MIBEACON = UUID.format("181a"), UUID.format("fcd2"), UUID.format("fe95")
BEACON_WITHOUT_OBJECT = {MIBEACON: bytes.fromhex("30585b0507010000 38c1a408")}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pvvx(count: int, celsius: float = 21.5, address: str = HERE) -> dict[str, bytes]:
    """A plain frame of its custom format."""
    return {PVVX: encoders.pvvx(mac.octets(address), round(celsius * 100), 4712, 2912, 83, count, 4)}


def mibeacon(count: int, thing: str, address: str = HERE) -> dict[str, bytes]:
    """A frame of the stock firmware's, with one object."""
    return {MIBEACON: encoders.mibeacon(mac.octets(address), count, bytes.fromhex(thing), key=KEY)}


def bthome(count: int, things: str, address: str = HERE) -> dict[str, bytes]:
    """An encrypted frame of version 2."""
    return {BTHOME: encoders.bthome_v2(mac.octets(address), bytes.fromhex(things), key=KEY, counter=count)}


def bthome_plain(count: int) -> dict[str, bytes]:
    return {BTHOME: bytes.fromhex(f"4000{count:02x}026608")}


class House:
    """Thermometers, and what would be on the page."""

    def __init__(
        self,
        keys: Mapping[str, bytes] | None = None,
        names: Mapping[str, str] | None = None,
        polled: tuple[str, ...] = (),
        only_configured: bool = False,
    ) -> None:
        self.clock = Clock()
        self.thermometers = Thermometers(
            keys=keys or {}, names=names or {}, polled=polled, only_configured=only_configured, clock=self.clock
        )

    def hear(self, service_data: Mapping[str, bytes], address: str = HERE, rssi: int = -60) -> None:
        self.thermometers.heard(address, service_data, rssi)

    def page(self) -> Page:
        return Page(exposition.text(self.thermometers.families()).decode())

    def value(self, metric: str, address: str = HERE, **labels: str) -> float | None:
        every = {"mac": mac.compact(address), "sensor": "LYWSD03MMC", **labels}
        return self.page().values.get((f"thermometer_{metric}", tuple(sorted(every.items()))))

    def refused(self, reason: str, address: str = HERE) -> float:
        labels = (("mac", mac.compact(address) if address else ""), ("reason", reason))
        return self.page().values.get(("thermometer_frames_refused_total", labels), 0)

    def macs(self) -> set[str]:
        return {dict(labels).get("mac", "") for _, labels in self.page().values} - {""}


def test_serves_what_a_frame_says() -> None:
    house = House(names={HERE: "living room"})
    house.hear(pvvx(7, -4.53))
    told = {"temperature_celsius": -4.53, "humidity_ratio": 47.12, "battery_ratio": 83, "battery_volts": 2.912}
    for name, value in {**told, "frame_current": 7, "rssi_dbm": -60, "frames_total": 1}.items():
        assert house.value(name) == value, name
    assert house.value("info", name="living room", firmware="pvvx", version="", formats="pvvx") == 1


def test_merges_partial_frames_each_value_with_its_own_time() -> None:
    house = House({HERE: KEY})
    house.hear(mibeacon(1, "041002d700"))
    house.clock.now += 1400
    house.hear(mibeacon(2, "061002d201"))
    assert (house.value("temperature_celsius"), house.value("humidity_ratio")) == (21.5, 46.6)
    house.clock.now += 100
    assert (house.value("temperature_celsius"), house.value("humidity_ratio")) == (None, 46.6)


def test_a_battery_that_is_told_once_an_hour_stays_while_the_rest_is_told() -> None:
    house = House({HERE: KEY})
    house.hear(mibeacon(1, "0a100164"))
    for count in range(2, 14):
        house.clock.now += 600
        house.hear(mibeacon(count, "041002d700"))
        assert house.value("battery_ratio") == 100
    for count in range(14, 20):
        house.clock.now += 600
        house.hear(mibeacon(count, "041002d700"))
    assert (house.value("temperature_celsius"), house.value("battery_ratio")) == (21.5, None)


def test_a_battery_that_is_told_rarely_vanishes_with_the_rest() -> None:
    house = House()
    house.hear({BTHOME: bytes.fromhex("400001 0c600b 1000")})
    for count in range(2, 12):
        house.clock.now += 25
        house.hear({BTHOME: bytes.fromhex(f"4000{count:02x} 0153 023bfe 036812")})
        assert (house.value("temperature_celsius"), house.value("battery_volts")) == (-4.53, 2.912)
    house.clock.now += 60
    assert (house.value("temperature_celsius"), house.value("battery_volts")) == (None, None)


@pytest.mark.parametrize(("firmware", "ttl"), [("pvvx", 60), ("atc1441", 150), ("custom", 300), ("stock", 1500)])
def test_readings_vanish_in_time_and_last_seen_stays(firmware: str, ttl: float) -> None:
    house = House({THERE: KEY})
    address = THERE if firmware == "stock" else HERE
    frames = {
        "pvvx": pvvx(1),
        "atc1441": {PVVX: encoders.atc1441(mac.octets(HERE), 215, 47, 83, 2912, 1)},
        "custom": {MIBEACON: encoders.mibeacon(mac.octets(HERE), 1, bytes.fromhex("041002d700"))},
        "stock": mibeacon(1, "041002d700", THERE),
    }
    house.hear(frames[firmware], address)
    house.clock.now += ttl - 0.1
    assert house.value("temperature_celsius", address) == 21.5
    house.clock.now += 0.1
    assert house.value("temperature_celsius", address) is None
    assert house.value("rssi_dbm", address) is None
    assert house.value("last_seen_timestamp_seconds", address)


def test_what_is_said_again_is_true_still() -> None:
    house = House()
    house.hear(pvvx(1))
    for _ in range(3):
        house.clock.now += 50
        house.hear(pvvx(1), rssi=-70)
    assert (house.value("temperature_celsius"), house.value("rssi_dbm")) == (21.5, -70)
    assert house.value("frames_total") == 1
    house.clock.now += 50
    house.thermometers.present(HERE, pvvx(1))
    house.clock.now += 50
    assert (house.value("temperature_celsius"), house.value("rssi_dbm")) == (21.5, None)


def test_presence_does_not_bring_back_what_was_slept_through() -> None:
    """After a night BlueZ has those still that were there in the evening."""
    house = House()
    house.hear(pvvx(1))
    house.clock.now += 60
    seen = house.value("last_seen_timestamp_seconds")
    house.thermometers.present(HERE, pvvx(1))
    assert (house.value("temperature_celsius"), house.value("last_seen_timestamp_seconds")) == (None, seen)
    house.hear(pvvx(1))
    house.clock.now += 50
    house.thermometers.present(HERE, pvvx(1))
    house.clock.now += 50
    assert house.value("temperature_celsius") == 21.5


def test_an_encrypted_frame_is_not_true_for_ever_by_being_repeated() -> None:
    house = House({HERE: KEY})
    house.hear(bthome(1, "026608"))
    for _ in range(20):
        house.clock.now += 50
        house.hear(bthome(1, "026608"))
    assert house.value("temperature_celsius") is None
    house.hear(bthome(2, "026608"))
    assert house.value("temperature_celsius") == 21.5


def test_a_frame_with_a_counter_is_not_true_for_ever_by_being_repeated() -> None:
    """BlueZ keeps a plain frame when the device begins to encrypt, with another UUID and a key that nobody gave."""
    house = House()
    for count in range(72):
        house.hear({**pvvx(1), **bthome(count, "026608")})
        house.hear({**pvvx(1), **bthome(count, "026608")})
        assert house.value("temperature_celsius") == (21.5 if count < 62 else None), count
        house.clock.now += 30
    house.hear(pvvx(2))
    assert house.value("temperature_celsius") == 21.5


def test_a_frame_without_a_counter_may_be_said_again_for_ever() -> None:
    house = House()
    for _ in range(200):
        house.hear({BTHOME: bytes.fromhex("40026608")})
        house.clock.now += 50
        assert house.value("temperature_celsius") == 21.5


def test_a_format_that_was_given_up_does_not_come_back() -> None:
    """BlueZ keeps service data of a UUID that is not sent any more."""
    house = House()
    old = pvvx(1, 10)
    house.hear(old)
    house.hear({**old, BTHOME: bytes.fromhex("4000070266080300 10")})
    house.clock.now += 50
    house.hear({**old, BTHOME: bytes.fromhex("4000080266080300 10")})
    assert house.value("temperature_celsius") == 21.5
    house.clock.now += 20
    house.hear({**old, BTHOME: bytes.fromhex("4000080266080300 10")})
    assert house.value("battery_volts") is None
    assert house.value("temperature_celsius") == 21.5


def test_beacons_without_readings_beside_it_do_not_age_a_reading() -> None:
    house = House()
    for _ in range(3):
        house.hear({**BEACON_WITHOUT_OBJECT, **pvvx(1)})
        house.clock.now += 50
    assert house.value("temperature_celsius") == 21.5
    assert house.refused("ignored") + house.refused("ignored", "") == 1


@pytest.mark.parametrize("rssi", [NOT_HEARD])
def test_no_signal_is_no_reading(rssi: int) -> None:
    house = House()
    house.hear(pvvx(1), rssi=rssi)
    assert house.macs() == set()
    house.hear(pvvx(1))
    house.clock.now += 60
    house.hear(pvvx(2), rssi=rssi)
    assert house.value("temperature_celsius") is None


def test_a_replay_is_refused_and_changes_nothing() -> None:
    house = House({HERE: KEY})
    house.hear(bthome(20, "026608"))
    house.hear(bthome(20, "0c600b"))
    house.hear(bthome(19, "020000"))
    assert (house.value("temperature_celsius"), house.value("battery_volts")) == (21.5, 2.912)
    assert house.refused("replay") == 1
    house.clock.now += 40
    house.hear(bthome(19, "020000"))
    house.clock.now += 20
    assert house.value("temperature_celsius") is None


def test_a_battery_may_be_changed() -> None:
    house = House({HERE: KEY})
    house.hear(bthome(5000, "026608"))
    house.clock.now += 60
    house.hear(bthome(1, "020000"))
    assert house.value("temperature_celsius") == 0


def test_a_device_with_a_key_is_believed_only_with_it() -> None:
    house = House({HERE: KEY})
    house.hear(pvvx(1))
    assert house.value("temperature_celsius") is None
    assert house.refused("unencrypted") == 1


@pytest.mark.parametrize(
    ("service_data", "reason"),
    [
        (pvvx(1, address=THERE), "wrong_mac"),
        ({PVVX: pvvx(1)[PVVX][:-1]}, "malformed"),
        (bthome(1, "026608"), "no_key"),
    ],
)
def test_counts_what_is_refused_and_knows_no_device_by_it(service_data: dict[str, bytes], reason: str) -> None:
    house = House()
    house.hear(service_data)
    assert house.refused(reason, "") == 1
    assert house.macs() == set()
    house.hear(pvvx(1))
    house.hear(service_data)
    assert house.refused(reason) == 1
    assert house.value("temperature_celsius") == 21.5


def test_says_once_of_each_device_what_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    house = House({THERE: KEY}, {THERE: "cellar"})
    for count in range(3):
        house.hear(bthome(count, "026608"))
        house.hear(pvvx(count, address=THERE), THERE)
        house.hear({MIBEACON: bytes([count])})
    logged = capfd.readouterr().err.splitlines()
    assert [line.partition("level=")[2].partition(" err=")[0] for line in logged] == [
        'info msg="frame refused" mac=A4C138000001 name="" reason=no_key',
        'warn msg="frame refused" mac=A4C138000002 name=cellar reason=unencrypted',
        'info msg="frame refused" mac=A4C138000001 name="" reason=malformed',
    ]


def test_takes_what_a_new_key_opens() -> None:
    house = House()
    house.hear(bthome(1, "026608"))
    house.thermometers.learn({HERE: KEY})
    house.hear(bthome(1, "026608"))
    assert house.value("temperature_celsius") == 21.5


def test_a_new_key_begins_with_any_counter() -> None:
    """Stock firmware gets a new key, and counts anew, whenever it is activated."""
    house = House({HERE: KEY, THERE: KEY})
    for address in (HERE, THERE):
        house.hear(mibeacon(5000, "041002d700", address), address)
    house.thermometers.learn({HERE: bytes(16), THERE: KEY})
    cold = bytes.fromhex("041002d3ff")
    for address, key in ((HERE, bytes(16)), (THERE, KEY)):
        house.hear({MIBEACON: encoders.mibeacon(mac.octets(address), 1, cold, key=key)}, address)
    assert (house.value("temperature_celsius"), house.value("temperature_celsius", THERE)) == (-4.5, 21.5)
    assert (house.refused("replay"), house.refused("replay", THERE)) == (0, 1)


def test_what_a_new_key_does_not_open_is_not_true_any_more() -> None:
    house = House()
    house.hear(pvvx(1))
    house.thermometers.learn({HERE: KEY})
    for _ in range(3):
        house.clock.now += 25
        house.hear(pvvx(1))
    assert (house.value("temperature_celsius"), house.refused("unencrypted")) == (None, 1)


def test_keys_that_stay_change_nothing() -> None:
    """What BlueZ keeps of a format that was given up is as old as before."""
    house = House({THERE: KEY})
    house.hear(pvvx(1, 10))
    house.clock.now += 60
    house.hear({**bthome_plain(2), **pvvx(1, 10)})
    house.hear(pvvx(1), THERE)
    house.thermometers.learn({THERE: KEY})
    house.hear({**bthome_plain(2), **pvvx(1, 10)})
    house.hear(pvvx(1), THERE)
    assert (house.value("temperature_celsius"), house.value("battery_volts")) == (21.5, None)
    assert house.refused("wrong_mac", THERE) == 1


def test_listens_to_the_configured_ones_alone() -> None:
    house = House(names={HERE: "here"}, only_configured=True)
    house.hear(pvvx(1))
    house.hear(pvvx(1, address=THERE), THERE)
    assert house.macs() == {"A4C138000001"}
    assert house.thermometers.all_heard()


def test_forgets_who_was_not_heard_for_longest_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thermometers, "MOST_DEVICES", 2)
    seconds = iter(range(1, 100))
    monkeypatch.setattr(thermometers, "time", lambda: float(next(seconds)))
    first, second, third, kept = (f"A4:C1:38:00:00:0{nth}" for nth in "1234")
    house = House(names={kept: "never heard"})
    for address in (first, second):
        house.hear(pvvx(1, address=address), address)
    house.hear(bthome(1, "026608", first), first)
    house.hear(pvvx(2, address=first), first)
    house.hear(pvvx(1, address=third), third)
    assert house.macs() == {mac.compact(each) for each in (first, third, kept)}
    house.hear(pvvx(2, address=second), second)
    assert house.macs() == {mac.compact(each) for each in (second, third, kept)}
    assert house.refused("no_key", first) == 0


def test_serves_what_was_polled() -> None:
    house = House(polled=(HERE, THERE))
    assert house.value("polls_total") == 0
    house.thermometers.polled(HERE, {"temperature_celsius": 20.5}, firmware="stock", version="1.0.0_0130", ttl=100)
    house.thermometers.poll_failed(THERE, "not_found")
    house.thermometers.poll_failed(THERE, "not_found")
    assert (house.value("temperature_celsius"), house.value("polls_total")) == (20.5, 1)
    assert house.value("info", name="", firmware="stock", version="1.0.0_0130", formats="") == 1
    assert house.value("poll_failures_total", THERE, reason="not_found") == 2
    assert house.value("polls_total", THERE) == 2
    house.clock.now += 100
    assert house.value("temperature_celsius") is None
    assert not house.thermometers.all_heard()


def test_a_battery_that_was_polled_is_newer_than_what_frames_said() -> None:
    house = House({HERE: KEY}, polled=(HERE,))
    house.hear(mibeacon(1, "0a100164"))
    house.thermometers.polled(HERE, {"battery_ratio": 30}, firmware="stock", version="", ttl=1000)
    house.hear(mibeacon(2, "041002d700"))
    assert house.value("battery_ratio") == 30
    house.hear(mibeacon(3, "0a10011d"))
    assert house.value("battery_ratio") == 29


def test_knows_firmware_by_its_frames() -> None:
    house = House({HERE: KEY})
    house.hear(mibeacon(1, "041002d700"))
    assert house.value("info", name="", firmware="stock", version="", formats="mibeacon") == 1
    house.hear(bthome(1, "026608"))
    assert house.value("info", name="", firmware="pvvx", version="", formats="bthome_v2,mibeacon") == 1
