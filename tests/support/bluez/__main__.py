"""The stand-in's own process: does what comes over a pipe, and tells what came of it. Ends when the pipe is closed."""

import asyncio
import sys
from multiprocessing.connection import Connection
from typing import Any

from tests.support.bluez.world import World


async def serve(pipe: "Connection[Any, Any]", bus: str) -> None:
    world = World(bus)
    asked = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), asked.set)
    while True:
        await asked.wait()
        asked.clear()
        # It is set once more than there is something to read: nothing may be waited for in here but by the loop.
        if not pipe.poll():
            continue
        try:
            method, positional, named = pipe.recv()
        except EOFError:
            return
        pipe.send(await _outcome(world, method, positional, named))


async def _outcome(world: World, method: str, positional: tuple[Any, ...], named: dict[str, Any]) -> tuple[bool, Any]:
    """Whether it went well, and what was returned or raised."""
    try:
        result = getattr(world, method)(*positional, **named)
        await world.settled()
    except Exception as error:
        return False, error
    return True, result


if __name__ == "__main__":
    asyncio.run(serve(Connection(int(sys.argv[1])), sys.argv[2]))
