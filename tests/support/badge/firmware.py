"""The generations of the badge's firmware, as far as its sensor and its prompt are concerned."""

from typing import NamedTuple

_ESTIMATES = ("iaq", "iaq_accuracy", "eco2", "breath_voc_equivalent")


class Firmware(NamedTuple):
    version: str
    modules: str
    """The folder whose Python stands for its own."""

    raw: bool = True
    """Whether it has the raw REPL. Before 1.9, Ctrl-A was one more soft reset."""

    estimates: tuple[str, ...] = ()
    """What BSEC adds to a reading, where it is there and turned on."""

    @property
    def header(self) -> str:
        """What it says before it runs an app, and again before its prompt."""
        return f"{'-' * 32}\n          Pycardium\n Version: {self.version}\n{'-' * 32}\n"


V1_4 = Firmware("v1.4", "v1_4", raw=False)
V1_9 = Firmware("v1.9", "v1_4")
V1_10 = Firmware("v1.10", "v1_10")
V1_17 = Firmware("v1.17", "v1_17")
V1_17_BSEC = Firmware("v1.17", "v1_17", estimates=_ESTIMATES[:3])
V1_17_BREATH = Firmware("v1.17", "v1_17", estimates=_ESTIMATES)

GENERATIONS = (V1_4, V1_9, V1_10, V1_17, V1_17_BSEC, V1_17_BREATH)
