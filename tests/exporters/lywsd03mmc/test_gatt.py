"""What is asked of a connected thermometer, in which order, and what is made of odd answers."""

import asyncio

import pytest
from motes.exporters.lywsd03mmc import gatt, payloads
from motes.exporters.lywsd03mmc.gatt import Polled

from tests.support import instant
from tests.support.peripherals import Answer, Characteristic, Client, Service, after, hang, refuse

SAID = bytes.fromhex("f8074ad60b")
STOCK = {"temperature_celsius": 20.4, "humidity_ratio": 74.0, "battery_volts": 3.03}
CUSTOM = {"temperature_celsius": -4.57, "humidity_ratio": 49.26, "battery_ratio": 87.0}
MEASURED = bytes.fromhex("33 b80b 3801 8813 0000 00 00000000")

INFORMATION = "0000180a-0000-1000-8000-00805f9b34fb"
SENSING = "0000181a-0000-1000-8000-00805f9b34fb"


def stock(
    measurement: Answer = SAID, interval: Answer = b"", *properties: str, notifies: tuple[tuple[float, bytes], ...] = ()
) -> Client:
    return Client(
        Service(INFORMATION, Characteristic(payloads.FIRMWARE_REVISION, "read", value=b"1.0.0_0130")),
        Service("battery", Characteristic(payloads.BATTERY, "read", value=b"\x64")),
        Service(
            payloads.STOCK_SERVICE,
            Characteristic(payloads.STOCK_MEASUREMENT, *(properties or ("read", "notify")), value=measurement),
            Characteristic(payloads.STOCK_INTERVAL, "write", value=interval),
        ),
        notifies={payloads.STOCK_MEASUREMENT: notifies},
    )


def custom(*more: Characteristic, measured: tuple[tuple[float, bytes], ...] = ((0.1, MEASURED),)) -> Client:
    """pvvx's firmware; `more` are characteristics in the place of its own."""
    there = {
        each.uuid: each
        for each in (
            Characteristic(payloads.TEMPERATURE_TENTHS, "read", "notify", value=b"\xd2\xff"),
            Characteristic(payloads.TEMPERATURE, "read", "notify", value=b"\x37\xfe"),
            Characteristic(payloads.HUMIDITY, "read", "notify", value=b"\x3e\x13"),
            Characteristic(payloads.BATTERY, "read", "notify", value=b"\x57"),
            Characteristic(payloads.CUSTOM_COMMAND, "read", "notify", "write-without-response"),
            Characteristic(payloads.FIRMWARE_REVISION, "read", value=b"github.com/pvvx"),
            Characteristic(payloads.SOFTWARE_REVISION, "read", value=b"V4.7"),
            *more,
        )
    }
    return Client(
        Service(payloads.CUSTOM_SERVICE, *there.values()),
        notifies={
            payloads.CUSTOM_COMMAND: measured,
            payloads.TEMPERATURE: ((5, b"\x38\xfe"),),
            payloads.HUMIDITY: ((5, b"\x40\x13"),),
        },
        commanded=[payloads.CUSTOM_COMMAND],
    )


def atc1441() -> Client:
    return Client(
        Service(payloads.CUSTOM_SERVICE, Characteristic(payloads.CUSTOM_COMMAND, "notify", "write-without-response")),
        Service(
            SENSING,
            Characteristic(payloads.TEMPERATURE_TENTHS, "read", "notify", value=b"\xd2\xff"),
            Characteristic(payloads.HUMIDITY, "read", "notify", value=b"\xec\x13"),
        ),
        Service("battery", Characteristic(payloads.BATTERY, "read", "notify", value=b"\x57")),
    )


def poll(client: Client) -> tuple[Polled, float]:
    """What it told, and in how many seconds."""

    async def poll() -> tuple[Polled, float]:
        polled = Polled()
        await gatt.read(client, polled)
        return polled, instant.now()

    return instant.run(poll())


def test_stock() -> None:
    client = stock()
    polled, _ = poll(client)
    assert (polled.firmware, polled.version, polled.values) == ("stock", "1.0.0_0130", STOCK)
    # The interval is lengthened after all that would be slow behind it, and the percentage is left alone.
    assert client.did == [
        ("read", payloads.FIRMWARE_REVISION),
        ("subscribe", payloads.STOCK_MEASUREMENT),
        ("write", payloads.STOCK_INTERVAL, b"\xf4\x01\x00", True),
        ("read", payloads.STOCK_MEASUREMENT),
    ]


@pytest.mark.parametrize(
    ("client", "within"),
    [
        (stock(hang, notifies=((6, SAID),)), 6),
        (stock(refuse, notifies=((6, SAID),)), 6),
        (stock(b"", notifies=((6, SAID),)), 6),
        (stock(b"", notifies=((6, SAID), (6, b""), (6, bytes(5)))), 6),
        (stock(SAID[:4], notifies=((1, b""), (2, b"\x00\x80" + SAID[2:]), (6, SAID), (7, b""))), 6),
        (stock(after(3, SAID), notifies=((6, b"\x00\x00" + SAID[2:]),)), 3),
        (stock(SAID, b"", "notify", notifies=((12, SAID),)), 12),
        (stock(SAID, b"", "read", notifies=((12, SAID),)), 0),
        (stock(SAID, refuse), 0),
        (stock(SAID, hang), 10),
    ],
)
def test_stock_is_read_or_notified_whichever_comes_first(client: Client, within: float) -> None:
    polled, took = poll(client)
    assert polled.values == STOCK
    assert took == pytest.approx(within)


@pytest.mark.parametrize(
    "client", [stock(b""), stock(hang), stock(refuse, hang), stock(b"", b"", "read"), stock(SAID, b"", "indicate")]
)
def test_stock_that_says_nothing(client: Client) -> None:
    polled, took = poll(client)
    assert polled.values == {}
    assert took <= 30


def test_stock_without_an_interval_to_set() -> None:
    client = Client(
        Service(payloads.STOCK_SERVICE, Characteristic(payloads.STOCK_MEASUREMENT, "read", "notify", value=SAID))
    )
    assert poll(client)[0].values == STOCK
    assert poll(Client(Service(payloads.STOCK_SERVICE)))[0].values == {}


def test_atc1441() -> None:
    client = atc1441()
    polled, _ = poll(client)
    expected = {"temperature_celsius": -4.6, "humidity_ratio": 51.0, "battery_ratio": 87.0}
    assert (polled.firmware, polled.version, polled.values) == ("atc1441", "", expected)
    assert {did[0] for did in client.did} == {"read"}


def test_pvvx() -> None:
    client = custom()
    polled, took = poll(client)
    assert (polled.firmware, polled.version) == ("pvvx", "V4.7")
    # The measurement is another one, of which the voltage alone is needed.
    assert polled.values == CUSTOM | {"battery_volts": 3.0}
    assert client.did[-2:] == [
        ("subscribe", payloads.CUSTOM_COMMAND),
        ("write", payloads.CUSTOM_COMMAND, b"\x33\x01", False),
    ]
    assert took == pytest.approx(0.1)


@pytest.mark.parametrize(
    "client",
    [
        custom(measured=()),
        custom(measured=((0.1, b"\x33\x01"), (0.2, b"\x33" + MEASURED))),
        custom(measured=((9, MEASURED),)),
        custom(Characteristic(payloads.CUSTOM_COMMAND, "write-without-response")),
        custom(Characteristic(payloads.CUSTOM_COMMAND, "notify", "write", value=refuse)),
        custom(Characteristic(payloads.CUSTOM_COMMAND, "notify", "write", value=hang)),
    ],
)
def test_pvvx_that_has_no_voltage_to_tell(client: Client) -> None:
    polled, took = poll(client)
    assert polled.values == CUSTOM
    assert took <= 10


@pytest.mark.parametrize(
    ("odd", "changed"),
    [
        (Characteristic(payloads.TEMPERATURE, "read", value=refuse), {"temperature_celsius": -4.6}),
        (Characteristic(payloads.TEMPERATURE, "read", value=b"\x00\x80"), {"temperature_celsius": -4.6}),
        (Characteristic(payloads.TEMPERATURE, "read", value=hang), {"temperature_celsius": -4.6}),
        (Characteristic(payloads.TEMPERATURE, "notify"), {"temperature_celsius": -4.56}),
        (Characteristic(payloads.TEMPERATURE, "read", "notify", value=b""), {"temperature_celsius": -4.56}),
        (Characteristic(payloads.HUMIDITY, "notify"), {"humidity_ratio": 49.28}),
        (Characteristic(payloads.BATTERY, "read", value=b"\xff"), {"battery_ratio": None}),
        (Characteristic(payloads.BATTERY, "read", "notify", value=hang), {"battery_ratio": None}),
        (Characteristic(payloads.BATTERY), {"battery_ratio": None}),
    ],
)
def test_a_characteristic_that_fails_costs_its_own_value(odd: Characteristic, changed: dict[str, float | None]) -> None:
    polled, took = poll(custom(odd))
    expected = CUSTOM | {"battery_volts": 3.0} | changed
    assert polled.values == {name: value for name, value in expected.items() if value is not None}
    assert polled.version == "V4.7"
    assert took <= 21


def test_a_version_that_cannot_be_read_is_empty() -> None:
    for value in (refuse, hang, b"\xff\n"):
        polled, _ = poll(custom(Characteristic(payloads.SOFTWARE_REVISION, "read", value=value)))
        assert polled.version == ""
        assert polled.values.keys() == CUSTOM.keys() | {"battery_volts"}


def test_two_of_one_uuid() -> None:
    client = custom()
    first = client.services[0]
    client.services = (first, Service("other", Characteristic(payloads.TEMPERATURE, "read", value=b"\x00\x00")))
    assert poll(client)[0].values == CUSTOM | {"battery_volts": 3.0}


def test_values_are_there_as_soon_as_they_come() -> None:
    async def lose_it_midway() -> Polled:
        polled = Polled()
        asking = asyncio.create_task(gatt.read(custom(Characteristic(payloads.BATTERY, "read", value=hang)), polled))
        await asyncio.sleep(1)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        return polled

    polled = instant.run(lose_it_midway())
    assert polled.values == {"temperature_celsius": -4.57, "humidity_ratio": 49.26}


def test_cancelling_leaves_no_task_behind() -> None:
    async def cancel() -> set[asyncio.Task[object]]:
        asking = asyncio.create_task(gatt.read(stock(hang), Polled()))
        await asyncio.sleep(1)
        asking.cancel()
        await asyncio.sleep(1)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert instant.run(cancel()) == set()
