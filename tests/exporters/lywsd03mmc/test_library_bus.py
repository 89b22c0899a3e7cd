"""What is looked at inside of bleak: that it is there, and that nothing is done where it is not."""

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from motes.exporters.lywsd03mmc import library_bus

from tests.support.thermometers import PYTHONS

_MANAGER = "bleak.backends.bluezdbus.manager"
_LOOK = """
from bleak.backends.bluezdbus import manager
assert len(manager._global_instances) == 0
async def look():
    made = manager.BlueZManager()
    assert made._bus is None
    assert made._properties == {}
import asyncio
asyncio.run(look())
"""


@pytest.mark.parametrize("python", PYTHONS)
def test_bleak_is_as_expected(python: str) -> None:
    subprocess.run([PYTHONS[python], "-c", _LOOK], check=True, timeout=60)


async def _all() -> None:
    library_bus.forget()
    library_bus.hang_up()
    library_bus.leave()


@pytest.mark.parametrize("module", [None, SimpleNamespace(), SimpleNamespace(_global_instances={})])
def test_does_nothing_where_bleak_is_another(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    monkeypatch.setitem(sys.modules, _MANAGER, module)
    asyncio.run(_all())


def test_lets_go_of_devices_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    paths: dict[str, dict[str, Any]] = {"/here": {"org.bluez.Device1": {}}, "/gone": {}}
    managers: dict[object, object] = {}
    monkeypatch.setitem(sys.modules, _MANAGER, SimpleNamespace(_global_instances=managers))

    async def forget() -> None:
        managers[asyncio.get_running_loop()] = SimpleNamespace(_properties=paths)
        library_bus.forget()

    asyncio.run(forget())
    assert list(paths) == ["/here"]
