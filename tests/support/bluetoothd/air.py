"""What is on the air, for as long as a test lasts: an adapter, and what it can hear; in a thread of its own.

Radios are bumble's, of Bluetooth 4.2. They hear what is sent as a real one does: the answer to a scan only where they
ask for it, and an advertisement that stays the same once per scan where they are told to leave out duplicates.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from bumble import hci, ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink
from bumble.transport import open_transport
from bumble.transport.common import Transport

from tests.support.namespaces import WITHIN

T = TypeVar("T")

ADAPTER = "00:11:22:33:44:55"
_ACTIVE = 1
_Kind = hci.HCI_LE_Advertising_Report_Event.EventType
_LOST = hci.HCI_CONNECTION_TIMEOUT_ERROR
_PENDING = hci.HCI_COMMAND_STATUS_PENDING
_CANCELLED = hci.HCI_LE_Connection_Complete_Event(
    status=hci.HCI_UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
    connection_handle=0,
    role=hci.Role.CENTRAL,
    peer_address_type=0,
    peer_address=hci.Address.ANY,
    connection_interval=0,
    peripheral_latency=0,
    supervision_timeout=0,
    central_clock_accuracy=0,
)


class Radio(Controller):
    """One end of the air: a thermometer's, or the adapter's.

    `rssi` is how well others hear it, in dBm; while it is `deaf`, it does not hear who wants to connect.
    """

    # What bumble claims besides it does not do: with LL_PRIVACY, Linux waits for an event that it never sends.
    le_features = hci.LeFeatureMask.LE_ENCRYPTION

    def __init__(self, ether: "Ether", address: str) -> None:
        super().__init__(address, link=ether, public_address=address)
        self.rssi = -60
        self.deaf = False
        self._heard: set[tuple[hci.Address, int, bytes]] = set()

    def hear(self, sender: "Radio", packet: ll.AdvertisingPdu) -> None:
        if self.le_scan_enable and isinstance(packet, ll.AdvInd):
            self._report(sender, _Kind.ADV_IND, packet.data)
            if self.le_scan_type == _ACTIVE:
                self._report(sender, _Kind.SCAN_RSP, sender.le_legacy_advertiser.scan_response_data)
        if not sender.deaf:
            self.on_ll_advertising_pdu(packet)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """It has been reported; what is left is whether it is waited for."""
        waiting = self.pending_le_connection
        if waiting and waiting.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def on_hci_le_set_scan_enable_command(
        self, command: hci.HCI_LE_Set_Scan_Enable_Command
    ) -> hci.HCI_StatusReturnParameters:
        self._heard.clear()
        return super().on_hci_le_set_scan_enable_command(command)

    def on_hci_reset_command(self, command: hci.HCI_Reset_Command) -> hci.HCI_StatusReturnParameters:
        self.le_scan_enable = False
        self.pending_le_connection = None
        self.lose(self.le_connections.values())
        return super().on_hci_reset_command(command)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        if self.pending_le_connection is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        # Afterwards, for it follows the answer.
        asyncio.get_running_loop().call_soon(self.send_hci_packet, _CANCELLED)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_hci_disconnect_command(self, command: hci.HCI_Disconnect_Command) -> None:
        connection = self.find_le_connection_by_handle(command.connection_handle)
        self.send_hci_packet(
            hci.HCI_Command_Status_Event(
                status=_PENDING if connection else hci.HCI_UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                num_hci_command_packets=1,
                command_opcode=command.op_code,
            )
        )
        if connection:
            connection.send_ll_control_pdu(ll.TerminateInd(command.reason))
            self.on_le_disconnected(connection, hci.HCI_CONNECTION_TERMINATED_BY_LOCAL_HOST_ERROR)

    def lose(self, connections: Iterable[Connection]) -> None:
        """Be gone for the other end of these."""
        for connection in list(connections):
            connection.send_ll_control_pdu(ll.TerminateInd(_LOST))
            del self.le_connections[connection.peer_address]

    def _report(self, sender: "Radio", kind: int, data: bytes) -> None:
        address = sender.public_address
        if self.filter_duplicates and (address, kind, data) in self._heard:
            return
        self._heard.add((address, kind, data))
        report = hci.HCI_LE_Advertising_Report_Event.Report(
            event_type=kind, address_type=address.address_type, address=address, data=data, rssi=sender.rssi
        )
        self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))


class Ether(LocalLink):
    """What carries packets between radios."""

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        assert isinstance(sender_controller, Radio)
        for radio in self.controllers - {sender_controller}:
            assert isinstance(radio, Radio)
            asyncio.get_running_loop().call_soon(radio.hear, sender_controller, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        # bumble 0.0.236 would name the sender by its random address, which these do not have.
        receiver = self.find_le_controller(destination_address)
        if receiver:
            sender = sender_controller.public_address
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, sender, transport, data)


class Air:
    """Exists until the `with` ends. What its radios do is done in its thread, by `do`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._adapter: tuple[Radio, Transport] | None = None
        self.ether = Ether()  # type: ignore[no-untyped-call]

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN)

    def plug_in(self, path: Path) -> None:
        """Give the adapter to the machine whose end of HCI is this unix socket."""
        self.do(self._plug_in(path))

    def unplug(self) -> None:
        self.do(self._unplug())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.unplug()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _plug_in(self, path: Path) -> None:
        transport = await open_transport(f"unix:{path}")
        radio = Radio(self.ether, ADAPTER)
        radio.host = transport.sink
        transport.source.set_packet_sink(radio)
        self._adapter = radio, transport

    async def _unplug(self) -> None:
        if self._adapter:
            radio, transport = self._adapter
            self._adapter = None
            self.ether.remove_controller(radio)
            radio.host = None
            radio.lose(radio.le_connections.values())
            await transport.close()
