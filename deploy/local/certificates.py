"""The certificate authority of one platform, kept in a folder, and the certificates that it signs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.processes import write_atomically
from shared.process import certificates
from shared.process.certificates import BEGINS, VALID_FOR, Pair

__all__ = ["Authority", "Pair", "signing_key", "write_pair"]


class Authority:
    """Signs server and client certificates; created on first use and kept in `directory`."""

    def __init__(self, directory: Path, name: str = "slipway-local") -> None:
        self.directory, self._name = directory, name

    @property
    def certificate_file(self) -> Path:
        """The file of the certificate that clients and servers trust."""
        return self.directory / "ca.crt"

    @property
    def key_file(self) -> Path:
        """The file of the private key that it signs with."""
        return self.directory / "ca.key"

    @property
    def certificate(self) -> bytes:
        """The certificate that clients and servers trust, as PEM."""
        return self._pair.certificate

    def make(self) -> None:
        """Create the authority if it does not exist yet."""
        if not self.certificate_file.exists():
            write_pair(certificates.authority(self._name), self.directory / "ca")

    @cached_property
    def _pair(self) -> Pair:
        self.make()
        return Pair(self.certificate_file.read_bytes(), self.key_file.read_bytes())

    def server(self, name: str, hosts: Sequence[str], begins: timedelta = BEGINS, lasts: timedelta = VALID_FOR) -> Pair:
        """A pair for a server with these DNS names and addresses; it is valid from so long from now, for so long."""
        return certificates.server(self._pair, name, hosts, begins, lasts)

    def client(self, user: str, groups: Sequence[str] = ()) -> Pair:
        """A pair that authenticates its holder as the user, a member of the groups."""
        return certificates.client(self._pair, user, groups)


def signing_key(path: Path) -> Path:
    """A private key for service-account tokens, created on first use; its public half is in `<path>.pub`."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_atomically(path.with_suffix(".pub"), public.decode())
        write_atomically(path, certificates.pem(key).decode(), 0o600)
    return path


def write_pair(pair: Pair, stem: Path) -> None:
    """Write `<stem>.key` and `<stem>.crt`."""
    write_atomically(stem.with_suffix(".key"), pair.key.decode(), 0o600)
    write_atomically(stem.with_suffix(".crt"), pair.certificate.decode())
