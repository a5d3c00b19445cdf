"""Certificates: an authority's own, and those that it signs for servers and clients."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR: Final = timedelta(days=3650)
"""Long, because nobody is reminded to renew them."""
BEGINS: Final = timedelta(hours=-1)
"""When a certificate becomes valid, from now: clocks differ."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its private key, both as PEM."""

    certificate: bytes
    key: bytes


def authority(name: str) -> Pair:
    """A new authority.

    Its own key is an RSA key: the API server verifies the signature of a client's certificate with every request,
    and verifying RSA takes a fraction of the time that an elliptic curve takes.
    """
    key, subject = rsa.generate_private_key(public_exponent=65537, key_size=2048), _subject(name)
    builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, None), True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return _pair(builder.add_extension(_usage(signs=True), True).sign(key, hashes.SHA256()), key)


def server(
    signer: Pair, name: str, hosts: Sequence[str], begins: timedelta = BEGINS, lasts: timedelta = VALID_FOR
) -> Pair:
    """A pair for a server with these DNS names and addresses; it is valid from so long from now, for so long.

    ValueError or TypeError if the signer is no authority whose key can be used.
    """
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    return _signed(signer, _subject(name), ExtendedKeyUsageOID.SERVER_AUTH, names, begins, lasts)


def client(signer: Pair, user: str, groups: Sequence[str] = ()) -> Pair:
    """A pair that authenticates its holder as the user, a member of the groups."""
    return _signed(signer, _subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH)


def _signed(
    signer: Pair,
    subject: x509.Name,
    usage: x509.ObjectIdentifier,
    names: x509.SubjectAlternativeName | None = None,
    begins: timedelta = BEGINS,
    lasts: timedelta = VALID_FOR,
) -> Pair:
    signing = serialization.load_pem_private_key(signer.key, None)
    if not isinstance(signing, PrivateKey):
        raise TypeError("the authority's key must be of RSA or of an elliptic curve")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(signer.certificate).subject
    builder = _builder(subject, issuer, key, begins, lasts).add_extension(x509.BasicConstraints(False, None), True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False).add_extension(_usage(signs=False), True)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False)
    if names:
        builder = builder.add_extension(names, False)
    return _pair(builder.sign(signing, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, begins: timedelta = BEGINS, lasts: timedelta = VALID_FOR
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) + begins
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(begin).not_valid_after(begin + lasts)


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
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), pem(key))


def pem(key: PrivateKey) -> bytes:
    """The private key as PEM, without a password."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
