"""An exporter while it is measured: scraped over one connection, its processor time and memory asked of the kernel."""

import http.client
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

GIVE_UP = 30.0


def cpu(pid: int) -> float:
    """Seconds that all threads of a process have had of the processors, those that have ended too."""
    # A process's clock, as clock_getcpuclockid(3) makes its number: the complement of the pid, CPUCLOCK_SCHED.
    return time.clock_gettime_ns(~pid << 3 | 2) / 1e9


def memory(pid: int | str = "self") -> int:
    """Resident bytes of a process."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Exporter:
    """A process that was just started, and serves on a loopback port before long."""

    def __init__(self, command: Sequence[str], port: int, headers: Mapping[str, str], environment: Mapping[str, str]):
        self._headers = dict(headers)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP)
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def first_page(self) -> float:
        """Seconds from the start to the end of the first page."""
        while True:
            try:
                self.scrape()
            except ConnectionRefusedError:
                self._connection.close()
                if self._process.poll() is not None or time.perf_counter() - self._began > GIVE_UP:
                    raise
                time.sleep(0.0005)
            else:
                return time.perf_counter() - self._began

    def scrape(self) -> bytes:
        """One page, as it came over the wire."""
        self._connection.request("GET", "/metrics", headers=self._headers)
        answer = self._connection.getresponse()
        page = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}: {page!r}")
        return page

    def samples(self) -> int:
        """How many there are on a page."""
        self._connection.request("GET", "/metrics", headers={"Accept-Encoding": "identity"})
        return sum(1 for line in self._connection.getresponse() if not line.startswith(b"#"))

    def timed_scrape(self) -> float:
        """Seconds that one page takes."""
        began = time.perf_counter()
        self.scrape()
        return time.perf_counter() - began

    def cpu(self) -> float:
        return cpu(self.pid)

    def memory(self) -> int:
        return memory(self.pid)

    def kernel_files(self) -> list[str]:
        """The files in /proc and /sys that it keeps open."""
        folder = f"/proc/{self.pid}/fd"
        targets = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
        return sorted({target for target in targets if target.startswith(("/proc/", "/sys/"))})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()
