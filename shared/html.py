"""Text, and links, as they stand in HTML.

The standard library's `html` would bring a table of all of HTML's names with it, and `urllib.parse` much else.
"""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# Control characters have no place in HTML, in no dress; those that turn the direction of text would turn ours.
_CONTROLS = (*range(32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_ESCAPES |= dict.fromkeys(_CONTROLS, "\ufffd") | {ord("\n"): "\n", ord("\t"): "\t"}
_IN_PATHS = frozenset(b"/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def escape(text: str) -> str:
    """Text as it stands in HTML, in quotes too."""
    return text.translate(_ESCAPES)


def link(path: str) -> str:
    """A relative link to a path; every name in it is a name, and never a scheme, a query or a fragment."""
    return "".join([chr(octet) if octet in _IN_PATHS else f"%{octet:02X}" for octet in path.encode("utf-8", "replace")])
