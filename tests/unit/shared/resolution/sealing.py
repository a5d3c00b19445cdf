"""Keys for seals, made for this process."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.resolution.seal import SealingKey, key_id


def new_key() -> SealingKey:
    """A key that nobody has seen before."""
    private = Ed25519PrivateKey.generate()
    return SealingKey(key_id(private.public_key()), private)


KEY: Final = new_key()
OTHER: Final = new_key()
KEYS: Final = {KEY.id: KEY.private.public_key()}
"""What counts: the seals of one of the two."""
