"""The keys of one platform's seals, made once and kept in its folder: the resolver's own, and those that count."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from deploy.local.processes import write_atomically
from shared.names import GLOBAL_NAMESPACE, SEAL_KEYS
from shared.objects import Manifest
from shared.resolution.seal import key_id, private_pem, public_pem


class SealKeys:
    """A private key, and the public keys whose seals count."""

    def __init__(self, directory: Path) -> None:
        self.private, self.public = directory / "private.pem", directory / "public"

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of resolver and creator together."""
        return {**self.environment_of("resolver"), **self.environment_of("creator")}

    def environment_of(self, service: str) -> Mapping[str, str]:
        """The settings of one service; only the resolver learns where the private key is."""
        return self.named(service, self.private, self.public)

    @staticmethod
    def named(service: str, private: Path, public: Path) -> Mapping[str, str]:
        """The settings of a service that finds the keys at these paths."""
        own = {"resolver": ("RESOLVER_SEAL_KEY", private), "creator": ("CREATOR_SEAL_KEYS", public)}
        return {own[service][0]: str(own[service][1])} if service in own else {}

    @property
    def manifest(self) -> Manifest:
        """The ConfigMap from which people learn the public keys."""
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": SEAL_KEYS, "namespace": GLOBAL_NAMESPACE},
            "data": {path.name: path.read_text() for path in sorted(self.public.glob("*.pem"))},
        }

    def make(self) -> "SealKeys":
        """Make the keys if they do not exist yet. Only this user can read the private one."""
        if not self.private.exists():
            self.use(Ed25519PrivateKey.generate())
        return self

    def use(self, key: Ed25519PrivateKey) -> None:
        """Seal with this key from now on; the seals of earlier ones still count."""
        self.trust(key.public_key())
        write_atomically(self.private, private_pem(key).decode(), mode=0o600)

    def trust(self, key: Ed25519PublicKey) -> None:
        """Have the seals of this key count."""
        write_atomically(self.public / f"{key_id(key)}.pem", public_pem(key).decode())

    def copy(self, directory: Path) -> "SealKeys":
        """The same keys in another folder, where they can change."""
        shutil.copytree(self.private.parent, directory)
        return SealKeys(directory)
