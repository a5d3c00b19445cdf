"""Which certificates to trust and which to present, from files and from memory.

Python reads a certificate and its key from files only. Those of a kubeconfig are held in memory, and given to it as
files that no folder has: a killed process leaves no key behind.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, NoReturn

from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Cluster, User

CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class Pair:
    """A client certificate and its key, in PEM."""

    def __init__(self, certificate: bytes, key: bytes) -> None:
        self.certificate, self.key = certificate, key

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Pair) and (self.certificate, self.key) == (other.certificate, other.key)

    __hash__ = None  # type: ignore[assignment]  # nothing keeps keys in sets


def pair_of(user: User) -> Pair | None:
    """Return the user's client certificate; None if there is none."""
    if not user.certificate and not user.certificate_data:
        return None
    return Pair(
        user.certificate_data or content_of("client-certificate", user.certificate),
        user.key_data or content_of("client-key", user.key),
    )


def content_of(what: str, path: str) -> bytes:
    """Return the content of a file that a kubeconfig names."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot read the {what} {path}: {error.strerror}") from error


def authority_of(cluster: Cluster) -> bytes:
    """Return the certificates of the authorities to trust; empty for those of this machine."""
    if cluster.authority_data or not cluster.authority:
        return cluster.authority_data
    return content_of("certificate-authority", cluster.authority)


def tls_for(cluster: Cluster, pair: Pair | None, authority: bytes | None = None) -> ssl.SSLContext:
    """Return a context that trusts the cluster's authority, as read now or earlier, and presents the pair.

    It checks as Go does: any certificate of the authority's file may be the root, and only alternative names count.
    """
    content = authority_of(cluster) if authority is None else authority
    try:
        context = ssl.create_default_context(cadata=certificates_in(content, cluster))
    except ssl.SSLError as error:
        raise UnusableError(f"the certificate-authority cannot be used: {error}") from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    if cluster.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        _present(context, pair)
    return context


def certificates_in(content: bytes, cluster: Cluster) -> str | None:
    """Return the certificates in the content of an authority's file; None if the cluster names none."""
    found = CERTIFICATE.findall(content)
    if (content or cluster.authority) and not found:
        raise UnusableError(f"the certificate-authority {cluster.authority or 'data'} contains no certificate")
    return b"\n".join(found).decode("ascii", "backslashreplace") or None


def _present(context: ssl.SSLContext, pair: Pair) -> None:
    try:
        with _as_file(pair.certificate) as certificate, _as_file(pair.key) as key:
            context.load_cert_chain(certificate, key, password=_ask_nobody)
    except (ssl.SSLError, OSError) as error:
        raise UnusableError(f"the client certificate and its key cannot be used: {error}") from error


def _ask_nobody() -> NoReturn:
    raise UnusableError("the client key is encrypted: kubeconfigs have no passphrase for it")


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Give the content a path, in memory if the system can, while inside."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with open(os.memfd_create("pem"), "wb") as held:  # noqa: PTH123 - a descriptor, not a path
            held.write(content)
            held.flush()
            yield f"/proc/self/fd/{held.fileno()}"
    else:
        with NamedTemporaryFile() as held:
            held.write(content)
            held.flush()
            yield held.name
