"""Where is listened, who is served there, and what cannot be."""

from collections.abc import Sequence

import pytest
from motes.shared.config import Misconfigured
from motes.shared.options import Catalogue
from motes.shared.places import places
from motes.shared.plugin import Exporter, Plugin
from motes.shared.settings import Settings, Wanted

ONE, TWO, THREE = [Plugin(name, Catalogue([]), lambda _: Exporter([])) for name in ("one", "two", "three")]


def settings(web: Sequence[str], *exporters: Wanted) -> Settings:
    return Settings({"web.listen-address": list(web)}, exporters)


def listening(plugin: Plugin, *listen: str, instance: str = "") -> Wanted:
    return Wanted(plugin, instance, listen=listen)


@pytest.mark.parametrize(
    ("web", "exporters", "served"),
    [
        ([":1"], [Wanted(ONE), Wanted(TWO, "a")], {":1": "one two.a"}),
        ([":1", "dev:wg0:2"], [Wanted(ONE), listening(TWO, ":3")], {":1": "one", "dev:wg0:2": "one", ":3": "two"}),
        ([], [listening(ONE, ":1", "unix:/x"), listening(TWO, ":1")], {":1": "one two", "unix:/x": "one"}),
        ([":1"], [Wanted(ONE), listening(TWO, ":1"), listening(THREE, "[::]:1")], {":1": "one two three"}),
        ([":1"], [listening(ONE, ":2"), listening(ONE, ":2", instance="a")], {":1": "", ":2": "one one.a"}),
        (["fd:web"], [Wanted(ONE), listening(TWO, "fd:two")], {"fd:web": "one", "fd:two": "two"}),
    ],
)
def test_who_is_served_where(web: list[str], exporters: list[Wanted], served: dict[str, str]) -> None:
    found = places(settings(web, *exporters))
    assert {str(address): names for address, names in found.items()} == {
        address: frozenset(names.split()) for address, names in served.items()
    }
    assert list(map(str, found)) == list(served)


def test_what_cannot_be() -> None:
    exporters = listening(ONE, "127.0.0.1:1"), listening(TWO, ":2", ":2", instance="a"), listening(THREE, "fd:x")
    with pytest.raises(Misconfigured) as raised:
        places(settings([":1", ":1", "fd:"], *exporters))
    more = "overlap: leave one out, or give it another port or path"
    assert raised.value.problems == [
        f"--web.listen-address: :1 and :1 {more}",
        f"[one] listen: :1 and 127.0.0.1:1 {more}",
        f"[two.a] listen: :2 and :2 {more}",
        f"[three] listen: fd: and fd:x {more}",
    ]
