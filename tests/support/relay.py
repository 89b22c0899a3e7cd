"""A relay in front of an exporter that tells what a scraper asked for, and what it was answered."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Headers = dict[str, str]


class Relay(ThreadingHTTPServer):
    """Listens on loopback and passes GETs on to a port there. `seen` are the headers of requests and answers."""

    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.seen: list[tuple[Headers, Headers]] = []

    @property
    def port(self) -> int:
        return self.server_port


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def do_GET(self) -> None:
        asked = {name.lower(): value for name, value in self.headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.target)
        connection.request("GET", self.path, headers=asked)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        given = {name.lower(): value for name, value in answer.getheaders()}
        self.server.seen.append((asked, given))
        self.send_response_only(answer.status)
        for name in given.keys() - {"connection", "keep-alive"}:
            self.send_header(name, given[name])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def relay(target: int) -> Iterator[Relay]:
    with Relay(target) as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
