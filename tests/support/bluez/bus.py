"""A system bus of our own: dbus-daemon(1) on a socket in a folder, with its own rules about who may say what.

Programs find it by `environment`. It can be stopped and started again at the same address, and forbid things as the
administrator of a real one would: org.freedesktop.DBus.Error.AccessDenied comes from the bus, not from the service.
"""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.sax.saxutils import quoteattr

from tests.support.namespaces import until
from tests.support.program import HERE

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_type="method_return"/>
    <allow send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
  <policy context="mandatory">{denied}</policy>
</busconfig>
"""


class Bus:
    """Runs until the `with` ends. The folder's path must be short: a socket's has 107 bytes."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "bus"
        self._file = folder / "bus.conf"
        self._log = folder / "bus.log"
        self.address = f"unix:path={self._socket}"
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self._configure("")
        self.start()

    def start(self) -> None:
        self._daemon = HERE.start(
            "dbus-daemon", "--nofork", "--nopidfile", f"--config-file={self._file}", log=self._log
        )
        until(self._answers, "an answer from dbus-daemon", self._log.read_text)

    def stop(self) -> None:
        """Everybody loses the connection; new ones fail with ENOENT."""
        self._daemon.kill()
        self._daemon.wait()
        self._socket.unlink(missing_ok=True)

    def deny(self, **rule: str) -> None:
        """Forbid what the attributes of a <deny> say: `send_destination`; with `send_member` goes `send_interface`."""
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in rule.items())
        self._configure(f"<deny{attributes}/>")
        self._reload()

    def allow(self) -> None:
        """Forbid nothing any more."""
        self._configure("")
        self._reload()

    def clients(self) -> int:
        """How many are connected, the one who asks included."""
        return self._ask("ListNames").stdout.count('":')

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def _configure(self, denied: str) -> None:
        self._file.write_text(_CONFIGURATION.format(address=self.address, denied=denied))

    def _reload(self) -> None:
        done = self._ask("ReloadConfig")
        assert done.returncode == 0, done.stderr

    def _answers(self) -> bool:
        assert self._daemon.poll() is None, self._log.read_text()
        return self._ask("GetId").returncode == 0

    def _ask(self, method: str) -> subprocess.CompletedProcess[str]:
        """A method of the bus itself, by dbus-send(1), which comes with it."""
        to_the_bus = ("--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus")
        return HERE.attempt("dbus-send", f"--bus={self.address}", *to_the_bus, f"org.freedesktop.DBus.{method}")
