"""When thermometers are polled, what is done about those that do not answer, and that every connection is ended."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from motes.exporters.lywsd03mmc import payloads
from motes.exporters.lywsd03mmc.visit import REASONS

from tests.exporters.lywsd03mmc.flat import SAID, VALUES, A, B, Flat, flat, stock
from tests.support import instant
from tests.support.peripherals import Characteristic, Client, Service, after, hang, refuse


def test_polls_on_schedule_however_long_it_takes() -> None:
    there = flat(a=stock(after(3, SAID)))
    there.run(60, 200)
    assert there.polls[A] == pytest.approx([3, 63, 123, 183])
    assert there.told[0] == (VALUES, "stock", "", 150)
    assert there.clients[A].did == [("connect",), ("read", payloads.STOCK_MEASUREMENT), ("disconnect",)] * 4


def test_readings_of_a_short_interval_live_for_a_minute() -> None:
    there = flat(a=stock())
    there.run(5, 1)
    assert there.told[0][3] == 60


def test_an_interval_shorter_than_a_poll() -> None:
    there = flat(a=stock(after(3, SAID)))
    there.run(2, 10)
    assert there.polls[A] == pytest.approx([3, 6, 9])


def test_many_are_spread_and_few_are_connected_at_once() -> None:
    there = Flat()
    for number in range(30):
        there.add(f"A4:C1:38:00:00:{number:02X}", stock(after(4, SAID)))
    there.run(120, 360)
    assert there.most_connected == 2
    times = sorted(time for times in there.polls.values() for time in times)
    assert times[0] == pytest.approx(4)
    assert all(len(each) == 3 for each in there.polls.values())
    for each in there.polls.values():
        assert each[1] - each[0] == pytest.approx(120, abs=1)


def test_one_that_hangs_delays_no_other() -> None:
    for hanging in (stock(connecting=hang), stock(hang), stock(disconnecting=hang)):
        there = flat(a=hanging, b=stock(after(1, SAID)))
        there.run(10, 100)
        assert there.polls[B] == pytest.approx([3 + 10 * n for n in range(10)])


def test_many_that_hang_delay_the_others_once() -> None:
    there = Flat()
    for number in range(6):
        there.add(f"A4:C1:38:00:01:{number:02X}", stock(connecting=hang))
    there.add(A, stock(after(1, SAID)))
    there.run(60, 600)
    assert there.polls[A][0] <= 3 * 13 + 1
    assert [later - earlier for earlier, later in pairwise(there.polls[A][1:])] == [60] * 8


def test_connects_again_to_one_whose_services_come_late() -> None:
    client = stock()
    services, client.services = client.services, ()

    async def connecting() -> None:
        if ("disconnect",) in client.did:
            client.services = services

    client._connecting = connecting
    there = flat(a=client)
    there.run(60, 10)
    assert there.polls[A] == [0]
    assert [did[0] for did in client.did] == ["connect", "disconnect", "connect", "read", "disconnect"]


async def drop() -> bytes:
    raise ConnectionResetError("gone")


async def refuse_late() -> bytes:
    await asyncio.sleep(2)
    raise EOFError


@pytest.mark.parametrize(
    ("client", "reason", "after"),
    [
        (stock(connecting=refuse), "connect", 0),
        (stock(connecting=refuse_late), "connect", 2),
        (stock(connecting=drop), "connect", 0),
        (stock(connecting=hang), "timeout", 13),
        (stock(hang), "timeout", 10),
        (stock(b""), "no_values", 0),
        (stock(drop), "no_values", 0),
        (Client(), "no_values", 0),
        (stock(refuse, disconnecting=refuse), "no_values", 0),
        (stock(refuse, disconnecting=hang), "no_values", 5),
    ],
)
def test_reasons(client: Client, reason: str, after: float) -> None:
    there = flat(a=client)
    there.run(60, 29)
    assert there.failures[A] == [(after, reason)]
    assert client.did[-1] == ("disconnect",)
    assert reason in REASONS


def test_one_that_is_not_found_is_not_connected_to() -> None:
    there = flat(a=stock())
    there.absent.add(A)
    there.run(60, 400)
    assert there.failures[A] == [(time, "not_found") for time in (30, 90, 180, 270, 360)]
    assert there.clients[A].did == []


def test_one_that_was_left_connected_is_released() -> None:
    there = flat(a=stock())
    there.absent.add(A)
    there.left_connected.add(A)
    there.run(60, 50)
    assert there.failures[A] == []
    assert there.polls[A] == [30]


def test_finding_has_a_limit_of_its_own() -> None:
    async def find(address: str, within: float) -> Any:
        return await hang()

    there = flat(a=stock())
    there.find = find  # type: ignore[method-assign]
    there.run(60, 36)
    assert there.failures[A] == [(35, "not_found")]


def test_a_defect_is_a_failure_of_one_poll() -> None:
    there = flat(a=stock(), b=stock())

    def connect(device: Any, lost: Callable[[object], None], limit: float) -> Client:
        if device == A:
            raise KeyError(device)
        return there.clients[device]

    there.connect = connect  # type: ignore[method-assign]
    there.run(60, 60)
    assert [reason for _, reason in there.failures[A]] == ["failed", "failed"]
    assert len(there.polls[B]) == 1


def test_a_link_that_is_lost_ends_the_poll_at_once() -> None:
    there = flat(a=stock(hang))

    async def lose() -> None:
        await asyncio.sleep(2)
        there.lost[A](None)
        there.lost[A](None)

    there.run(60, 20, lose)
    assert there.failures[A] == [(2, "disconnected")]
    assert there.clients[A].did[-1] == ("disconnect",)


def test_a_link_that_is_lost_again_while_that_is_dealt_with() -> None:
    async def linger() -> bytes:
        try:
            return await hang()
        finally:
            await asyncio.sleep(1)

    there = flat(a=stock(linger))
    raised: list[Exception] = []

    async def lose() -> None:
        for _ in range(3):
            await asyncio.sleep(0.6)
            try:
                there.lost[A](None)
            except Exception as error:
                raised.append(error)

    there.run(60, 20, lose)
    assert there.failures[A] == [(1.6, "disconnected")]
    assert raised == []


def test_what_came_before_the_link_was_lost_counts() -> None:
    there = flat(
        a=Client(
            Service(
                payloads.CUSTOM_SERVICE,
                Characteristic(payloads.TEMPERATURE, "read", value=b"\x37\xfe"),
                Characteristic(payloads.HUMIDITY, "read", value=hang),
            )
        )
    )

    async def lose() -> None:
        await asyncio.sleep(2)
        there.lost[A](None)

    there.run(60, 20, lose)
    assert there.failures[A] == []
    assert there.told == [({"temperature_celsius": -4.57}, "pvvx", "", 150)]
    assert there.polls[A] == [2]


def test_a_link_lost_while_connecting_or_afterwards_disturbs_nothing() -> None:
    there = flat(a=stock(connecting=lambda: asyncio.sleep(1)))

    async def lose() -> None:
        for _ in range(4):
            await asyncio.sleep(0.4)
            there.lost[A](None)

    there.run(60, 20, lose)
    assert there.polls[A] == [1]


def test_back_off() -> None:
    there = flat(a=stock(refuse))
    there.run(60, 4000)
    times = [time for time, _ in there.failures[A]]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits == [30, 60, 120, 240, 480, 600, 600, 600, 600, 600]


def test_back_off_is_never_slower_than_the_interval() -> None:
    there = flat(a=stock(refuse))
    there.run(3600, 20000)
    times = [time for time, _ in there.failures[A]]
    assert times[-1] - times[-2] == 3600


def test_one_that_was_not_there_begins_anew() -> None:
    client = stock(refuse)
    there = flat(a=client)

    async def go_and_come_back() -> None:
        await asyncio.sleep(2000)
        there.absent.add(A)
        await asyncio.sleep(2000)
        there.absent.clear()
        there.failures[A].clear()

    there.run(60, 4200, go_and_come_back)
    times = [time for time, _ in there.failures[A]]
    assert times[0] <= 4090
    assert times[1] - times[0] == 30


def test_one_that_recovers_is_on_schedule_again(capfd: pytest.CaptureFixture[str]) -> None:
    client = stock(refuse)
    there = flat(a=client)

    async def mend() -> None:
        await asyncio.sleep(100)
        client.services = stock().services

    there.run(60, 500, mend)
    assert [time for time, _ in there.failures[A]] == [0, 30, 90]
    assert there.polls[A] == [210, 270, 330, 390, 450]
    logged = [line.split("msg=")[1].split(" mac=")[0] for line in capfd.readouterr().err.splitlines()]
    assert logged == ['"poll failed"', '"thermometer polled again"']


def test_one_that_needs_more_time_gets_it() -> None:
    there = flat(a=stock(connecting=lambda: asyncio.sleep(20)))
    there.run(60, 270)
    assert there.failures[A] == [(13, "timeout")]
    assert there.polls[A] == [63, 123, 183, 243]
    assert there.limits == [10, 30, 30, 30, 30]


@pytest.mark.parametrize(
    "client",
    [stock(connecting=hang), stock(hang), stock(hang, disconnecting=lambda: asyncio.sleep(0.3))],
)
def test_stopping_ends_connections(client: Client) -> None:
    async def run() -> float:
        polling = asyncio.create_task(flat(a=client).poller(60).run())
        await asyncio.sleep(5)
        polling.cancel()
        await asyncio.wait([polling])
        return instant.now() - 5

    assert instant.run(run()) <= 0.4
    assert client.did[-1] == ("disconnect",)


def test_stopping_does_not_wait_for_what_hangs() -> None:
    async def resist() -> None:
        """As bleak does: whoever connects is not cancelled before BlueZ has answered."""
        try:
            await hang()
        finally:
            await hang()

    clients = [stock(connecting=resist), stock(hang, disconnecting=hang), stock(hang, disconnecting=resist)]

    async def run() -> float:
        there = Flat()
        for number, client in enumerate(clients):
            there.add(f"A4:C1:38:00:00:{number:02X}", client)
        polling = asyncio.create_task(there.poller(1).run())
        await asyncio.sleep(5)
        polling.cancel()
        await asyncio.wait([polling])
        return instant.now() - 5

    assert instant.run(run()) <= 0.8
    assert all(Counter(client.did)[("disconnect",)] == 1 for client in clients[:2])


def test_nothing_to_poll() -> None:
    instant.run(Flat().poller(60).run())
