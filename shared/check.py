"""What --config.check says: what is wrong with settings, or what a program would do with them.

Exporters are made for it, and closed again: that is how they say that values do not go together. Nothing is started,
and nowhere is listened.
"""

from collections.abc import Sequence

from motes.shared.config import Misconfigured
from motes.shared.places import places
from motes.shared.running import Run
from motes.shared.settings import Settings, Wanted


def problems(settings: Settings) -> list[str]:
    """A line for each: what was found when they were read, addresses that clash, exporters that refuse or are broken.

    An exporter of which some values are missing, for they are wrong, is not asked about the rest.
    """
    found = list(settings.problems)
    try:
        places(settings)
    except Misconfigured as error:
        found += error.problems
    for wanted in settings.exporters:
        if wanted.sound:
            found += _refused(wanted)
    return found


def picture(settings: Settings) -> str:
    """In one line, what is served where. Misconfigured where there are problems."""
    parts = []
    for address, names in places(settings).items():
        parts.append(f"{address} serves {', '.join(sorted(names)) or 'nothing but what is told of motes itself'}")
    return "; ".join(parts)


def _refused(wanted: Wanted) -> Sequence[str]:
    try:
        run = Run(wanted)
    except Misconfigured as error:
        return error.problems
    run.close()
    return [f"[{wanted.name}]: this exporter is broken: {run.broken}"] if run.broken else []
