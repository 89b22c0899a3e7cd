#!/usr/bin/env python3
"""What it costs to listen to many thermometers: tests/bench/ble.py [--seconds N] [--frames N] [--python PATH]

An org.bluez that is played says 1,000 advertisements a second of 200 devices, each with something new in it; the
processor time is the program's own, all threads, with bleak and D-Bus in it. Then the same frames go straight to what
decodes them and remembers, without either. Memory is resident memory.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, process_time

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters.lywsd03mmc import mac
from motes.exporters.lywsd03mmc.thermometers import Thermometers as Known

from tests.bench.support.exporter import cpu, memory
from tests.exporters.lywsd03mmc import encoders
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.namespaces import until
from tests.support.thermometers import Thermometers

DEVICES = 200
RATE = 1000
PART = 1000
MIB = 2**20
KEY = bytes(range(16))
UUID = "0000{}-0000-1000-8000-00805f9b34fb"

LIBRARIES = ("asyncio", "dbus_fast.aio", "bleak", "cryptography.hazmat.primitives.ciphers.aead")
_IMPORTS = f"""
import os
from importlib import import_module
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
for name in {LIBRARIES!r}:
    before = resident()
    import_module(name)
    print(resident() - before)
"""

Frame = tuple[str, Mapping[str, bytes]]


def address(nth: int) -> str:
    return f"A4:C1:38:00:00:{nth:02X}"


def frames(number: int, after: int = 0) -> Iterator[Frame]:
    """So many, of one device after the other: custom firmware, plain and encrypted, and every fourth the stock one."""
    for at in range(after, after + number):
        nth, count = at % DEVICES, at // DEVICES
        octets = mac.octets(address(nth))
        celsius = 2000 + at % 500
        if nth % 4 == 0:
            data = {"181a": encoders.pvvx(octets, celsius, 4712, 2912, 83, count % 256, 4)}
        elif nth % 4 == 1:
            things = bytes([0, count % 256, 1, 83, 2, *celsius.to_bytes(2, "little"), 3, 0x68, 0x12])
            data = {"fcd2": encoders.bthome_v2(octets, things)}
        elif nth % 4 == 2:
            things = bytes([1, 83, 2, *celsius.to_bytes(2, "little"), 3, 0x68, 0x12])
            data = {"fcd2": encoders.bthome_v2(octets, things, key=KEY, counter=count)}
        else:
            thing = encoders.mibeacon_object(0x1004, (celsius // 10).to_bytes(2, "little"))
            data = {"fe95": encoders.mibeacon(octets, count, thing, key=KEY)}
        yield address(nth), data


def keys() -> dict[str, bytes]:
    return {address(nth): KEY for nth in range(DEVICES) if nth % 4 >= 2}


def measure_program(seconds: float, python: str) -> None:
    """With bleak and D-Bus."""
    said = list(frames(int(RATE * seconds)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "keys"
        file.write_text("".join(f"{mac.compact(each)} {key.hex()}\n" for each, key in keys().items()))
        file.chmod(0o600)
        with Bus(folder) as bus, standin(bus, folder / "bluez.log") as world:
            idle = memory_without_bluetooth(folder, python)
            flags = ("--ble.scan=active", f"--ble.key-file={file}")
            with Thermometers(folder / "log", *flags, python=python, **bus.environment) as program:
                pid = program.process.pid
                until(program.listens, "listening", program.log)
                before, quiet, began = cpu(pid), memory(pid), monotonic()
                world.flood(said, RATE, seconds)
                until(lambda: world.flooded()[1], "the end of the flood", within=10 * seconds + 60)
                taken, heard = monotonic() - began, world.flooded()[0]
                used = cpu(pid) - before
                readings = sum(program.values("frames_total"))
                print(f"said {heard} in {taken:.1f} s, {heard / taken:.0f} a second, {readings:.0f} gave a reading")
                print(f"processor    {used / taken:.3f} of one, {used / heard * 1e6:.0f} us each, target 0.1")
                print(f"memory       {idle / MIB:.1f} MiB without Bluetooth, {quiet / MIB:.1f} listening, ", end="")
                print(f"{memory(pid) / MIB:.1f} after {DEVICES} devices")


def memory_without_bluetooth(folder: Path, python: str) -> int:
    """Where there is no bus, bleak is not needed."""
    missing = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/no-bus"}
    with Thermometers(folder / "idle.log", python=python, **missing) as program:
        until(program.problem, "that there is no bus", program.log)
        return memory(program.process.pid)


def measure_libraries(python: str) -> None:
    """What each adds to the interpreter, imported in this order."""
    sizes = subprocess.run([python, "-c", _IMPORTS], capture_output=True, text=True, check=True).stdout.split()
    told = [f"{name} {int(size) / MIB:.1f}" for name, size in zip(LIBRARIES, sizes, strict=True)]
    print(f"libraries    {', '.join(told)} MiB")


def measure_decoding(number: int) -> None:
    """Decoding and remembering alone, in a process of its own."""
    known = Known(keys=keys(), names={})
    used, sizes = 0.0, []
    for after in range(0, number, PART):
        said = _as_bleak_has_them(frames(PART, after))
        began = process_time()
        for each, data in said:
            known.heard(each, data, -60)
        used += process_time() - began
        sizes.append(memory())
    print(f"decoding     {used / number * 1e6:.1f} us each")
    tenth = len(sizes) // 10
    print(f"memory       {sizes[tenth] / MIB:.2f} MiB after {tenth * PART} frames, ", end="")
    print(f"{sizes[-1] / MIB:.2f} after {number}")


def _as_bleak_has_them(said: Iterable[Frame]) -> list[Frame]:
    return [(each, {UUID.format(uuid): data for uuid, data in found.items()}) for each, found in said]


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long the program is flooded")
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many frames are decoded")
    parser.add_argument("--python", default=sys.executable, help="the Python, with its bleak, that runs the program")
    parser.add_argument("--decode", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args(words)
    if told.decode:
        measure_decoding(told.frames)
        return
    measure_program(told.seconds, told.python)
    measure_libraries(told.python)
    sys.stdout.flush()  # before somebody else writes there
    subprocess.run([sys.executable, __file__, "--decode", f"--frames={told.frames}"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
