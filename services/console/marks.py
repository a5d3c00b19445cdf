"""Marks of what a form showed: they tell later what its reader changed, without showing any value. Pure."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

LENGTH: Final = 12
"""Bytes of a mark: 96 bits, which nobody finds by chance."""
LOCKED: Final = "="
"""The beginning of the mark of a control that nobody could change."""


class Marks:
    """Makes marks with the first key, and recognises those made with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are secret, the newest first; there is at least one."""
        self._keys = tuple(keys)

    def of(self, place: str, said: str, *, locked: bool = False) -> str:
        """The mark of what a place of the form says."""
        return (LOCKED if locked else "") + _mark(self._keys[0], place, said)

    def fits(self, mark: str, place: str, said: str) -> bool:
        """Whether the mark is that of what the place says."""
        given = mark.removeprefix(LOCKED).encode()
        return any(hmac.compare_digest(given, _mark(key, place, said).encode()) for key in self._keys)


def _mark(key: bytes, place: str, said: str) -> str:
    found = hmac.digest(key, f"{len(place)}:{place}{said}".encode("utf-8", "surrogatepass"), sha256)
    return urlsafe_b64encode(found[:LENGTH]).decode()
