"""The configuration: all that is wrong with it, and who can see it."""

import os
from collections.abc import Iterator, Mapping

from motes.shared import check
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access
from motes.shared.settings import Settings, Wanted


def configuration(settings: Settings, old: Mapping[str, str]) -> Iterator[Finding]:
    """`old` are names in use that have become others."""
    if settings.file:
        yield access.usable(settings.file, os.R_OK)
        if any(map(_has_secrets, settings.exporters)):
            yield from access.secret(settings.file, "keys in it")
    else:
        yield Finding(NOTE, "there is no configuration file", "motesd --config.example prints one to begin with")
    wrong = check.problems(settings)
    yield from [Finding(BAD, each, "correct it; nothing starts with this, and a reload is refused") for each in wrong]
    for word, instead in old.items():
        yield Finding(NOTE, f"{word} is an old name", f"write {instead}")
    for name in settings.ignored:
        yield Finding(NOTE, f"the variable {name} is no option's", "correct its name, or leave it out")
    if not wrong:
        yield Finding(GOOD, f"nothing is wrong with it; it runs {', '.join(each.name for each in settings.exporters)}")


def _has_secrets(wanted: Wanted) -> bool:
    options = [wanted.plugin.options.find(name) for name in wanted.values]
    return any(option is not None and option.kind.private for option in options)
