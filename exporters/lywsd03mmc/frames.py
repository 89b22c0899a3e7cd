"""From service data to readings: each service has its format, and each format its decoder, a function of bytes.

Source: an advertisement's service data, by the UUID of its service.
Unit:   see decoded.py.
Errors: Refused, and no other, whatever the bytes.
"""

from motes.exporters.lywsd03mmc import bthome, environmental, mibeacon
from motes.exporters.lywsd03mmc.decoded import Decoded, Refused

__all__ = ["SERVICES", "Decoded", "Refused", "decode"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UUID = "0000{}-0000-1000-8000-00805f9b34fb"
SERVICES: "Mapping[str, Callable[[bytes, bytes, bytes | None], Decoded]]" = {
    _UUID.format("fe95"): mibeacon.decode,
    _UUID.format("181a"): environmental.decode,
    _UUID.format("181c"): bthome.decode_v1,
    _UUID.format("181e"): bthome.decode_v1_encrypted,
    _UUID.format("fcd2"): bthome.decode_v2,
}


def decode(uuid: str, data: bytes, address: bytes, key: bytes | None) -> Decoded:
    """What the device of this address says. `address` in the order in which it is written, `key` of 16 bytes."""
    decoder = SERVICES.get(uuid)
    if decoder is None:
        raise Refused("ignored", f"service {uuid} is none of a thermometer's")
    return decoder(data, address, key)
