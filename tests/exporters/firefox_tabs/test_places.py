"""Where browsers keep profiles, and globs."""

import os
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs import places
from motes.exporters.firefox_tabs.pattern import Pattern, below


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOME", str(tmp_path))
    return str(tmp_path)


def test_of_the_user(home: str) -> None:
    found = list(places.of_user({}))
    assert (home, ".mozilla/firefox", "firefox") in found
    assert (home, ".config/mozilla/firefox", "firefox") in found
    assert (home, ".librewolf", "librewolf") in found
    assert {base for base, _, _ in found} == {home}
    assert len(found) == len(set(found)) == len(places.PLACES)


def test_a_configuration_elsewhere(home: str) -> None:
    found = list(places.of_user({"XDG_CONFIG_HOME": "/etc/mine"}))
    assert ("/etc/mine", "mozilla/firefox", "firefox") in found
    assert (home, ".config/mozilla/firefox", "firefox") not in found
    assert (home, ".var/app/org.mozilla.firefox/config/mozilla/firefox", "firefox") in found


@pytest.mark.parametrize("given", ["", "config", "{home}/.config", "{home}//.config/"])
def test_a_configuration_where_it_belongs(home: str, given: str) -> None:
    assert list(places.of_user({"XDG_CONFIG_HOME": given.format(home=home)})) == list(places.of_user({}))


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "nowhere")
    assert list(places.of_user({})) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/me/.mozilla/firefox", "firefox"),
        ("/home/me/.mozilla/firefox/a.default", "firefox"),
        ("/home/me/.librewolf/a.default", "librewolf"),
        ("/home/me/.config/librewolf/librewolf", "librewolf"),
        ("/home/me/.waterfox", "waterfox"),
        ("/home/me/.var/app/app.zen_browser.zen/.zen/a", "zen"),
        ("/home/zen/.mozilla/firefox", "firefox"),
        ("/home/me/.var/app/one.ablaze.floorp/.floorp", "floorp"),
        ("/srv/profiles/one", "firefox"),
        ("/srv/.zenith", "firefox"),
    ],
)
def test_browsers_by_their_path(path: str, name: str) -> None:
    assert places.browser(path) == name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/home/*/.mozilla/firefox", ("/home", "*", ".mozilla/firefox")),
        ("/home/*", ("/home", "*", "")),
        ("/*/x/*/y", ("/", "*", "x/*/y")),
        ("/srv/[ab]?/p", ("/srv", "[ab]?", "p")),
        ("/srv/p", ("", "", "")),
        ("~/.mozilla/firefox/*.default", ("{home}/.mozilla/firefox", "*.default", "")),
    ],
)
def test_a_glob_has_two_parts(home: str, text: str, parts: tuple[str, str, str]) -> None:
    pattern = Pattern(text)
    assert (pattern.before, pattern.wild, pattern.below) == (parts[0].format(home=home), *parts[1:])


@pytest.mark.parametrize("text", ["", "profiles", "*/x", "~nobody-of-this-name/x", "/x\0y"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="neither an absolute path nor one such as"):
        Pattern(text)


def test_what_a_glob_matches(tmp_path: Path) -> None:
    for name in ("b/one", "a/one", ".hidden/one"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("a")
    os.chown(tmp_path / "link", 12345, -1, follow_symlinks=False)
    (tmp_path / "roots").symlink_to("nowhere")
    assert list(Pattern(f"{tmp_path}/*").bases()) == [
        (f"{tmp_path}/a", False),
        (f"{tmp_path}/b", False),
        (f"{tmp_path}/link", True),
        (f"{tmp_path}/roots", False),
    ]
    assert list(Pattern(f"{tmp_path}/.*").bases()) == [(f"{tmp_path}/.hidden", False)]

    def found(pattern: str) -> list[str]:
        return list(below(str(tmp_path), pattern, lambda folder: os.listdir(folder) if os.path.isdir(folder) else []))

    assert found("*/one") == [f"{tmp_path}/{each}/one" for each in ("a", "b", "file", "link", "roots")]
    assert found("nowhere/*") == []
    assert found("file/*") == []
    assert found("") == [str(tmp_path)]
