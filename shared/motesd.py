"""motesd: any of the exporters in one process.

Its exporters are looked up by name, and imported only when they run. A name that is not in the table may be that of
somebody else's, in the entry-point group `motes.exporters`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from motes.shared.config import Misconfigured
from motes.shared.plugin import Plugin
from motes.shared.program import Program

EXPORTERS = {
    "node": "motes.exporters.node",
    "lywsd03mmc": "motes.exporters.lywsd03mmc",
    "card10-bme680": "motes.exporters.card10_bme680",
}
ABOUT = (
    "Serves any of motes' exporters from one process. Those run that have a table in the file of --config.file, "
    f"where their options stand too; without it, that is the node exporter. There are: {', '.join(EXPORTERS)}."
)


class Plugins(Mapping[str, Plugin]):
    """The exporters by name; looking one up imports it."""

    def __getitem__(self, name: str) -> Plugin:
        load = _loader(name)
        try:
            plugin = load()
        except Exception as error:
            raise Misconfigured([f"exporter {name}: {type(error).__name__}: {error}"]) from error
        if not isinstance(plugin, Plugin):
            raise Misconfigured([f"exporter {name}: its entry point is a {type(plugin).__name__} and no Plugin"])
        return plugin

    def __iter__(self) -> Iterator[str]:
        return iter(EXPORTERS)

    def __len__(self) -> int:
        return len(EXPORTERS)


def _loader(name: str) -> Callable[[], object]:
    """What imports an exporter; KeyError where there is none of this name."""
    if name in EXPORTERS:
        return lambda: import_module(EXPORTERS[name]).PLUGIN
    from importlib.metadata import entry_points  # noqa: PLC0415 - six megabytes, for those who have one

    return entry_points(group="motes.exporters")[name].load


def main() -> None:
    program = Program("motesd", ABOUT, "127.0.0.1:9100", Plugins(), default=["node"])
    sys.exit(program.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
