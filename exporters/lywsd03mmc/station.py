"""How the radio does: whether it listens, how, and what is missing where it does not.

The radio's thread tells it, the scrape's thread reads it.
"""

from collections.abc import Iterator

from motes.shared import log
from motes.shared.exposition import Family, counter, gauge, labels

# What may be missing, and what to do about it.
ADVICE = {
    "no_bleak": 'install bleak: pip install "motes[ble]", or on Debian python3-bleak',
    "no_bus": "start D-Bus, whose system bus is not there",
    "no_bluez": "install and start BlueZ (bluetoothd), on Debian the package bluez",
    "no_adapter": "plug in a Bluetooth adapter, or name one that is there with --ble.adapter",
    "powered_off": "turn the adapter on: bluetoothctl power on, or rfkill unblock bluetooth",
    "denied": "let this user talk to BlueZ over D-Bus, on Debian as a member of the group bluetooth",
    "no_passive": "use --ble.scan=active, or run bluetoothd 5.56 or newer with --experimental",
    "no_answer": "restart bluetoothd, which does not answer",
    "failed": "see the log; it is tried again",
}


class Problem(Exception):
    """Why nothing is heard: `name` is one of ADVICE's."""

    def __init__(self, name: str, told: object = "") -> None:
        super().__init__(str(told) or ADVICE[name])
        self.name = name


class Station:
    """`mode` and `adapter` are those that it listens with; `mode` is empty where it does not."""

    def __init__(self, *, scans: bool) -> None:
        self._scans = scans
        self.mode = ""
        self.adapter = ""
        self.problem = ""
        self.restarts = 0
        self._listened = False
        self._told = "", ""
        self.advertisements = 0

    def listens(self, adapter: str, mode: str) -> None:
        if self.problem or (adapter, mode) != self._told:
            log.info("listening for thermometers", adapter=adapter, mode=mode)
        self._told = adapter, mode
        self.restarts += self._listened
        self._listened = True
        self.adapter, self.mode, self.problem = adapter, mode, ""

    def deaf(self) -> None:
        """It does not listen at the moment."""
        self.mode = ""

    def fails(self, problem: Problem) -> None:
        """Logged when it is another problem than before."""
        self.deaf()
        if problem.name != self.problem:
            log.warn("no Bluetooth", problem=problem.name, err=problem, advice=ADVICE[problem.name])
        self.problem = problem.name

    def families(self) -> Iterator[Family]:
        mode, problem = self.mode, self.problem
        if self._scans:
            yield gauge("thermometer_scanner_up", "Whether it listens for advertisements.", int(bool(mode)))
            help = "1 while it listens, labelled by how."
            yield gauge("thermometer_scanner_info", help, {labels(adapter=self.adapter, mode=mode): 1} if mode else {})
        help = "Times that a scanner was started anew, after silence or a change of the adapter or of bluetoothd."
        yield counter("thermometer_scanner_restarts_total", help, self.restarts)
        help = "Advertisements heard, of any device."
        yield counter("thermometer_advertisements_total", help, self.advertisements)
        help = "1 while there is a problem, labelled by what to do about it."
        samples = {labels(problem=problem, advice=ADVICE[problem]): 1} if problem else {}
        yield gauge("thermometer_problem_info", help, samples)
