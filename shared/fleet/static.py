"""Files that are the recipes', which a test holds equal: as they are, or with values in the place of the examples."""

from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parent


def static(folder: str, filled_in: Mapping[str, str] = {}) -> dict[str, str]:
    """The files below a folder of `files`, by their paths in it; examples that are in none of them are a defect."""
    root = _HERE / "files" / folder
    texts = {str(path.relative_to(root)): _text(path) for path in sorted(root.rglob("*")) if path.is_file()}
    for example, value in filled_in.items():
        if not any(example in content for content in texts.values()):
            raise LookupError(f"{folder} does not have {example}")
        texts = {path: content.replace(example, value) for path, content in texts.items()}
    return texts


def text(name: str) -> str:
    """What lies beside this."""
    return _text(_HERE / name)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
