"""org.bluez for tests, played in a process of its own; a test steers it through a `World` that is there."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from threading import Lock
from typing import Any, cast

from tests.support.bluez.bus import Bus
from tests.support.bluez.world import World
from tests.support.namespaces import WITHIN
from tests.support.program import ROOT

HCI0 = "00:11:22:33:44:55"


class _Remote:
    """Passes calls of a World's methods on, and waits until each is done."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self._pipe = pipe
        self._lock = Lock()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*positional: Any, **named: Any) -> Any:
            with self._lock:
                self._pipe.send((method, positional, named))
                assert self._pipe.poll(WITHIN), f"no answer from the stand-in to {method}"
                well, result = self._pipe.recv()
            if not well:
                raise result
            return result

        return call


@contextmanager
def standin(bus: Bus, log: Path) -> Iterator[World]:
    """With one adapter, hci0, and bluetoothd running. The process ends with the `with`, or with this one."""
    ours, its = Pipe()
    with log.open("ab") as written:
        process = subprocess.Popen(
            [
                "setpriv",
                "--pdeathsig=KILL",
                sys.executable,
                "-m",
                "tests.support.bluez",
                str(its.fileno()),
                bus.address,
            ],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            pass_fds=[its.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    its.close()
    world = cast("World", _Remote(ours))
    try:
        world.plug("hci0", HCI0)
        world.start()
        yield world
    finally:
        ours.close()
        process.kill()
        process.wait()
