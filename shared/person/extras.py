"""Libraries that an exporter needs and motes does not bring: there, new enough, and in order."""

from importlib import import_module, metadata

from motes.shared.finding import BAD, GOOD, Finding


class Library:
    """`module` is what is imported, `least` the oldest version that will do, `package` its name on PyPI."""

    def __init__(self, module: str, package: str, least: str, *, extra: str, debian: str) -> None:
        self.module = module
        self.package = package
        self.least = least
        self.install = f'pip install "motes[{extra}]", or on Debian: apt install {debian}'

    def look(self) -> Finding:
        try:
            import_module(self.module)
        except ImportError as error:
            if error.name == self.module.partition(".")[0]:
                return Finding(BAD, f"{self.package} is not installed", self.install)
            return self._broken(error)
        except BaseException as error:  # noqa: BLE001 - a broken library may raise anything
            return self._broken(error)
        version = self._version()
        if version and _numbers(version) < _numbers(self.least):
            return Finding(BAD, f"{self.package} {version} is older than {self.least}", self.install)
        return Finding(GOOD, f"{self.package} {version}".rstrip())

    def _broken(self, error: BaseException) -> Finding:
        told = f"{self.package} is installed, and broken: {type(error).__name__}: {error}"
        return Finding(BAD, told, f"install it again: {self.install}")

    def _version(self) -> str:
        """Empty where it does not say."""
        try:
            return metadata.version(self.package)
        except Exception:  # noqa: BLE001 - what is written about a library is often not there, and may be anything
            return ""


def _numbers(version: str) -> list[int]:
    """Of 1.2rc1, [1, 2]."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return numbers
