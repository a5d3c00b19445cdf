"""Seal what a browser keeps for the console, so that nobody can read, change or make it.

Keys are AES keys of 256 bits, one a line in base64: the first one seals, and all of them open. So a new key goes to the
end of the file first, and to its beginning once every replica has read it.
"""

import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as UndecodedError
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.resolution.seal import UnfitKeyError

Keys = tuple[bytes, ...]

SIZE: Final = 32
"""Bytes of a key."""
NONCE: Final = 12
"""Random bytes before each sealed text."""


def new_key() -> str:
    """Return a new random key as a line of the file."""
    return b64encode(os.urandom(SIZE)).decode()


def read_keys(path: Path) -> Keys:
    """Return the keys of a file. Raises OSError or UnfitKeyError if they cannot be used."""
    return keys_in(path.read_bytes().decode("ascii", "replace"))


def keys_in(text: str) -> Keys:
    """Return the keys in a file's text; UnfitKeyError if a line is none, or if there is no line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise UnfitKeyError("is empty: expected one key a line")
    return tuple(_key(number, line) for number, line in enumerate(lines, start=1))


def _key(number: int, line: str) -> bytes:
    try:
        key = b64decode(line, validate=True)
    except (UndecodedError, ValueError):
        key = b""
    if len(key) != SIZE:
        raise UnfitKeyError(f"line {number} is no key: expected {SIZE} bytes in base64")
    return key


def sealed(keys: Keys, purpose: str, content: bytes) -> str:
    """Return the content sealed with the first key; what is sealed for one purpose opens for no other."""
    nonce = os.urandom(NONCE)
    return urlsafe_b64encode(nonce + AESGCM(keys[0]).encrypt(nonce, content, purpose.encode())).decode().rstrip("=")


def opened(keys: Keys, purpose: str, text: str) -> bytes | None:
    """Return what was sealed for this purpose by one of the keys; None if the text is anything else."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (UndecodedError, ValueError):
        return None
    for key in keys:
        try:
            return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], purpose.encode())
        except (InvalidTag, ValueError):
            continue
    return None
