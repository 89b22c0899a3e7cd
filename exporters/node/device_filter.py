"""Which devices a pair of include and exclude expressions leaves out.

Errors: ValueError naming both flags where both are given and `flags` says which they are; those of some collectors
        may be given together. An exclude that is only the flag's default gives way to an include.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re


class DeviceFilter:
    """Expressions match anywhere in a name; None and the empty expression leave nothing out."""

    __slots__ = ("_exclude", "_include")

    def __init__(
        self,
        include: "re.Pattern[str] | None",
        exclude: "re.Pattern[str] | None",
        flags: tuple[str, str] | None = None,
        *,
        default: "re.Pattern[str] | None" = None,
    ) -> None:
        self._include = include if include and include.pattern else None
        self._exclude = exclude if exclude and exclude.pattern else None
        if self._include and self._exclude and flags:
            if exclude is not default:
                raise ValueError(f"--{flags[0]} and --{flags[1]} exclude each other: give one of them")
            self._exclude = None

    def ignored(self, name: str) -> bool:
        if self._exclude and self._exclude.search(name):
            return True
        return self._include is not None and not self._include.search(name)
