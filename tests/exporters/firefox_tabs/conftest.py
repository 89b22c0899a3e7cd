"""One profile, who looks at it, and what is counted meanwhile."""

from pathlib import Path

import pytest
from motes.exporters.firefox_tabs import profile as profile_module
from motes.exporters.firefox_tabs import tabs as tabs_module
from motes.exporters.firefox_tabs.decoder import Decoder
from motes.exporters.firefox_tabs.session import Session

from tests.exporters.firefox_tabs.looking import Looking
from tests.support.fakes import Clock
from tests.support.sessions import Profile


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "a.default")


@pytest.fixture
def looking(profile: Profile) -> Looking:
    return Looking(profile.path)


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The descriptors that a child was given, one for each."""
    given: list[int] = []
    decode = Decoder._decode

    def counted(decoder: Decoder, file: int) -> Session:
        given.append(file)
        return decode(decoder, file)

    monkeypatch.setattr(Decoder, "_decode", counted)
    return given


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Seconds since boot."""
    stands = Clock()
    monkeypatch.setattr(profile_module, "boottime", stands)
    monkeypatch.setattr(tabs_module, "boottime", stands)
    return stands
