"""A label set, as it stands on a page: `{name="value",…}`, or nothing.

Errors: ValueError for what is none.
Source: the text-based exposition format 0.0.4.
"""

import re

_LABEL = rb'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]++|\\[\\"n])*+"'
_LABEL_SET = re.compile(rb"\{(?:%b(?:,%b)*+)?\}" % (_LABEL, _LABEL))
# With the value, for that may hold what looks like another label.
_NAME = re.compile(rb'([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]++|\\.)*+"')


def label_names(label_set: bytes) -> list[bytes]:
    """The names of the labels, each of which is there once."""
    if not label_set:
        return []
    if not _LABEL_SET.fullmatch(label_set):
        raise ValueError(f"{label_set!r} is no label set, as labels() makes it")
    try:
        label_set.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{label_set!r} is not UTF-8") from None
    names: list[bytes] = _NAME.findall(label_set)
    for name in names:
        if name.startswith(b"__") or names.count(name) > 1:
            raise ValueError(f"{label_set!r}: the label {name.decode()} is there twice or reserved")
    return names
