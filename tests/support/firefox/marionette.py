"""A browser's remote control, Marionette: messages of JSON, each behind its length, on a port of loopback.

Source: firefox-source-docs.mozilla.org/testing/marionette/Protocol.html, protocol 3
Errors: AssertionError for what the browser could not do, with its own words; OSError and EOFError when it is gone.
"""

import json
import socket
from collections.abc import Sequence
from itertools import count
from types import TracebackType
from typing import Any, Self

from tests.support.namespaces import WITHIN


class Marionette:
    """One session, in the browser's own context: scripts may do whatever the browser does."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=WITHIN)
        self._stream = self._socket.makefile("rb")
        self._numbers = count(1)
        try:
            greeting = self._read()
            assert greeting["marionetteProtocol"] == 3, greeting
            self.command("WebDriver:NewSession")
            self.command("WebDriver:SetTimeouts", script=int(WITHIN * 1000))
            self.command("Marionette:SetContext", value="chrome")
        except BaseException:
            self.close()
            raise

    def command(self, name: str, **parameters: object) -> Any:
        number = next(self._numbers)
        text = json.dumps([0, number, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(text), text))
        _, answered, error, result = self._read()
        assert answered == number
        assert error is None, f"{name}: {error['error']}: {error['message']}"
        return result

    def run(self, script: str, arguments: Sequence[object] = ()) -> Any:
        """What the script, a function's body that may `await`, returns."""
        asked = {"script": script, "args": list(arguments), "sandbox": "system", "newSandbox": False}
        return self.command("WebDriver:ExecuteScript", **asked)["value"]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            if not digit:
                raise EOFError("the browser is gone")
            length += digit
        text = self._stream.read(int(length))
        if len(text) < int(length):
            raise EOFError("the browser is gone")
        return json.loads(text)
