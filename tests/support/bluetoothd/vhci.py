"""In the guest: gives the kernel a Bluetooth adapter, whose end of HCI is standard input and output.

Source: drivers/bluetooth/hci_vhci.c. The first packet written asks for an adapter, which lasts until the device is
        closed; from then on a read or a write is one packet of H4, the framing of HCI on a serial line
        (Bluetooth Core, volume 4, part A).
"""

import os
import select
from collections.abc import Iterator

_VENDOR = 0xFF  # the device's own packets, about the adapter it made
_PRIMARY = 0x00
_LARGEST = 4096
# By type of packet (data, event): the length of its header, and where in it the length of the rest is.
_HEADERS = {2: (5, slice(3, 5)), 4: (3, slice(2, 3))}


def relay(device: int) -> None:
    """Until standard input ends."""
    os.write(device, bytes([_VENDOR, _PRIMARY]))
    received = bytearray()
    while True:
        ready = select.select([0, device], [], [])[0]
        if device in ready:
            _pass_on(os.read(device, _LARGEST))
        if 0 in ready:
            more = os.read(0, _LARGEST)
            if not more:
                return
            received += more
            for packet in packets(received):
                os.write(device, packet)


def packets(received: bytearray) -> Iterator[bytes]:
    """What is complete of what was received, taken out of it."""
    while received:
        header, place = _HEADERS[received[0]]
        length = header + int.from_bytes(received[place], "little")
        if len(received) < max(header, length):
            return
        yield bytes(received[:length])
        del received[:length]


def _pass_on(packet: bytes) -> None:
    while packet and packet[0] != _VENDOR:
        packet = packet[os.write(1, packet) :]


if __name__ == "__main__":
    relay(os.open("/dev/vhci", os.O_RDWR))
