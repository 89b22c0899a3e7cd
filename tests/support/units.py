"""What the packages' units do on a machine that boots systemd, asked for by tests."""

from collections.abc import Callable

from tests.support.namespaces import until
from tests.support.nspawn import Machine

# Each with its port, and something that it has to say even without hardware.
SERVICES = {
    "motes-node": (9100, "node_load1 "),
    "motes-lywsd03mmc": (9265, "thermometer_scanner_up "),
    "motes-card10-bme680": (9266, "card10_problem_info{"),
}


def shown(machine: Machine, unit: str, what: str) -> str:
    return machine.run("systemctl", "show", "--value", f"--property={what}", unit).strip()


def main_pid(machine: Machine, service: str) -> int:
    return int(shown(machine, service, "MainPID"))


def page(machine: Machine, port: int) -> str:
    return machine.get(f"http://127.0.0.1:{port}/metrics")


def told(machine: Machine, service: str) -> Callable[[], str]:
    """What to say where something does not come true."""
    return lambda: machine.inside("systemctl", "status", "--lines=30", "--full", service).stdout


def serves(machine: Machine, service: str, *, instead_of: int = 0) -> int:
    """Wait until it does, as another process; its number."""
    port, says = SERVICES[service]

    def there() -> bool:
        # It may be only by being asked that it starts.
        return says in page(machine, port) and main_pid(machine, service) not in (0, instead_of)

    until(there, f"{service} serves", told(machine, service))
    return main_pid(machine, service)


def kill(machine: Machine, signal: str, *services: str) -> None:
    machine.run("systemctl", "kill", "--kill-who=main", f"--signal={signal}", *services)


def listening(machine: Machine) -> set[str]:
    return {line.split()[3] for line in machine.attempt("ss", "--no-header", "-tln").stdout.splitlines()}


def status(machine: Machine, pid: int) -> dict[str, str]:
    lines = machine.path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
