"""The line protocol: readings that the badge's own app prints, each on a line.

    temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0
    temperature=21.5 humidity=45.25 iaq=57 iaq_accuracy=2 eco2=612.5 breath_voc=0.75 check=56601
    {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}

Pairs of key and value with spaces between them, or a JSON object; a temperature and any of the others, in the units of
the badge's `bme680` module. Other keys mean nothing, and lines without any of these keys are somebody else's.

The firmware's log can cut a line in two, and what is cut need not look so. So an app may end its lines with `check`:
`c = (c * 31 + octet) % 65521` over all octets before ` check=`, from 0. Once one has checked, others without are
refused; and of an app that does not, a line with fewer keys than the one before is.

Unit:   degrees Celsius, percent, hectopascals, ohms; eCO2 and breath VOC in ppm.
Errors: Failure garbled, in the place of the reading.
"""

from collections.abc import Iterator

from motes.exporters.card10_bme680 import values
from motes.exporters.card10_bme680.problems import Failure

LONGEST = 1000
_CHECK = " check="


class Lines:
    """What comes from one port, as it comes: the first line may be the end of one, and is left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._synchronized = False
        self._checks = False
        self._before: set[str] = set()

    def feed(self, data: bytes) -> Iterator[dict[str, float] | Failure]:
        """The readings in it, by the badge's names, and what should have been one."""
        *lines, rest = (self._rest + data).split(b"\n")
        # Of a line that does not end, no more than shows that it is too long.
        self._rest = rest[: LONGEST + 1]
        for line in lines:
            if self._synchronized and (said := self._said(line.strip())) is not None:
                yield said
            self._synchronized = True

    def _said(self, line: bytes) -> dict[str, float] | Failure | None:
        text = line.decode("ascii", "replace")
        try:
            told = _from_json(text) if text.startswith("{") else self._from_pairs(text)
            if told and (len(line) > LONGEST or "temperature" not in told):
                raise ValueError("no temperature" if len(line) <= LONGEST else "too long")
        except ValueError as error:
            return Failure("garbled", f"{error}: {text[:99]!r}")
        return told or None

    def _from_pairs(self, text: str) -> dict[str, float]:
        told, _, check = text.partition(_CHECK)
        pairs = [word.partition("=") for word in told.split()]
        if not any(key in values.NAMES for key, _, _ in pairs):
            return {}
        self._verify(told, check)
        if not all(equals for _, equals, _ in pairs):
            raise ValueError("more than pairs")
        found = {key: values.number(word) for key, _, word in pairs if key in values.NAMES}
        before, self._before = self._before, set(found)
        if not self._checks and before > self._before:
            raise ValueError("less than before")
        return found

    def _verify(self, told: str, check: str) -> None:
        if check and check != str(values.fold(told.encode())):
            raise ValueError("a check that is wrong")
        if self._checks and not check:
            raise ValueError("no check")
        self._checks = bool(check)


def _from_json(text: str) -> dict[str, float]:
    import json  # noqa: PLC0415 - half a megabyte, for those who have it

    try:
        told = json.loads(text)
        found = {name: told[name] for name in values.NAMES if name in told}
        if not all(type(value) in (int, float) for value in found.values()):
            raise ValueError("no number")
        return {name: float(value) for name, value in found.items()}
    except (OverflowError, RecursionError) as error:
        raise ValueError(error) from None
