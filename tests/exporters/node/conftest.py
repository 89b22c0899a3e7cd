"""Where a collector asks the kernel by a call and not by a file, a case says in `calls.json` what the call returns.

A key is the name of the function in the collector's module, or of a constant (in capitals); {"errno": N} is the
error a function fails with. `TZ` is the time zone of the case. What tests/support/played.py plays is made with
the answer.

The cases themselves hold no tests, and some hold links that lead in circles, as sysfs does.
"""

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from motes.exporters import node

from tests.support.played import PLAYED

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.is_dir() and collection_path.parent == HERE else None


@pytest.fixture(autouse=True)
def _calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    case = request.node.callspec.params.get("case") if hasattr(request.node, "callspec") else None
    if not isinstance(case, Path) or not (case / "calls.json").exists():
        yield
        return
    for name, answer in json.loads((case / "calls.json").read_text()).items():
        if name == "TZ":
            monkeypatch.setenv("TZ", answer)
        elif name.isupper():
            monkeypatch.setattr(node.module(case.parent.name), name, answer)
        elif name in PLAYED:
            monkeypatch.setattr(node.module(case.parent.name), name, partial(PLAYED[name], answer))
        else:
            monkeypatch.setattr(node.module(case.parent.name), name, lambda *_, answer=answer: _given(answer))
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _given(answer: Any) -> Any:
    if isinstance(answer, dict) and "errno" in answer:
        raise OSError(answer["errno"], "as the case has it")
    return answer
