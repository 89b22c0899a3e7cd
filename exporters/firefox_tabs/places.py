"""Where browsers keep their profiles, below a home.

Source: Firefox has been using $XDG_CONFIG_HOME/mozilla/firefox since 147, unless there is a ~/.mozilla; snap and
        flatpak give it a home of its own. What is built from it has folders of its own name.
"""

import os
from collections.abc import Iterator, Mapping

FIREFOX = "firefox"
_CONFIG = ".config"
# Below a home; those of _CONFIG are below $XDG_CONFIG_HOME where that is another folder.
PLACES = {
    ".config/mozilla/firefox": FIREFOX,
    ".mozilla/firefox": FIREFOX,
    "snap/firefox/common/.mozilla/firefox": FIREFOX,
    "snap/firefox/common/.config/mozilla/firefox": FIREFOX,
    ".var/app/org.mozilla.firefox/.mozilla/firefox": FIREFOX,
    ".var/app/org.mozilla.firefox/config/mozilla/firefox": FIREFOX,
    ".librewolf": "librewolf",
    ".config/librewolf/librewolf": "librewolf",
    ".var/app/io.gitlab.librewolf-community/.librewolf": "librewolf",
    ".var/app/io.gitlab.librewolf-community/config/librewolf/librewolf": "librewolf",
    ".waterfox": "waterfox",
    ".config/waterfox": "waterfox",
    ".var/app/net.waterfox.waterfox/.waterfox": "waterfox",
    ".zen": "zen",
    ".config/zen": "zen",
    ".var/app/app.zen_browser.zen/.zen": "zen",
    ".var/app/app.zen_browser.zen/config/zen": "zen",
    ".floorp": "floorp",
    ".config/floorp": "floorp",
    ".var/app/one.ablaze.floorp/.floorp": "floorp",
}


def of_user(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Bases, places below them, and whose they are, of the user who runs this."""
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return
    usual = f"{home}/{_CONFIG}"
    config = environment.get("XDG_CONFIG_HOME", "")
    moved = os.path.isabs(config) and os.path.normpath(config) != os.path.normpath(usual)
    for place, name in PLACES.items():
        if moved and place.startswith(_CONFIG + "/"):
            yield config, place.removeprefix(_CONFIG + "/"), name
        else:
            yield home, place, name


def browser(path: str) -> str:
    """Whose profiles are at a path, as far as that tells."""
    return next((name for place, name in PLACES.items() if f"/{place}/" in path + "/"), FIREFOX)
