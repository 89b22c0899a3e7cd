"""What --config.check says: everything that is wrong, and that it starts nothing."""

from collections.abc import Callable, Mapping

import pytest
from motes.shared import check
from motes.shared.collector import Collector
from motes.shared.common import COMMON
from motes.shared.config import Misconfigured, defaults
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.settings import Settings, Wanted

from tests.shared.conftest import Logged


class Made:
    """A plug-in whose exporters note what is asked of them."""

    def __init__(self, name: str, create: Callable[[Mapping[str, object]], object] = bool) -> None:
        self.asked: list[str] = []
        self._create = create
        self.plugin = Plugin(name, Catalogue([]), self._made)

    def _made(self, values: Mapping[str, object]) -> Exporter:
        self.asked.append("create")
        self._create(values)
        close, start, refresh = [lambda name=name: self.asked.append(name) for name in ("close", "start", "refresh")]
        return Exporter([Collector("x", "y", lambda _: ())], close, start=start, refresh=refresh)


def refuses(error: BaseException) -> Callable[[object], None]:
    def create(_: object) -> None:
        raise error

    return create


def settings(*exporters: Wanted, problems: tuple[str, ...] = (), addresses: tuple[str, ...] = (":1",)) -> Settings:
    values = {**defaults(COMMON.options), "web.listen-address": list(addresses)}
    return Settings(values, exporters, problems=problems)


def test_exporters_are_made_and_closed(events: Logged) -> None:
    made = Made("one")
    assert check.problems(settings(Wanted(made.plugin), Wanted(made.plugin, "a"))) == []
    assert made.asked == ["create", "close"] * 2
    assert events == []


def test_everything_that_is_wrong_is_told_of() -> None:
    unsound, good = Made("unsound"), Made("good")
    exporters = (
        Wanted(unsound.plugin, sound=False),
        Wanted(Made("one", refuses(ValueError("--a and --b exclude each other"))).plugin),
        Wanted(Made("two", refuses(ValueError("--c: no"))).plugin, "kitchen", listen=[":1"]),
        Wanted(Made("three", refuses(SystemExit())).plugin, listen=["127.0.0.1:1"]),
        Wanted(good.plugin),
    )
    assert check.problems(settings(*exporters, problems=("read",))) == [
        "read",
        "[three] listen: :1 and 127.0.0.1:1 overlap: leave one out, or give it another port or path",
        "--a and --b exclude each other",
        "[two.kitchen] --c: no",
        "[three]: this exporter is broken: SystemExit: ",
    ]
    assert unsound.asked == []
    assert good.asked == ["create", "close"]


def test_picture() -> None:
    one = Made("one").plugin
    told = settings(Wanted(one), Wanted(one, "a", listen=["unix:/x", ":2"]), addresses=(":1", ":2"))
    assert check.picture(told) == ":1 serves one; :2 serves one, one.a; unix:/x serves one.a"
    alone = settings(Wanted(one, listen=[":2"]))
    assert check.picture(alone) == ":1 serves nothing but what is told of motes itself; :2 serves one"
    with pytest.raises(Misconfigured):
        check.picture(settings(addresses=(":1", ":1")))
