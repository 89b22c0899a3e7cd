"""What thermometers would send: each format written from its layout, with whole numbers as they stand on the air."""

import struct

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

PRODUCT = 0x055B
UNSIGNED, SIGNED, FLOAT, TEXT, RAW, TIME = range(6)


def _seal(key: bytes, nonce: bytes, plain: bytes, associated: bytes | None) -> tuple[bytes, bytes]:
    """Ciphertext and tag."""
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, plain, associated)
    return sealed[:-4], sealed[-4:]


def atc1441(address: bytes, *numbers: int) -> bytes:
    """Temperature, humidity, battery, millivolts, frame counter."""
    return address + struct.pack(">hBBHB", *numbers)


def atc1441_encrypted(address: bytes, key: bytes, counter: int, plain: bytes) -> bytes:
    """`plain` is temperature, humidity, battery."""
    nonce = address[::-1] + bytes.fromhex("0b161a18") + bytes([counter])
    return bytes([counter]) + b"".join(_seal(key, nonce, plain, b"\x11"))


def pvvx(address: bytes, *numbers: int) -> bytes:
    """Temperature, humidity, millivolts, battery, frame counter, flags."""
    return address[::-1] + struct.pack("<hHHBBB", *numbers)


def pvvx_encrypted(address: bytes, key: bytes, counter: int, *numbers: int) -> bytes:
    """Temperature, humidity, battery, flags."""
    nonce = address[::-1] + bytes.fromhex("0e161a18") + bytes([counter])
    plain = struct.pack("<hHBB", *numbers)
    return bytes([counter]) + b"".join(_seal(key, nonce, plain, b"\x11"))


def mibeacon_object(id: int, data: bytes) -> bytes:
    return struct.pack("<HB", id, len(data)) + data


def mibeacon(
    address: bytes,
    counter: int,
    objects: bytes | None,
    *,
    key: bytes | None = None,
    version: int = 5,
    with_address: bool = True,
    capability: bytes = b"",
    product: int = PRODUCT,
    bits: int = 0,
) -> bytes:
    """`counter` has 32 bits, 8 of which are sent in a plain frame; `capability` three bytes where the first says so."""
    control = bits | version << 12 | (key is not None) << 3 | with_address << 4 | bool(capability) << 5
    control |= (objects is not None) << 6
    frame, more = counter & 0xFF, (counter >> 8).to_bytes(3, "little")
    head = struct.pack("<HHB", control, product, frame)
    optional = (address[::-1] if with_address else b"") + capability
    if key is None:
        return head + optional + (objects or b"")
    nonce = address[::-1] + struct.pack("<HB", product, frame) + more
    sealed, tag = _seal(key, nonce, objects or b"", b"\x11")
    return head + optional + sealed + more + tag


def bthome_v1_object(id: int, type: int, data: bytes) -> bytes:
    return bytes([type << 5 | len(data) + 1, id]) + data


def bthome_v1_encrypted(address: bytes, key: bytes, counter: int, objects: bytes) -> bytes:
    sent = struct.pack("<I", counter)
    sealed, tag = _seal(key, address + bytes.fromhex("1e18") + sent, objects, b"\x11")
    return sealed + sent + tag


def bthome_v2(
    address: bytes,
    objects: bytes,
    *,
    key: bytes | None = None,
    counter: int = 0,
    with_address: bool = False,
    bits: int = 0,
) -> bytes:
    about = bytes([0x40 | bits | with_address << 1 | (key is not None)])
    head = about + (address[::-1] if with_address else b"")
    if key is None:
        return head + objects
    sent = struct.pack("<I", counter)
    sealed, tag = _seal(key, address + bytes.fromhex("d2fc") + about + sent, objects, None)
    return head + sealed + sent + tag
