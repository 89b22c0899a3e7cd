"""motes-card10-bme680 out of this checkout, beside a badge that is played; and the /dev and /sys that it sees."""

import subprocess
import sys
from pathlib import Path

from tests.support.badge.machine import Machine as Usb
from tests.support.namespaces import OWN_MOUNTS, until
from tests.support.page import Page
from tests.support.program import HERE, ROOT, Machine, Program, free_port

COMMAND = (sys.executable, "-m", "motes.exporters.card10_bme680.program")
PATH = {"PYTHONPATH": str(ROOT / ".src")}
# What a played badge measures, and what its BSEC makes of that.
MEASURED = {
    "temperature_celsius": 21.5,
    "humidity_ratio": 0.4525,
    "pressure_pascals": 100312.5,
    "gas_resistance_ohms": 123456.0,
}
ESTIMATED = {"iaq": 57, "iaq_accuracy": 2, "iaq_trusted": 1, "eco2_ppm": 612.5}
# As root, but for what lets root open whatever there is.
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
_SEE = (
    """mount --bind "$1" /sys && mount --rbind /dev/pts "$2/pts" && mount --rbind "$2" /dev && shift 2 && exec "$@" """
)


class Seeing:
    """This machine with the USB ports of a played one; each program, behind `command`, has its own mounts."""

    def __init__(self, usb: Usb) -> None:
        (usb.dev / "pts").mkdir(exist_ok=True)
        self.command = (*OWN_MOUNTS, "sh", "-c", _SEE, "sh", str(usb.sys), str(usb.dev))

    def start(self, *command: str, log: Path, **environment: str) -> "subprocess.Popen[bytes]":
        return HERE.start(*self.command, *command, log=log, **environment)

    def attempt(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return HERE.attempt(*command)


class Card10(Program):
    """The program while it runs. Names of metrics without their `card10_`."""

    def __init__(self, log: Path, *flags: str, before: tuple[str, ...] = (), machine: Machine = HERE) -> None:
        port = free_port()
        command = (*before, *COMMAND, f"--web.listen-address=127.0.0.1:{port}", *flags)
        super().__init__(command, port, log, ready="/-/ready", machine=machine, **PATH)

    def page(self) -> Page:
        return Page(self.get("/metrics"))

    def value(self, metric: str, **labels: str) -> float | None:
        """The only one that has these labels, or None."""
        found = [
            value
            for (name, pairs), value in self.page().values.items()
            if name == f"card10_{metric}" and labels.items() <= dict(pairs).items()
        ]
        assert len(found) < 2, f"more than one card10_{metric} with {labels}"
        return found[0] if found else None

    def labels(self, metric: str) -> dict[str, str]:
        """Those of the only series, or none."""
        found = [dict(pairs) for name, pairs in self.page().values if name == f"card10_{metric}"]
        assert len(found) < 2, f"more than one card10_{metric}: {found}"
        return found[0] if found else {}

    def problem(self) -> str:
        return self.labels("problem_info").get("problem", "")

    def readings(self) -> float:
        return self.value("readings_total") or 0

    def failures(self, reason: str) -> float:
        return self.value("failures_total", reason=reason) or 0


def reads(program: Card10, number: int = 1) -> None:
    """So many readings more."""
    wanted = program.readings() + number
    until(lambda: program.readings() >= wanted and program.value("up") == 1, "a reading", program.log)


def shows(program: Card10, metric: str, value: float) -> None:
    until(lambda: program.value(metric) == value, f"{metric} {value}", program.log)


def fails(program: Card10, problem: str) -> None:
    until(lambda: program.problem() == problem, f"the problem {problem}", program.log)
