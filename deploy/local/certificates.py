"""The certificate authority of one platform, and the certificates that it signs."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.processes import write_atomically

VALID_FOR: Final = timedelta(days=3650)
"""Long, because a platform may stay unused for a long time; do not keep secrets in it."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its private key, both as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs server and client certificates; created on first use and kept in `directory`.

    Its own key is an RSA key: the API server verifies the signature of a client's certificate with every request,
    and verifying RSA takes a fraction of the time that an elliptic curve takes.
    """

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
            write_pair(self._self_signed(), self.directory / "ca")

    @cached_property
    def _pair(self) -> Pair:
        self.make()
        return Pair(self.certificate_file.read_bytes(), self.key_file.read_bytes())

    @cached_property
    def _key(self) -> PrivateKey:
        key = serialization.load_pem_private_key(self._pair.key, None)
        assert isinstance(key, PrivateKey)
        return key

    @cached_property
    def _own(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self._pair.certificate)

    def server(self, name: str, hosts: Sequence[str]) -> Pair:
        """A pair for a server with these DNS names and addresses."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._sign(_subject(name), ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, user: str, groups: Sequence[str] = ()) -> Pair:
        """A pair that authenticates its holder as the user, a member of the groups."""
        return self._sign(_subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH)

    def _sign(
        self, subject: x509.Name, usage: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None = None
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self._own.subject, key).add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False).add_extension(_usage(signs=False), True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
        )
        if names:
            builder = builder.add_extension(names, False)
        return _pair(builder.sign(self._key, hashes.SHA256()), key)

    def _self_signed(self) -> Pair:
        key, subject = rsa.generate_private_key(public_exponent=65537, key_size=2048), _subject(self._name)
        builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, None), True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        return _pair(builder.add_extension(_usage(signs=True), True).sign(key, hashes.SHA256()), key)


def signing_key(path: Path) -> Path:
    """A private key for service-account tokens, created on first use; its public half is in `<path>.pub`."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_atomically(path.with_suffix(".pub"), public.decode())
        write_atomically(path, _pem(key).decode(), 0o600)
    return path


def write_pair(pair: Pair, stem: Path) -> None:
    """Write `<stem>.key` and `<stem>.crt`."""
    write_atomically(stem.with_suffix(".key"), pair.key.decode(), 0o600)
    write_atomically(stem.with_suffix(".crt"), pair.certificate.decode())


def _builder(subject: x509.Name, issuer: x509.Name, key: PrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + VALID_FOR)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str, groups: Sequence[str] = ()) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pair(certificate: x509.Certificate, key: PrivateKey) -> Pair:
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), _pem(key))


def _pem(key: PrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
