"""Loki's push endpoint, as strict as can be, where no Loki is to be had.

`python -m tests.support.loki PORT FOLDER` serves on loopback. What it took is in the folder's file `lines`, a JSON
array a line; what it was asked in `requests`; and what it answers stands in `answer`: 204 if the request is good,
another status whatever it is, or 0 for what the request's query asks for by `says=`.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.namespaces import Host, until
from tests.support.program import ROOT

PORT = 3100
PATH = "/loki/api/v1/push"
ASKED = 0
LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


class Line(NamedTuple):
    labels: dict[str, str]
    time: int
    text: str


class Loki:
    """It, on a host."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        for name in ("lines", "requests"):
            (folder / name).touch()
        self.answer(204)
        log = folder / "log"
        host.start(sys.executable, "-m", "tests.support.loki", str(PORT), str(folder), log=log, PYTHONPATH=str(ROOT))
        until(lambda: host.get(f"http://127.0.0.1:{PORT}/ready") == 200, "the endpoint", log.read_text)

    def answer(self, status: int) -> None:
        replace(self._folder / "answer", str(status))

    def lines(self) -> list[Line]:
        """What it has taken, in the order in which it came."""
        return [Line(*json.loads(line)) for line in whole_lines(self._folder / "lines")]

    def answers(self) -> list[int]:
        """The statuses that it has given."""
        return [status for status, _method, _path in self.requests()]

    def requests(self) -> list[tuple[int, str, str]]:
        """Status, method and path of each."""
        return [tuple(json.loads(line)) for line in whole_lines(self._folder / "requests")]


def whole_lines(file: Path) -> list[str]:
    return file.read_text().rpartition("\n")[0].splitlines()


def replace(file: Path, content: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(content)
    new.rename(file)


def taken(headers: dict[str, str], body: bytes) -> list[Line]:
    """The lines of a push; ValueError for whatever is not as Loki's documentation has it."""
    demand(headers.get("content-type") == "application/json", "content type")
    pushed = json.loads(body.decode("utf-8"))
    demand(isinstance(pushed, dict) and list(pushed) == ["streams"] and pushed["streams"], "streams")
    return [line for stream in pushed["streams"] for line in lines_of(stream)]


def lines_of(stream: dict[str, Any]) -> list[Line]:
    demand(stream.keys() == {"stream", "values"} and bool(stream["values"]), "stream")
    labels = stream["stream"]
    demand(0 < len(labels) <= 15, "labels")
    for name, text in labels.items():
        demand(LABEL.fullmatch(name) is not None and isinstance(text, str) and 0 < len(text) <= 2048, f"label {name}")
    return [Line(labels, time_of(time), text_of(text)) for time, text in stream["values"]]


def time_of(time: object) -> int:
    """Nanoseconds, of this century."""
    demand(isinstance(time, str) and re.fullmatch("1[0-9]{18}", time) is not None, f"time {time}")
    return int(str(time))


def text_of(text: object) -> str:
    demand(isinstance(text, str), f"text {text}")
    written = str(text)
    demand(len(written.encode("utf-8")) <= 256 << 10, "length")
    return written


def demand(met: bool, what: str) -> None:
    if not met:
        raise ValueError(what)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Readiness, and else a login page, which is what redirects lead to."""
        self._respond(200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path, _, asked = self.path.partition("?says=")
        answer = int((self.folder / "answer").read_text()) or int(asked or 204)
        if path != PATH:
            answer = 404
        if answer == 204:
            answer = self._keep(body)
        self._respond(answer)

    def _keep(self, body: bytes) -> int:
        try:
            lines = taken({name.lower(): text for name, text in self.headers.items()}, body)
        except (ValueError, TypeError, KeyError, AttributeError) as wrong:
            print(f"refused: {wrong!r}: {body!r}", flush=True)
            return 400
        with (self.folder / "lines").open("a") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
        return 204

    def _respond(self, status: int) -> None:
        with (self.folder / "requests").open("a") as file:
            file.write(json.dumps([status, self.command, self.path]) + "\n")
        self.send_response(status)
        if status // 100 == 3:
            self.send_header("Location", "/login")
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    _Handler.folder = Path(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
