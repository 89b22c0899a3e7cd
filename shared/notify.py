"""Word to the service manager, as datagrams: sd_notify(3).

Without NOTIFY_SOCKET in the environment nothing is sent; nothing here ever raises.
"""

import os
import socket
from time import CLOCK_MONOTONIC, clock_gettime_ns


def send(**fields: str | int) -> None:
    """Such as `send(READY=1, STATUS="serving")`."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    message = "\n".join(f"{name}={value}" for name, value in fields.items()).encode("utf-8", "replace")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            # A manager that does not read must not hold up a scrape.
            to.setblocking(False)
            to.sendto(message, address)
    except OSError:
        pass


def reloading() -> None:
    """Since systemd 253 the time tells which reload is meant."""
    send(RELOADING=1, MONOTONIC_USEC=clock_gettime_ns(CLOCK_MONOTONIC) // 1000)


def watchdog_interval() -> float | None:
    """How often to send WATCHDOG=1, in seconds: twice in the time that is allowed. None where nobody waits for it."""
    allowed, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not allowed.isdecimal() or (pid and pid != str(os.getpid())):
        return None
    return int(allowed) / 2e6 or None
