"""Where a program of motes serves, as a person writes it.

    http://HOST:PORT/PREFIX/  https://…  HOST:PORT  HOST  [V6]:PORT  :PORT  unix:/PATH

Errors: ValueError with what is wrong and what would be right.
"""

from urllib.parse import quote, urlsplit

DEFAULT = "http://127.0.0.1:9100/"
_PORT = 9100
_SCHEMES = {"http": 80, "https": 443}
# What people may have at hand of the same program.
_PAGES = ("status.json", "metrics")


class Place:
    """`socket` is the path of a unix socket, and empty elsewhere; `path` is that of the page for people."""

    __slots__ = ("host", "path", "port", "secure", "socket")

    def __init__(
        self, *, host: str = "", port: int = 0, path: str = "/", secure: bool = False, socket: str = ""
    ) -> None:
        self.host = host
        self.port = port
        self.path = path
        self.secure = secure
        self.socket = socket

    def __str__(self) -> str:
        if self.socket:
            return f"unix:{self.socket}"
        scheme = "https" if self.secure else "http"
        port = "" if self.port == _SCHEMES[scheme] else f":{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}{port}{self.path}"


def parse(word: str) -> Place:
    if word.startswith("unix:"):
        return _unix(word, word.removeprefix("unix:"))
    if "://" in word:
        return _url(word)
    return _url(f"http://{_with_host(word)}", _PORT)


def _unix(word: str, path: str) -> Place:
    if not path.startswith("/") or "\0" in path:
        raise ValueError(f'"{word}": a unix socket has an absolute path, as in unix:/run/motes/node.sock')
    return Place(socket=path)


def _with_host(word: str) -> str:
    if word.isascii() and word.isdigit():
        return f"127.0.0.1:{word}"
    return f"127.0.0.1{word}" if word.startswith(":") else word


def _url(word: str, port: int = 0) -> Place:
    """`port` is that of a URL without one; else it is its scheme's."""
    try:
        parts = urlsplit(word)
        given, host = parts.port, parts.hostname
    except ValueError as error:
        raise ValueError(f'"{word}" is no URL: {error}') from None
    if parts.scheme not in _SCHEMES or not host or not host.isprintable() or " " in host:
        raise ValueError(f'"{word}" is no URL such as {DEFAULT}, no HOST:PORT and no unix:/PATH')
    if parts.username is not None:
        raise ValueError("others can read a password on a command line, and motes asks for none")
    return Place(
        host=host,
        port=port or _SCHEMES[parts.scheme] if given is None else given,
        path=_folder(parts.path),
        secure=parts.scheme == "https",
    )


def _folder(path: str) -> str:
    """The path of the page for people, with the slash that its relative links need."""
    folder, _, last = path.rpartition("/")
    whole = f"{folder}/" if last in _PAGES else f"{path.rstrip('/')}/"
    return quote(whole, safe="/%:@!$&'()*+,;=~")
