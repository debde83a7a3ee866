"""Files that only the holder of a private key can read: what writes them holds the public key alone.

A key for each file is sealed with HPKE (RFC 9180). The content follows in parts, each encrypted with the number of its
place, and the last one marked: a file that was cut, put together anew or changed does not open.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

MAGIC = b"alliance-sealed-file-1\n"
PART_BYTES = 1024 * 1024
SEALED_KEY_BYTES, TAG_BYTES = 80, 16
MORE, LAST = b"more", b"last"
_suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class DoesNotOpen(Exception):
    """It is no such file, or damaged, or sealed for another key."""


def new_key_pair() -> tuple[str, str]:
    """A private key and its public key, each as one line of text."""
    private = X25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def public_key(text: str) -> X25519PublicKey:
    """The key that seals; raises `ValueError` where the text is none."""
    return X25519PublicKey.from_public_bytes(b64decode(text, validate=True))


def private_key(text: str) -> X25519PrivateKey:
    """The key that opens; raises `ValueError` where the text is none."""
    return X25519PrivateKey.from_private_bytes(b64decode(text, validate=True))


def seal(content: Iterable[bytes], out: BinaryIO, key: X25519PublicKey) -> None:
    """Writes the content, which may come in pieces of any size."""
    file_key = os.urandom(32)
    out.write(MAGIC + _suite.encrypt(file_key, key, info=MAGIC))
    cipher, number, part = ChaCha20Poly1305(file_key), 0, b""
    for piece in content:
        part += piece
        while len(part) > PART_BYTES:
            out.write(cipher.encrypt(_nonce(number), part[:PART_BYTES], MORE))
            part, number = part[PART_BYTES:], number + 1
    out.write(cipher.encrypt(_nonce(number), part, LAST))


def opened(file: BinaryIO, key: X25519PrivateKey) -> Iterator[bytes]:
    """The content in pieces.

    Raises
    ------
    DoesNotOpen
        Also after some pieces, where the file is damaged further on: what came is to be thrown away then.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise DoesNotOpen("This is no backup of this program.")
    try:
        cipher = ChaCha20Poly1305(_suite.decrypt(file.read(SEALED_KEY_BYTES), key, info=MAGIC))
    except InvalidTag:
        raise DoesNotOpen("This backup was sealed for another key.") from None
    number, part = 0, file.read(PART_BYTES + TAG_BYTES)
    while True:
        following = file.read(PART_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number), part, MORE if following else LAST)
        except InvalidTag:
            raise DoesNotOpen("This backup is damaged, or was cut.") from None
        if not following:
            return
        part, number = following, number + 1


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _text(key: bytes) -> str:
    return b64encode(key).decode()
