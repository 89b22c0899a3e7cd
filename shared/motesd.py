"""motesd: any of the exporters in one process.

Its exporters are looked up by name, and imported only when they run. A name that is not in the table may be that of
somebody else's, in the entry-point group `motes.exporters`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from motes.shared.collector import OWN
from motes.shared.plugin import PATIENCE, Plugin
from motes.shared.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.aside import Aside

EXPORTERS = {
    "node": "motes.exporters.node",
    "lywsd03mmc": "motes.exporters.lywsd03mmc",
    "card10-bme680": "motes.exporters.card10_bme680",
    "firefox-tabs": "motes.exporters.firefox_tabs",
}
ABOUT = (
    "Serves any of motes' exporters from one process. Those run that have a table in the configuration file, where "
    "their options stand too; without one, that is the node exporter. The file is that of --config.file, or "
    f"~/.config/motes/motes.toml for a user, or /etc/motes/motes.toml. There are: {', '.join(EXPORTERS)}."
)


class Plugins(Mapping[str, Plugin]):
    """The exporters by name; looking one up imports it. In the place of one that cannot be had, one says why."""

    def __init__(self) -> None:
        # Where those of others are imported.
        self._asides: dict[str, Aside] = {}

    def __getitem__(self, name: str) -> Plugin:
        load = _loader(name)
        try:
            return _checked(name, load() if name in EXPORTERS else self._aside(name, load))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - somebody else's defect, even SystemExit
            from motes.shared import broken  # noqa: PLC0415 - for those who have one

            return broken.plugin(name, error)

    def _aside(self, name: str, load: Callable[[], object]) -> object:
        from motes.shared.aside import Aside  # noqa: PLC0415 - for those who have one

        return self._asides.setdefault(name, Aside()).ask(load, PATIENCE)

    def __iter__(self) -> Iterator[str]:
        return iter(EXPORTERS)

    def __len__(self) -> int:
        return len(EXPORTERS)


def _loader(name: str) -> Callable[[], object]:
    """What imports an exporter; KeyError where there is none of this name."""
    if name in EXPORTERS:
        return lambda: _own(name)
    if name == OWN or "." in name:
        # The program's own collector is of the one, and instances have names of the other kind.
        raise KeyError(name)
    from importlib.metadata import entry_points  # noqa: PLC0415 - six megabytes, for those who have one

    return entry_points(group="motes.exporters")[name].load


def _own(name: str) -> object:
    """One of ours, which may be in a package of its own."""
    try:
        return import_module(EXPORTERS[name]).PLUGIN
    except ModuleNotFoundError as error:
        if error.name == EXPORTERS[name]:
            error.msg = f"the package motes-{name} is not installed"
        raise


def _checked(name: str, plugin: object) -> Plugin:
    if not isinstance(plugin, Plugin):
        raise TypeError(f"its entry point is a {type(plugin).__name__} and no Plugin")
    if plugin.name != name:
        raise ValueError(f"its entry point is called {name}, and its Plugin {plugin.name}")
    return plugin


PROGRAM = Program("motesd", ABOUT, "127.0.0.1:9100", Plugins(), default=["node"])


def main() -> None:
    sys.exit(PROGRAM.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
