"""motesd: any of the exporters in one process.

Its exporters are looked up by name, and imported only when they run.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module

from motes.shared.plugin import Plugin
from motes.shared.program import Program

ABOUT = "Serves any of motes' exporters from one process. Without a configuration, that is the node exporter."
EXPORTERS = {"node": "motes.exporters.node"}


class Plugins(Mapping[str, Plugin]):
    """The exporters by name; looking one up imports it."""

    def __getitem__(self, name: str) -> Plugin:
        plugin = import_module(EXPORTERS[name]).PLUGIN
        assert isinstance(plugin, Plugin)  # noqa: S101 - our own modules
        return plugin

    def __iter__(self) -> Iterator[str]:
        return iter(EXPORTERS)

    def __len__(self) -> int:
        return len(EXPORTERS)


def main() -> None:
    program = Program("motesd", ABOUT, "127.0.0.1:9100", Plugins(), default=["node"])
    sys.exit(program.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
