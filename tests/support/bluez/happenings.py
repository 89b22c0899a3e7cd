"""What may happen to an adapter, or to bluetoothd, and is over at once."""

from tests.support.bluez.standin import HCI0
from tests.support.bluez.world import World


def off_and_on(world: World) -> None:
    world.power(on=False)
    world.power(on=True)


def terminated_and_started(world: World) -> None:
    world.terminate()
    world.start()


def killed_and_started(world: World) -> None:
    world.kill()
    world.start()


def unplugged_and_plugged(world: World) -> None:
    world.unplug()
    world.plug("hci0", HCI0)


HAPPENS = (off_and_on, terminated_and_started, killed_and_started, unplugged_and_plugged)
