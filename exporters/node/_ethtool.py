"""What a network device's driver tells over ethtool.

Source: the kernel's SIOCETHTOOL, see linux/ethtool.h.
Errors: OSError as the driver gives it: EOPNOTSUPP for what it does not tell, ENODEV for a device that is gone.
"""

import socket
from array import array
from fcntl import ioctl
from struct import Struct

_SIOCETHTOOL = 0x8946
_REQUEST = Struct("16sP16x")  # struct ifreq: the device's name, where the command stands
_GSET, _GDRVINFO, _GSTRINGS, _GSTATS = 0x01, 0x03, 0x1B, 0x1D  # ETHTOOL_…
_COMMAND = Struct("=I")
_SETTINGS = Struct("=4xII6xB25x")  # struct ethtool_cmd: modes that there are and that are offered, autoneg
_DRIVER = Struct("=4x32s32s32s32s32s16xI12x")  # struct ethtool_drvinfo: its texts, and how many statistics there are
_STRINGS_HEAD = Struct("=III")  # struct ethtool_gstrings: command, set, count
_STATS_HEAD = Struct("=II")  # struct ethtool_stats: command, count
_SET_OF_STATS = 1
_NAME = 32
# Drivers may have more statistics by the time that they are asked for, and older kernels write all of them.
_SPARE = 1024

# Bits of the modes that the port can do, bits of those that it offers, whether it negotiates.
Settings = tuple[int, int, int]
# Name, version, firmware, address on its bus, expansion ROM.
Driver = tuple[bytes, ...]


class Ethtool:
    """A socket to ask through."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def settings(self, device: bytes) -> Settings:
        told: Settings = _SETTINGS.unpack(self._ask(device, _blank(_GSET, _SETTINGS)))
        return told

    def driver(self, device: bytes) -> tuple[Driver, int]:
        """What it tells of itself, and how many statistics it has."""
        *texts, count = _DRIVER.unpack(self._ask(device, _blank(_GDRVINFO, _DRIVER)))
        return tuple([text.partition(b"\0")[0] for text in texts]), count

    def names(self, device: bytes, count: int) -> bytes:
        """Of that many statistics, 32 bytes each; of none where there are no longer as many."""
        told = self._ask(device, _STRINGS_HEAD.pack(_GSTRINGS, _SET_OF_STATS, count), count * _NAME)
        return told[_STRINGS_HEAD.size :] if _STRINGS_HEAD.unpack_from(told)[2] == count else b""

    def statistics(self, device: bytes, count: int) -> tuple[int, ...]:
        """As `names`."""
        told = self._ask(device, _STATS_HEAD.pack(_GSTATS, count), count * 8)
        return (
            Struct(f"={count}Q").unpack_from(told, _STATS_HEAD.size)
            if _STATS_HEAD.unpack_from(told)[1] == count
            else ()
        )

    def _ask(self, device: bytes, command: bytes, more: int = 0) -> bytes:
        """The command as the driver left it, with so many bytes behind it."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        room = array("B", command)
        if more:
            room.frombytes(bytes(more + _SPARE * _NAME))
        ioctl(self._socket, _SIOCETHTOOL, _REQUEST.pack(device, room.buffer_info()[0]))
        return room[: len(command) + more].tobytes()


def _blank(command: int, form: Struct) -> bytes:
    return _COMMAND.pack(command) + bytes(form.size - _COMMAND.size)


def named(names: bytes) -> list[bytes]:
    """The names of statistics, each as far as its first zero."""
    return [names[at : at + _NAME].partition(b"\0")[0] for at in range(0, len(names), _NAME)]
