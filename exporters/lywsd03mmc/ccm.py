"""AES-128-CCM with a tag of four bytes, as all the thermometers' formats use it.

Source: RFC 3610; the cipher is that of the package `cryptography`, imported when the first encrypted frame comes.
Errors: Refused, with no_key, no_cryptography or bad_tag.
"""

from functools import lru_cache

from motes.exporters.lywsd03mmc.decoded import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers.aead import AESCCM

TAG_BYTES = 4
_MOST_CIPHERS = 1000


def decrypt(key: bytes | None, nonce: bytes, sealed: bytes, associated: bytes | None) -> bytes:
    """What is in `sealed`, the ciphertext with the tag behind it."""
    if key is None:
        raise Refused("no_key", "it is encrypted, and there is no key")
    library = _library()
    if library is None:
        told = (
            'it is encrypted: install motes[ble], or "cryptography" (python3-cryptography on Debian), and start again'
        )
        raise Refused("no_cryptography", told)
    cipher, invalid_tag = library
    try:
        return cipher(key).decrypt(nonce, sealed, associated)
    except invalid_tag:
        raise Refused("bad_tag", "the key is another's, or the frame was changed on its way") from None


@lru_cache(maxsize=1)
def _library() -> "tuple[Callable[[bytes], AESCCM], type[Exception]] | None":
    """What makes a cipher of a key, and what the cipher raises. Looking in vain is dear, and so is done once."""
    try:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - megabytes, for those who have keys
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM  # noqa: PLC0415 - likewise
    except ImportError:
        return None
    return lru_cache(_MOST_CIPHERS)(lambda key: AESCCM(key, tag_length=TAG_BYTES)), InvalidTag
