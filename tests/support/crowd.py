"""Two hundred hosts on one machine: some are programs of their own, and one other program serves a page for the rest.

`python -m tests.support.crowd FILE PORT ADDRESS...` is that program.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.namespaces import Host, until
from tests.support.program import NODE, ROOT

HOSTS = {f"h{number:03}": f"10.77.1.{number}" for number in range(1, 201)}
REAL = 10
PORT = 9100
# A part of each page, which two processors can carry: 87 samples.
COLLECTORS = ("loadavg", "meminfo", "filefd", "stat")
INTERVAL = 2
_MOTES = (sys.executable, "-m", "motes.shared.person.program")
_CROWD = (sys.executable, "-m", "tests.support.crowd")
_PATH = f"{ROOT / '.src'}:{ROOT}"


def start(host: Host, folder: Path) -> None:
    """All of them on a host, each on an address of its own."""
    addresses = list(HOSTS.values())
    host.ip(*(f"address add {address}/32 dev lo" for address in addresses))
    for address in addresses[:REAL]:
        host.start(*NODE, f"--web.listen-address={address}:{PORT}", log=folder / "node.log", PYTHONPATH=_PATH)
    page = f"http://{addresses[0]}:{PORT}/metrics?" + "&".join(f"collect[]={name}" for name in COLLECTORS)
    until(lambda: host.get(page) == 200, "a page", (folder / "node.log").read_text)
    (folder / "page").write_text(host.run("curl", "--silent", "--fail", "--globoff", page))
    host.start(*_CROWD, str(folder / "page"), str(PORT), *addresses[REAL:], log=folder / "crowd.log", PYTHONPATH=_PATH)
    until(lambda: all(host.get(f"http://{address}:{PORT}") for address in addresses[REAL - 1 : REAL + 1]), "all hosts")


def write_fleet(folder: Path) -> Path:
    """What `motes fleet` writes of them, for the monitor; but that of each host a part of the page is scraped."""
    tables = ["[monitor]", 'addresses = ["10.77.0.1/16"]', 'endpoint = "monitor.example.org:51820"']
    tables += [f'interval = "{INTERVAL}s"']
    for called, address in HOSTS.items():
        key = base64.b64encode(called.encode() * 8).decode()
        tables += [f"[hosts.{called}]", f'addresses = ["{address}"]', f'public-key = "{key}"']
    (folder / "fleet.toml").write_text("\n".join(tables))
    command = [*_MOTES, "fleet", str(folder / "fleet.toml"), str(folder / "out")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": _PATH}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = folder / "out/monitor/etc/prometheus/motes"
    every = f"scrape_interval: {INTERVAL}s"
    text = (written / "scrape.yml").read_text()
    assert text.count(every) == 1
    parameters = json.dumps({"collect[]": COLLECTORS})
    (written / "scrape.yml").write_text(text.replace(every, f"{every}\n    params: {parameters}"))
    return written


async def serve(page: bytes, port: int, addresses: list[str]) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(page)}\r\n\r\n"
    answer = head.encode() + page

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, addresses, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), sys.argv[3:]))
