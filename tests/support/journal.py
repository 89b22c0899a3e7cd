"""A journal whose every field the test decides, those that journald alone would write too: made of entries in the
journal's export format by systemd-journal-remote(8), as they come.
"""

import os
import struct
import time
from pathlib import Path

from tests.support.namespaces import Host

REMOTE = "/lib/systemd/systemd-journal-remote"
# Identifies the machine, the boot, and whatever else must have 128 bits.
ID = "0123456789abcdef0123456789abcdef"


class Journal:
    """On a host with an /etc of its own, which seems to have been booted by systemd."""

    def __init__(self, host: Host, log: Path) -> None:
        folder = f"/run/log/journal/{ID}"
        host.write("/etc/machine-id", ID + "\n")
        host.run("mkdir", "-p", "/run/systemd/system", folder)
        given, self._pipe = os.pipe()
        host.start(REMOTE, f"--output={folder}/system.journal", "-", log=log, given=given)
        os.close(given)

    def write(self, *texts: bytes, **fields: str) -> int:
        """An entry for each text. The last one's time, in microseconds."""
        now = 0
        for text in texts:
            now = max(now + 1, time.time_ns() // 1000)
            send(self._pipe, entry(text, now, {"PRIORITY": "6", "SYSLOG_FACILITY": "3", **fields}))
        return now

    def close(self) -> None:
        os.close(self._pipe)


def entry(text: bytes, now: int, fields: dict[str, str]) -> bytes:
    named = {
        "__REALTIME_TIMESTAMP": str(now),
        "__MONOTONIC_TIMESTAMP": str(time.monotonic_ns() // 1000),
        "_BOOT_ID": ID,
        **fields,
    }
    lines = "".join(f"{name}={value}\n" for name, value in named.items())
    return lines.encode() + b"MESSAGE\n" + struct.pack("<Q", len(text)) + text + b"\n\n"


def send(pipe: int, content: bytes) -> None:
    while content:
        content = content[os.write(pipe, content) :]
