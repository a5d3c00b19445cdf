"""The Secrets and ConfigMaps that hold what is random, as manifests: made anew by each call."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import SlipwayError
from shared.names import OURS, PART_OF, SEAL_KEYS
from shared.objects import Manifest
from shared.process import certificates
from shared.process.certificates import Pair
from shared.resolution.seal import UnfitKeyError, key_id, private_pem, public_pem, sealing_key

PRIVATE: Final = "private.pem"
"""The key in the Secret of the seal."""
KEYS: Final = "keys"
"""The key in the Secret of the console."""
KEY_BYTES: Final = 32
"""As AES with 256 bits needs."""


class UnfitSecretError(SlipwayError):
    """A Secret that exists does not hold what its name stands for; the message says what is wrong with it."""


def login(namespace: str, name: str, user: str) -> Manifest:
    """A user of the bus, with a new password: letters and digits, so that it means the same in every notation."""
    data = {"username": user, "password": f"p{secrets.token_hex(24)}"}
    return _secret(namespace, name, "kubernetes.io/basic-auth", {key: text.encode() for key, text in data.items()})


def authority(namespace: str, name: str) -> Manifest:
    """A new authority for the broker's certificates."""
    return _pair(namespace, name, certificates.authority("slipway-bus"), {})


def certificate(namespace: str, name: str, hosts: Sequence[str], signer: Manifest) -> Manifest:
    """A new certificate of the broker, signed by the authority of that Secret. UnfitSecretError if it has none."""
    signing = Pair(_held(signer, "tls.crt"), _held(signer, "tls.key"))
    try:
        made = certificates.server(signing, "nats", hosts)
    except (ValueError, TypeError) as error:
        raise UnfitSecretError(f"{_named(signer)} cannot sign the broker's certificate: {error}") from error
    return _pair(namespace, name, made, {"ca.crt": signing.certificate})


def seal(namespace: str, name: str) -> Manifest:
    """A new private key that seals decisions."""
    return _secret(namespace, name, "Opaque", {PRIVATE: private_pem(Ed25519PrivateKey.generate())})


def console_keys(namespace: str, name: str) -> Manifest:
    """A new key that seals sign-ins, in a file of which the console reads each line as a key."""
    return _secret(namespace, name, "Opaque", {KEYS: b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"})


def seal_keys(namespace: str, sealing: Manifest) -> Manifest:
    """The ConfigMap from which creators, or people, learn the public key of that Secret's key.

    UnfitSecretError if it has none.
    """
    try:
        public = sealing_key(_held(sealing, PRIVATE)).private.public_key()
    except UnfitKeyError as error:
        raise UnfitSecretError(f"{_named(sealing)}, key {PRIVATE}: {error}") from error
    data = {f"{key_id(public)}.pem": public_pem(public).decode()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(namespace, SEAL_KEYS), "data": data}


def held_by(secret: Manifest) -> Mapping[str, bytes]:
    """What a Secret holds, decoded."""
    return {key: b64decode(text) for key, text in (secret.get("data") or {}).items()}


def _held(secret: Manifest, key: str) -> bytes:
    held = held_by(secret)
    if key not in held:
        raise UnfitSecretError(f"{_named(secret)} exists, but has no key {key}; it has: {', '.join(held) or 'none'}")
    return held[key]


def _named(secret: Manifest) -> str:
    metadata = secret["metadata"]
    return f"Secret {metadata['namespace']}/{metadata['name']}"


def _pair(namespace: str, name: str, pair: Pair, more: Mapping[str, bytes]) -> Manifest:
    return _secret(namespace, name, "kubernetes.io/tls", {"tls.crt": pair.certificate, "tls.key": pair.key, **more})


def _secret(namespace: str, name: str, kind: str, data: Mapping[str, bytes]) -> Manifest:
    encoded = {key: b64encode(content).decode() for key, content in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _metadata(namespace, name),
        "type": kind,
        "data": encoded,
    }


def _metadata(namespace: str, name: str) -> Manifest:
    return {"name": name, "namespace": namespace, "labels": {PART_OF: OURS}}
