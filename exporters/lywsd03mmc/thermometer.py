"""One thermometer, as far as it is known."""

from motes.exporters.lywsd03mmc import mac
from motes.exporters.lywsd03mmc.replay import Guard
from motes.shared.exposition import labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.exporters.lywsd03mmc.frames import Decoded

# The label that tells what kind of device it is, with the value that an existing history has.
SENSOR = "LYWSD03MMC"
# What is known from its frames alone, the surest first: pvvx's sends all formats, that of ATC1441 two, and both take
# the stock one's as well, which encrypts whatever it measures.
_FIRMWARE = ("pvvx", "atc1441", "custom", "stock")
# Many formats tell these in frames of their own, and rarely: stock firmware once an hour. They go with the other frames
# of the format for two and a half times as long, in seconds.
_RARE = ("battery_ratio", "battery_volts")
_RARE_FOR = 9000.0


class Thermometer:
    """A device and what it said.

    `data` is the newest service data by UUID, whether it was taken or not; `newest` the frame that was taken last: its
    UUID, its data, what was in it, and when it came; `until` is how long that is true. `seen` is Unix time. `refused`
    and `poll_failing` are why the newest frame and the newest poll gave nothing, where that is so.
    """

    __slots__ = (
        "_firmware",
        "_guards",
        "_rare",
        "address",
        "data",
        "firmware",
        "formats",
        "frames",
        "labels",
        "mac",
        "newest",
        "octets",
        "poll_failing",
        "poll_failures",
        "polls",
        "refused",
        "seen",
        "until",
        "version",
    )

    def __init__(self, address: str) -> None:
        self.address = address
        self.octets = mac.octets(address)
        self.mac = mac.compact(address)
        self.labels = self.labelled()
        self.data: dict[str, bytes] = {}
        self.newest: tuple[str, bytes, Decoded, float] | None = None
        self.formats: set[str] = set()
        self.firmware = ""
        self.version = ""
        self.seen = 0.0
        self.until = 0.0
        self.frames = 0
        self.polls = 0
        self.poll_failures: dict[str, int] = {}
        self.poll_failing = ""
        self.refused = ""
        self._firmware: set[str] = set()
        self._guards: dict[str, Guard] = {}
        self._rare: dict[str, tuple[str, float, float]] = {}

    def take(self, uuid: str, data: bytes, decoded: "Decoded", now: float) -> None:
        """A frame that gave a reading."""
        self.newest = uuid, data, decoded, now
        self.refused = ""
        self.frames += 1
        self.formats.add(decoded.format)
        self._firmware.add(_firmware(decoded))
        for name in _RARE:
            if name in decoded.values:
                self._rare[name] = decoded.format, decoded.values[name], now

    def answer(self, firmware: str, version: str) -> None:
        """A poll that gave readings, which are newer than what frames said."""
        self.polls += 1
        self.poll_failing = ""
        self.firmware, self.version = firmware, version
        self._rare.clear()

    def readings(self, decoded: "Decoded", now: float) -> dict[str, float]:
        """Those of a frame, and what others of its format said of the battery."""
        rare = {
            name: value
            for name, (format, value, since) in self._rare.items()
            if format == decoded.format and now - since < _RARE_FOR
        }
        return rare | decoded.values

    def labelled(self, **more: str) -> bytes:
        return labels(mac=self.mac, sensor=SENSOR, **more)

    def info(self, name: str) -> bytes:
        firmware = self.firmware or next((each for each in _FIRMWARE if each in self._firmware), "")
        formats = ",".join(sorted(self.formats))
        return self.labelled(name=name, firmware=firmware, version=self.version, formats=formats)

    def guard(self, decoded: "Decoded") -> Guard:
        """Against replays of frames of this kind."""
        if decoded.format not in self._guards:
            self._guards[decoded.format] = Guard(decoded.counter_bits)
        return self._guards[decoded.format]

    def begin_anew(self) -> None:
        """With another key: what was refused may be taken now, and nothing under it was ever said before."""
        self.data.clear()
        self.newest = None
        self.refused = ""
        self._guards.clear()


def _firmware(decoded: "Decoded") -> str:
    if decoded.format == "mibeacon":
        return "stock" if decoded.encrypted else "custom"
    return "atc1441" if decoded.format == "atc1441" and not decoded.encrypted else "pvvx"
