"""motesd's unix socket, as the recipes of nginx and ssh-fixed have it: for members of its group."""

from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.recipes import RECIPES

CONFIGURATION = "/etc/motes/motes.toml"
ASK = """
import socket
connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/motesd/socket")
connection.sendall(b"GET /metrics/node HTTP/1.0\\r\\n\\r\\n")
print(connection.makefile().read())
"""


def ask(machine: Machine, user: str) -> str:
    """What a user is given, with the groups that it has."""
    ids = (f"--reuid={user}", f"--regid={user}", "--init-groups")
    done = machine.inside("setpriv", *ids, "python3", "-c", ASK)
    return done.stdout or done.stderr.splitlines()[-1]


def test_members_of_its_group_are_let_in(machine: Machine) -> None:
    before = machine.path(CONFIGURATION).read_text()
    machine.write(CONFIGURATION, (RECIPES / "nginx/host/etc/motes/motes.toml").read_text())
    machine.run("systemctl", "start", "motesd")
    try:
        until(lambda: "node_load1 " in ask(machine, "root"), "an answer to root", lambda: ask(machine, "root"))
        assert ask(machine, "www-data") == "PermissionError: [Errno 13] Permission denied"
        machine.run("usermod", "-a", "-G", "_motes", "www-data")
        assert "node_load1 " in ask(machine, "www-data")
    finally:
        machine.inside("gpasswd", "--delete", "www-data", "_motes")
        machine.write(CONFIGURATION, before)
        machine.run("systemctl", "stop", "motesd")
