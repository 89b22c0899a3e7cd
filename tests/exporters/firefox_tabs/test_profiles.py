"""Profiles by profiles.ini and installs.ini, whatever is in them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.exporters.firefox_tabs.opening import Folder
from motes.exporters.firefox_tabs.problems import Failure, Gone
from motes.exporters.firefox_tabs.profiles import is_profile, listed, parse

TWO = """
[Profile0]
Name=default
IsRelative=1
Path=a.default
Default=1

[Profile1]
Name=default-esr
IsRelative=1
Path=b.default-esr
"""


def profiles(folder: Path, **files: str | bytes) -> dict[str, bool]:
    for name, content in files.items():
        (folder / f"{name}.ini").write_bytes(content if isinstance(content, bytes) else content.encode())
    with Folder(str(folder)) as opened:
        return listed(opened)


def test_an_install_says_which_is_in_use(tmp_path: Path) -> None:
    install = "[Install3B6073811A6ABF12]\nDefault=b.default-esr\nLocked=1\n"
    assert profiles(tmp_path, profiles=install + TWO) == {"a.default": False, "b.default-esr": True}


def test_installs_of_their_own_file(tmp_path: Path) -> None:
    install = "[3B6073811A6ABF12]\nDefault=b.default-esr\n\n[11457493C5A56847]\nDefault=a.default\n"
    assert profiles(tmp_path, profiles=TWO, installs=install) == {"a.default": True, "b.default-esr": True}


def test_without_an_install_it_is_the_default(tmp_path: Path) -> None:
    assert profiles(tmp_path, profiles=TWO) == {"a.default": True, "b.default-esr": False}
    assert profiles(tmp_path, profiles=TWO, installs="[3B6073811A6ABF12]\nLocked=1") == {
        "a.default": True,
        "b.default-esr": False,
    }


def test_lines_of_all_kinds(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbf; a comment\r\n[Profile0]\r\n# Path=no\r\n Path = a b=c \r\nnonsense\r\n[DEFAULT]\nPath=no\n"
        b"[Profile1]\nPath=%(x)s\xff\n[Profile2]\nName=none\n[Profile3]\nPath=\n[Other]\nPath=no\n"
        b"[Profile4]\nPath=x\0y\n[Profile0]\nDefault=1"
    )
    assert profiles(tmp_path, profiles=content) == {"a b=c": True, "%(x)s\udcff": False}


@pytest.mark.parametrize("content", [b"\0" * 100, b"Path=a", b"[" * 9, b"[Profile0]\nPath=a\n" * 100_000])
def test_what_is_no_profiles_ini(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Failure) as raised:
        profiles(tmp_path, profiles=content)
    assert raised.value.reason == "bad_ini"


def test_none(tmp_path: Path) -> None:
    with pytest.raises(Gone):
        profiles(tmp_path)
    assert profiles(tmp_path, profiles="") == {}


def test_not_without_end(tmp_path: Path) -> None:
    assert len(profiles(tmp_path, profiles="".join(f"[Profile{n}]\nPath={n}\n" for n in range(2000)))) == 1000


@given(st.binary() | st.text(alphabet="[]=P\n;\0 \x1c\u2028").map(str.encode))
def test_whatever_is_in_it(data: bytes) -> None:
    try:
        parse(data)
    except Failure as failure:
        assert failure.reason == "bad_ini"


def test_a_profile_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    with Folder(str(tmp_path)) as folder:
        assert not is_profile(folder)
        (tmp_path / "Crash Reports").mkdir()
        assert not is_profile(folder)
        (tmp_path / "lock").symlink_to("127.0.1.1:+1")
        assert is_profile(folder)
