"""Where to listen, and who is served there.

An exporter is served where its table says, and there alone; those that do not say are served at the addresses of
[web]. What is named by several is shared by them.
Errors: Misconfigured, with a line for each two addresses that cannot both be.
"""

from motes.shared import address
from motes.shared.address import Address
from motes.shared.config import Misconfigured
from motes.shared.settings import Settings
from motes.shared.site import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    Place = tuple[str, Address, View]


def places(settings: Settings) -> dict[Address, View]:
    """The exporters that each address serves."""
    found = _named(settings)
    if problems := _clashes(found):
        raise Misconfigured(problems)
    served: dict[Address, View] = {}
    for _, where, names in found:
        served[where] = served.get(where, frozenset()) | names
    return served


def _named(settings: Settings) -> "list[Place]":
    """Each address with what names it, and for whom."""
    rest = frozenset(wanted.name for wanted in settings.exporters if not wanted.listen)
    found = [("--web.listen-address", spec, rest) for spec in settings.values["web.listen-address"]]
    for wanted in settings.exporters:
        found += [(f"[{wanted.name}] listen", spec, frozenset([wanted.name])) for spec in wanted.listen]
    return [(title, address.parse(spec), names) for title, spec, names in found]


def _clashes(found: "list[Place]") -> list[str]:
    problems = []
    for index, (title, later, _) in enumerate(found):
        for before, earlier, _ in found[:index]:
            shared = earlier == later and before != title
            if not shared and address.overlap(earlier, later):
                problems.append(f"{title}: {address.clash(earlier, later)}")
    return list(dict.fromkeys(problems))
