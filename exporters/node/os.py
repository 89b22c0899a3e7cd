"""The operating system's name and version.

Source: etc/os-release, else usr/lib/os-release, see os-release(5).
Unit:   seconds since 1970 for the end of support (midnight UTC).
Errors: no data without either file; a line that os-release(5) does not allow fails this collector.
"""

import os
import re
from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge, labels

_FILES = ("etc/os-release", "usr/lib/os-release")
_INFO = (
    *("build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name"),
    *("variant", "variant_id", "version", "version_codename", "version_id"),
)
_VERSION = ("id", "id_like", "name")
_MAJOR_MINOR = re.compile(rb"[0-9]+\.?[0-9]*")
_PIECES = re.compile(rb"""(?P<double>"(?:[^"\\]|\\.)*")|(?P<single>'[^']*')|(?P<comment>\#.*)|(?P<bare>[^"'#]+)|.""")
_ESCAPES = {b"n": b"\n", b"t": b"\t"} | {character: character for character in (b'"', b"\\", b"$", b"`")}
_EPOCH = 719163  # 1970-01-01 as datetime counts days


class Collector:
    """Keeps the families made of the file until it changes (its modification time, or which of the two it is)."""

    def __init__(self, host: Host) -> None:
        self._root = host.root
        self._seen: tuple[str, int] | None = None
        self._families: list[Family] = []

    def collect(self) -> list[Family]:
        for path in _FILES:
            try:
                seen = path, os.stat(self._root.path(path)).st_mtime_ns
                if seen != self._seen:
                    self._families = list(_families(parse(self._root(path))))
                    self._seen = seen
            except FileNotFoundError:
                continue
            return self._families
        raise NoData


def parse(content: bytes) -> dict[bytes, bytes]:
    """KEY=value lines with the quotes taken off. ValueError for a line that is neither that nor a comment."""
    found: dict[bytes, bytes] = {}
    for line in map(bytes.strip, content.split(b"\n")):
        if line and not line.startswith(b"#"):
            name, equals, value = line.partition(b"=")
            name = name.strip().removeprefix(b"export ")
            if not equals or not (name[:1].isalpha() or name[:1] == b"_"):
                raise ValueError(f"os-release: {line!r} is not KEY=value")
            found[name] = _value(value.strip())
    return found


def _value(text: bytes) -> bytes:
    value = b""
    bare = b""  # the last piece, while white space at its end may stand before a comment
    for piece in _PIECES.finditer(text):
        if piece.lastgroup == "comment":
            return value + bare.rstrip()
        value += bare
        bare = b""
        if piece.lastgroup == "double":
            value += re.sub(rb"\\(.)", _escaped, piece.group()[1:-1])
        elif piece.lastgroup == "single":
            value += piece.group()[1:-1]
        elif piece.lastgroup == "bare":
            bare = piece.group()
        else:
            raise ValueError(f"os-release: unmatched quote in {text!r}")
    return value + bare


def _escaped(escape: re.Match[bytes]) -> bytes:
    try:
        return _ESCAPES[escape[1]]
    except KeyError:
        raise ValueError(f"os-release: {escape[0]!r} is no escape") from None


def _families(release: dict[bytes, bytes]) -> Iterator[Family]:
    values = {field: release.get(field.upper().encode(), b"") for field in _INFO}
    yield gauge("node_os_info", "The fields of os-release, in labels; the value is always 1.", {labels(**values): 1})
    version = _MAJOR_MINOR.match(values["version_id"])
    if version and float(version[0]) > 0:
        one = labels(**{field: values[field] for field in _VERSION})
        yield gauge("node_os_version", "Major and minor version of the operating system.", {one: float(version[0])})
    end = release.get(b"SUPPORT_END")
    if end:
        told = "When support for the operating system ends."
        yield gauge("node_os_support_end_timestamp_seconds", told, _midnight(end.decode()))


def _midnight(day: str) -> int:
    from datetime import date  # noqa: PLC0415 - few systems say when their support ends

    # fromisoformat takes 20251231 and week dates besides.
    if len(day) != 10 or day[4] + day[7] != "--":
        raise ValueError(f'os-release: SUPPORT_END "{day}" is not a date such as 2026-12-31')
    return (date.fromisoformat(day).toordinal() - _EPOCH) * 86400
