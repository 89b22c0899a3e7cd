"""Files that are the recipes', as they are, or with values in the place of their examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path

_HERE = Path(__file__).parent


def static(folder: str, paths: Sequence[str], filled_in: Mapping[str, str] = {}) -> dict[str, str]:
    """Files below a recipe's folder, by their paths in it; an example that is in none of them is a defect."""
    texts = {path: text(f"files/{folder}/{path}") for path in paths}
    for example, value in filled_in.items():
        if not any(example in content for content in texts.values()):
            raise LookupError(f"{folder} does not have {example}")
        texts = {path: content.replace(example, value) for path, content in texts.items()}
    return texts


def text(name: str) -> str:
    """What lies beside this."""
    return (_HERE / name).read_text(encoding="utf-8")
