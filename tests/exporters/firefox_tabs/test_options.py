"""What the exporter is told, on the command line of its own program and in a file."""

import os
from typing import TYPE_CHECKING

import pytest
from motes.exporters.firefox_tabs import PLUGIN
from motes.shared import config
from motes.shared.options import Catalogue

if TYPE_CHECKING:
    from motes.shared.config import Values


def from_table(**table: object) -> "tuple[Values, list[str]]":
    return config.from_table("firefox-tabs", table, PLUGIN.prefix, Catalogue(PLUGIN.options.all()), {})


def test_a_table() -> None:
    values, wrong = from_table(
        profile=["/home/*/.mozilla/firefox", "~/p"], interval="10s", containers=True, **{"max-session-bytes": 1}
    )
    assert wrong == []
    assert values == {
        "firefox.profile": ["/home/*/.mozilla/firefox", os.path.expanduser("~/p")],
        "firefox.interval": 10.0,
        "firefox.containers": True,
        "firefox.max-session-bytes": 1,
    }


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"profile": ["firefox"]}, '"firefox" is neither an absolute path nor one such as ~/.mozilla/firefox'),
        ({"profile": ["~nobody-of-this-name/x"]}, '"~nobody-of-this-name/x" is neither an absolute path'),
        ({"profile": "/home/*"}, "this is an array"),
        ({"interval": "500ms"}, '"500ms" is shorter than 1s, which is as often as files are looked at'),
        ({"max-session-bytes": 0}, "it is 0; no session is that small"),
        ({"max-session-bytes": 1 << 32}, "no session file can claim to hold that"),
        ({"max-session-bytes": "256MiB"}, "is of the wrong type"),
    ],
)
def test_names_what_is_wrong(table: dict[str, object], why: str) -> None:
    _, (problem,) = from_table(**table)
    assert why in problem


def test_what_never_started_can_be_closed() -> None:
    exporter = PLUGIN.create({"firefox.profile": ["/home/*/.mozilla/firefox", "/tmp/one", "/tmp/one"]})  # noqa: S108
    exporter.close()
    assert exporter.ended()
