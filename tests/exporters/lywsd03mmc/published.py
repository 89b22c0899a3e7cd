"""The frames of published.tsv, as others captured or printed them, and what must come of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motes.exporters.lywsd03mmc.frames import Decoded, decode

from tests.exporters.lywsd03mmc.decoding import UUID


@dataclass(frozen=True)
class Frame:
    """`refusal` is empty where `values` are not."""

    name: str
    format: str
    address: bytes
    uuid: str
    data: bytes
    key: bytes | None
    counter: int | None
    values: Mapping[str, float]
    refusal: str

    def decode(self) -> Decoded:
        return self.decode_changed(self.data)

    def decode_changed(self, data: bytes) -> Decoded:
        return decode(self.uuid, data, self.address, self.key)


def _frame(line: str) -> Frame:
    name, format, address, service, data, key, counter, told = line.split("\t")
    pairs = [word.split("=") for word in told.split()] if "=" in told else []
    return Frame(
        name,
        format,
        bytes.fromhex(address),
        UUID.format(service),
        bytes.fromhex(data),
        None if key == "-" else bytes.fromhex(key),
        None if counter == "-" else int(counter),
        {reading: float(value) for reading, value in pairs},
        "" if pairs else told,
    )


FRAMES = [
    _frame(line)
    for line in Path(__file__).with_name("published.tsv").read_text().splitlines()
    if not line.startswith("#")
]
READ = [frame for frame in FRAMES if not frame.refusal]
SEALED = [frame for frame in READ if frame.counter is not None]
