"""What counting tabs needs: lz4, profiles that are there, and session files that may be read. None is decoded.

Errors: none; each problem that a profile or a folder may have is a finding with the same advice.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from motes.exporters.firefox_tabs import places
from motes.exporters.firefox_tabs.choice import FILES
from motes.exporters.firefox_tabs.finding import Found, Target, find
from motes.exporters.firefox_tabs.opening import Folder
from motes.exporters.firefox_tabs.pattern import Pattern
from motes.exporters.firefox_tabs.problems import ADVICE, Failure, Gone, failure
from motes.shared import human
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access
from motes.shared.person.extras import Library

_LZ4 = Library("lz4.block", "lz4", "4.0", extra="tabs", debian="python3-lz4")


def needs(values: Mapping[str, Any]) -> Iterator[Finding]:
    yield _LZ4.look()
    patterns = values.get("firefox.profile", ())
    findings = _named(patterns) if patterns else _of_user()
    found = 0
    for finding in findings:
        found += 1
        yield finding
    if not found:
        told = f"no browser keeps a profile of {access.user()}'s"
        yield Finding(BAD if patterns else NOTE, told, ADVICE["not_found"])


def _of_user() -> Iterator[Finding]:
    for base, below, browser in places.of_user(os.environ):
        yield from _below(base, Target(below, browser))


def _named(patterns: list[str]) -> Iterator[Finding]:
    for pattern in map(Pattern, patterns):
        if not pattern.wild:
            yield from _below(pattern.text, Target("", named=True))
            continue
        try:
            bases = list(pattern.bases())
        except OSError as error:
            failed = failure(error)
            yield _wrong(failed if isinstance(failed, Failure) else Failure("not_found"), pattern.text)
            continue
        for base, linked in bases:
            yield from _below(base, Target(pattern.below, linked=linked))


def _below(base: str, target: Target) -> Iterator[Finding]:
    wrong: list[Finding] = []
    try:
        for found in find(base, target, lambda failed, path: wrong.append(_wrong(failed, path))):
            yield from _profile(found)
    except Failure as failed:
        wrong.append(_wrong(failed, base))
    yield from wrong


def _profile(found: Found) -> Iterator[Finding]:
    readable = 0
    try:
        with Folder(found.path) as folder:
            for name in FILES:
                try:
                    folder.open(name).close()
                    readable += 1
                except Gone:
                    pass
                except Failure as failed:
                    yield _wrong(failed, f"{found.path}/{name}")
    except Gone:
        return
    except Failure as failed:
        yield _wrong(failed, found.path)
        return
    if readable:
        yield Finding(GOOD, f"{access.user()} may read the session of {found.browser} in {found.path}")
    else:
        yield Finding(NOTE, f"there is no session of {found.browser} to read in {found.path}", ADVICE["not_saved"])


def _wrong(failed: Failure, path: str) -> Finding:
    return Finding(BAD, f"{path}: {human.words(failed.reason)}", ADVICE[failed.reason])
