"""Bluetooth addresses, as people write them and as they are served."""

_DIGITS = 12


def parse(word: str) -> str:
    """`A4:C1:38:00:00:01`, from that, from `a4-c1-38-00-00-01` or from `A4C138000001`; ValueError for what is none."""
    digits = word.strip().replace(":", "").replace("-", "").upper()
    if len(digits) != _DIGITS or not set(digits) <= set("0123456789ABCDEF"):
        raise ValueError(f'"{word}" is not a Bluetooth address such as A4:C1:38:00:00:01')
    return ":".join([digits[at : at + 2] for at in range(0, _DIGITS, 2)])


def compact(address: str) -> str:
    """As it stands in the label `mac`: without colons."""
    return address.replace(":", "")


def octets(address: str) -> bytes:
    """The six bytes, in the order in which it is written."""
    return bytes.fromhex(compact(address))
