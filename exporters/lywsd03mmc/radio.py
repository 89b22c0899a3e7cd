"""The radio: a thread with an event loop of its own, where bleak listens and polls.

Only here asyncio, bleak and D-Bus are imported, when the thread runs; whatever fails in it is begun anew.
"""

from collections.abc import Callable, Iterator
from importlib import invalidate_caches

from motes.exporters.lywsd03mmc.station import Problem, Station
from motes.exporters.lywsd03mmc.thermometers import Thermometers
from motes.shared.exposition import Family
from motes.shared.sampler import Sampler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from motes.shared.sensor import Sensor


class Radio:
    """Tells `thermometers` what it hears, and what those in `poll` answer."""

    def __init__(
        self, thermometers: Thermometers, *, adapter: str, scan: str, poll: "Sequence[str]", poll_interval: float
    ) -> None:
        self._thermometers = thermometers
        self._adapter = adapter
        self._scan = scan
        self._poll = poll
        self._poll_interval = poll_interval
        self._station = Station(scans=scan != "off")
        self._interrupt: Callable[[], object] = _nothing
        self.sampler = Sampler("lywsd03mmc", self._work, self._stop)

    def families(self) -> Iterator[Family]:
        yield from self._station.families()

    def sensors(self) -> "Iterator[Sensor]":
        """What is told of them, and of itself."""
        from motes.exporters.lywsd03mmc.sensors import sensors  # noqa: PLC0415 - for those who look at the page

        return sensors(self._thermometers, self._station)

    def deaf(self) -> bool:
        """Whether there is a problem, so that nothing need be waited for."""
        return bool(self._station.problem)

    def _stop(self) -> None:
        """Called by another thread."""
        self._interrupt()

    def _work(self, sampler: Sampler) -> None:
        import asyncio  # noqa: PLC0415 - three megabytes, for this thread alone

        try:
            asyncio.run(self._main(sampler))
        except BaseException as error:
            if isinstance(error, ImportError) and not (error.name or "").startswith("motes"):
                self._station.fails(Problem("no_bleak", error))
                # Once it is installed, it is to be found.
                invalidate_caches()
                return
            self._station.fails(Problem("failed", f"{type(error).__name__}: {error}"))
            raise

    async def _main(self, sampler: Sampler) -> None:
        import asyncio  # noqa: PLC0415

        from motes.exporters.lywsd03mmc import library_bus, library_log  # noqa: PLC0415
        from motes.exporters.lywsd03mmc.poller import Poller  # noqa: PLC0415
        from motes.exporters.lywsd03mmc.scanner import Scanner  # noqa: PLC0415

        library_log.forward()
        scanner = Scanner(self._thermometers, self._station, adapter=self._adapter, scan=self._scan, wanted=self._poll)
        poller = Poller(self._poll, self._poll_interval, find=scanner.find, thermometers=self._thermometers)
        tasks = [asyncio.create_task(scanner.run()), asyncio.create_task(poller.run())]
        work = asyncio.gather(*tasks)
        loop = asyncio.get_running_loop()
        self._interrupt = lambda: loop.call_soon_threadsafe(work.cancel)
        if sampler.stopping:
            work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            if not sampler.stopping:
                raise
        finally:
            self._interrupt = _nothing
            # The first that ends ends `work`. Cancelled twice, they would not take back what BlueZ does for them.
            for task in tasks:
                if not task.cancelling():
                    task.cancel()
            await asyncio.wait(tasks)
            library_bus.leave()


def _nothing() -> None:
    """There is nothing to interrupt."""
