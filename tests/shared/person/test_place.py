"""What a person may write for where a program serves."""

import pytest
from motes.shared.person import place


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        (place.DEFAULT, "http://127.0.0.1:9100/"),
        ("http://host/motes/", "http://host/motes/"),
        ("http://host/motes", "http://host/motes/"),
        ("http://host:8080", "http://host:8080/"),
        ("http://host:80/", "http://host/"),
        ("https://host/a%20b/c d/", "https://host/a%20b/c%20d/"),
        ("https://host:9100", "https://host:9100/"),
        ("http://host/motes/metrics", "http://host/motes/"),
        ("http://host:9100/status.json", "http://host:9100/"),
        ("http://[fd00::1]:9100", "http://[fd00::1]:9100/"),
        ("host", "http://host:9100/"),
        ("host:9265", "http://host:9265/"),
        ("host:9265/motes", "http://host:9265/motes/"),
        ("[::1]:9265", "http://[::1]:9265/"),
        ("[::1]", "http://[::1]:9100/"),
        (":9265", "http://127.0.0.1:9265/"),
        ("9265", "http://127.0.0.1:9265/"),
        ("unix:/run/motes/node.sock", "unix:/run/motes/node.sock"),
    ],
)
def test_taken(word: str, shown: str) -> None:
    assert str(place.parse(word)) == shown


@pytest.mark.parametrize(
    "word",
    [
        "",
        "ftp://host/",
        "http://",
        "http:///motes",
        "host:port",
        "host:99999",
        "http://[::1",
        "unix:run/motes",
        "unix:",
        "unix:/a\0b",
        "http://me:secret@host/",
        "me@host",
        "a host",
        "host\x1b[2J",
    ],
)
def test_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        place.parse(word)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as refused:
        place.parse("http://me:secret@host/")
    assert "secret" not in str(refused.value)
