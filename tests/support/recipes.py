"""The recipes' files, put where they belong on hosts of tests."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.namespaces import Host

RECIPES = Path(__file__).parents[2] / "packaging/recipes"


def install(host: Host, tree: str, filled_in: Mapping[str, str] = {}) -> None:
    """Put `ssh-fixed/monitor` and the like on a host that has the folders as its own; values for those of examples."""
    unused = set(filled_in)
    for file in sorted((RECIPES / tree).rglob("*")):
        if file.is_file():
            text = file.read_text()
            unused -= {example for example in unused if example in text}
            for example, value in filled_in.items():
                text = text.replace(example, value)
            host.write(f"/{file.relative_to(RECIPES / tree)}", text, file.stat().st_mode & 0o777)
    assert not unused, f"{tree} does not have {unused}"


def name(hosts: Mapping[str, str], *known_to: Host) -> None:
    """Names and their addresses, for hosts that have /etc as their own."""
    for host in known_to:
        old = host.path("/etc/hosts").read_text()
        host.write("/etc/hosts", old + "".join(f"{address}\t{called}\n" for called, address in hosts.items()))
