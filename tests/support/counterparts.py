"""The real programs that motes stands in for, or works with, each as Debian packages it."""

import subprocess
from pathlib import Path

from tests.support.program import HERE, Machine, Program, free_port

NODE_EXPORTER = "/usr/bin/prometheus-node-exporter"

_EVERY_SECOND = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: motes
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


def node_exporter(log: Path, *flags: str, machine: Machine = HERE) -> Program:
    port = free_port()
    command = (NODE_EXPORTER, f"--web.listen-address=127.0.0.1:{port}", *flags)
    return Program(command, port, log, ready="/", machine=machine)


def node_exporter_flags() -> str:
    """What it says of its flags."""
    return subprocess.run([NODE_EXPORTER, "--help"], capture_output=True, text=True, check=True).stdout


def prometheus(folder: Path, target: int) -> Program:
    """Prometheus, with its data in a folder, scraping a port every second."""
    port = free_port()
    command = (
        "/usr/bin/prometheus",
        f"--config.file={_scraping(folder, target)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    return Program(command, port, folder / "log", ready="/-/ready")


def victoria_metrics(folder: Path, target: int) -> Program:
    """VictoriaMetrics, likewise. It answers from what it has this moment, and caches nothing."""
    port = free_port()
    command = (
        "/usr/bin/victoria-metrics",
        f"-promscrape.config={_scraping(folder, target)}",
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-search.latencyOffset=0s",
        "-search.disableCache",
        "-memory.allowedBytes=64MiB",
    )
    return Program(command, port, folder / "log", ready="/health")


def _scraping(folder: Path, target: int) -> Path:
    folder.mkdir()
    file = folder / "scrape.yml"
    file.write_text(_EVERY_SECOND.format(port=target))
    return file
