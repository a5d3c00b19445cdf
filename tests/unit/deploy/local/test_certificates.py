"""Certificates that strict clients accept."""

import ssl
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from deploy.local.certificates import Authority, Pair, signing_key, write_pair
from deploy.local.kubeconfigs import write_kubeconfig


def test_a_strict_client_and_the_server_accept_each_other(tmp_path: Path) -> None:
    """Certificates pass strict X.509 checks for every name they were made for, and for no other."""
    authority = Authority(tmp_path / "pki")
    server = _context(tmp_path, ssl.PROTOCOL_TLS_SERVER, authority.server("api", ["127.0.0.1", "api.local"]))
    client = _context(tmp_path, ssl.PROTOCOL_TLS_CLIENT, authority.client("ann", ["team-a"]))
    for side in (server, client):
        side.load_verify_locations(cadata=authority.certificate.decode())
        side.verify_mode = ssl.CERT_REQUIRED
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert _shake_hands(server, client, "127.0.0.1") == ("ann", "team-a")
    assert _shake_hands(server, client, "api.local") == ("ann", "team-a")
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(server, client, "elsewhere")


def test_an_authority_is_made_once_and_kept(tmp_path: Path) -> None:
    """The authority of a platform stays the same, and only its owner can read the key."""
    assert Authority(tmp_path).certificate == Authority(tmp_path).certificate
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


def test_the_groups_of_a_client_are_its_organizations(tmp_path: Path) -> None:
    """The groups of a client certificate are its organizations, as the API server reads them."""
    pair = Authority(tmp_path).client("ann", ["team-a", "system:masters"])
    subject = x509.load_pem_x509_certificate(pair.certificate).subject
    groups = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    assert sorted(str(group.value) for group in groups) == ["system:masters", "team-a"]


def test_the_key_for_accounts_is_made_once(tmp_path: Path) -> None:
    """The key that signs service-account tokens stays the same, so tokens outlive a restart."""
    first = signing_key(tmp_path / "accounts.key").read_text()
    assert signing_key(tmp_path / "accounts.key").read_text() == first
    assert "PUBLIC KEY" in (tmp_path / "accounts.pub").read_text()


def test_a_kubeconfig_holds_everything_and_is_private(tmp_path: Path) -> None:
    """A kubeconfig needs no other file, and only its owner can read it."""
    path = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", b"authority", "token")
    written = yaml.safe_load(path.read_text())
    assert written["users"][0]["user"] == {"token": "token"}
    assert written["clusters"][0]["cluster"]["certificate-authority-data"] == "YXV0aG9yaXR5"
    assert path.stat().st_mode & 0o077 == 0


def _context(folder: Path, protocol: int, pair: Pair) -> ssl.SSLContext:
    stem = folder / f"pair-{protocol}"
    write_pair(pair, stem)
    context = ssl.SSLContext(protocol)
    context.load_cert_chain(stem.with_suffix(".crt"), stem.with_suffix(".key"))
    return context


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> tuple[str, str]:
    """Connect without a network; returns the user and group that the server saw."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=host)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (one, other, one, other):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    seen = other.getpeercert()
    assert seen
    subject = dict(pair for part in seen["subject"] for pair in part)  # type: ignore[misc]  # typeshed: any nested tuples
    return str(subject["commonName"]), str(subject["organizationName"])
