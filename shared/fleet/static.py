"""Files that are the same for all: those of the recipes, which a test holds equal."""

from pathlib import Path

_HERE = Path(__file__).parent


def static(folder: str) -> dict[str, str]:
    """The files below a folder of `files`, by their paths in it."""
    root = _HERE / "files" / folder
    return {str(path.relative_to(root)): _text(path) for path in sorted(root.rglob("*")) if path.is_file()}


def text(name: str) -> str:
    """What lies beside this."""
    return _text(_HERE / name)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
