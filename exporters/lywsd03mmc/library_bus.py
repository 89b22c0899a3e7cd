"""bleak's own connection to the bus: one for each event loop, which bleak opens when it needs one, and never ends.

bleak has nothing to end it with, so this looks inside.
Source: BlueZManager of bleak 0.20 to 3.1.
Errors: none. Where bleak has become another inside, nothing is done.
"""

import asyncio
import sys
from collections.abc import MutableMapping
from typing import Any


def hang_up() -> None:
    """End it, and with it all that BlueZ does for it. bleak opens another when it needs one."""
    bus = getattr(_managers().get(asyncio.get_running_loop()), "_bus", None)
    if bus is not None:
        bus.disconnect()


def leave() -> None:
    """Hang up for good, before the event loop ends. bleak 0.20 would keep both, and the bus what it has to say."""
    hang_up()
    _managers().pop(asyncio.get_running_loop(), None)


def forget() -> None:
    """Let go of devices that BlueZ has no more, of which bleak 0.20 keeps the paths, as many as there ever were."""
    paths = getattr(_managers().get(asyncio.get_running_loop()), "_properties", {})
    for path in [path for path, interfaces in paths.items() if not interfaces]:
        del paths[path]


def _managers() -> MutableMapping[asyncio.AbstractEventLoop, Any]:
    found: MutableMapping[asyncio.AbstractEventLoop, Any] = getattr(
        sys.modules.get("bleak.backends.bluezdbus.manager"), "_global_instances", {}
    )
    return found
