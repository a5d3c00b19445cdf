"""The seal on a decision: only the resolver can make one, and everyone who has its public key can check it. Pure.

A decision is three JSON texts, and its claim stores them as they are: `values.json`, `provenance.json` and
`sources.json`, which names the workload and its generation. The seal is an Ed25519 signature of exactly these bytes:

    slipway seal v1
    values.json <length in bytes>
    <the text>
    provenance.json <length in bytes>
    <the text>
    sources.json <length in bytes>
    <the text>

Each line and each text ends with a newline. To check a seal, no text is parsed, sorted or written anew, so that no two
programs can read it differently. To make one, `as_text` writes the JSON: in UTF-8, without spaces, in the order of its
keys. A value that has been sent as JSON any number of times still gives the same text.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORM: Final = "v1"
"""The first word of a seal. Another form of what is signed gets another word."""
PARTS: Final = ("values.json", "provenance.json", "sources.json")
"""The names of the texts, in the order in which they are signed."""
SEAL: Final = "seal"
"""The name of the seal beside them."""

Texts = Mapping[str, str]
"""The texts of a decision, by name."""
PublicKeys = Mapping[str, "Ed25519PublicKey"]
"""The keys whose seals count, by id."""


class State(StrEnum):
    """What can be said about the seal of a decision: the word that programs compare, and what it means."""

    meaning: str

    def __new__(cls, state: str, meaning: str = "") -> Self:
        """Create a state with its meaning, which follows the name of what is sealed."""
        made = str.__new__(cls, state)
        made._value_ = state
        made.meaning = meaning
        return made

    SEALED = "Sealed", "is sealed by the resolver, key {key}"
    UNSEALED = "Unsealed", "is not sealed by the resolver"
    UNKNOWN_KEY = "UnknownKey", "is sealed with an unknown key, {key}"
    ALTERED = "Altered", "was altered after the resolver sealed it"
    ANOTHERS = "Anothers", "is sealed for another workload, or for another spec of this one"


@dataclass(frozen=True)
class Finding:
    """The result of checking a seal."""

    state: State
    key: str = ""
    """The id of the key that the seal names; empty if there is none that can be read."""

    @property
    def holds(self) -> bool:
        """Whether the resolver sealed exactly this."""
        return self.state is State.SEALED

    def __str__(self) -> str:
        return self.state.meaning.format(key=self.key)


class UnfitKeyError(ValueError):
    """The text is no key for seals; the message says what it is expected to be."""


@dataclass(frozen=True)
class SealingKey:
    """A private key, and the id of its public key."""

    id: str
    private: "Ed25519PrivateKey"

    def seal(self, texts: Texts) -> str:
        """The seal of these texts."""
        signature = base64.b64encode(self.private.sign(signed_bytes(texts))).decode()
        return f"{FORM} {self.id} {signature}"


def private_pem(key: "Ed25519PrivateKey") -> bytes:
    """The private key as PEM, as `sealing_key` reads it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: "Ed25519PublicKey") -> bytes:
    """The public key as PEM, as `public_key` reads it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def as_text(value: Any) -> str:
    """The JSON text of a part of a decision."""
    return orjson.dumps(value).decode()


def signed_bytes(texts: Texts) -> bytes:
    """Exactly what is signed."""
    pieces = [f"slipway seal {FORM}\n".encode()]
    for name in PARTS:
        text = texts[name].encode()
        pieces += [f"{name} {len(text)}\n".encode(), text, b"\n"]
    return b"".join(pieces)


def check(texts: Texts, seal: str | None, keys: PublicKeys) -> Finding:
    """What can be said about the seal of these texts."""
    from cryptography.exceptions import InvalidSignature

    if not seal:
        return Finding(State.UNSEALED)
    form, key, signature = _words(seal)
    if form != FORM or not signature:
        return Finding(State.ALTERED)
    if key not in keys:
        return Finding(State.UNKNOWN_KEY, key[:64])
    try:
        keys[key].verify(base64.b64decode(signature, validate=True), signed_bytes(texts))
    except (InvalidSignature, binascii.Error, KeyError, UnicodeEncodeError):
        return Finding(State.ALTERED, key)
    return Finding(State.SEALED, key)


def key_named(seal: str | None) -> str:
    """The id of the key that a seal names; empty if there is none."""
    return _words(seal or "")[1]


def check_for(texts: Texts, seal: str | None, uid: str, generation: int | None, keys: PublicKeys) -> Finding:
    """What can be said about the seal of a decision that should be about this workload.

    Any generation will do if it is None.
    """
    found = check(texts, seal, keys)
    if not found.holds:
        return found
    sources = orjson.loads(texts["sources.json"])  # sealed, so the resolver wrote it
    about = sources.get("workload") or {}
    same = about.get("uid") == uid and generation in (None, about.get("generation"))
    return found if same else Finding(State.ANOTHERS, found.key)


def _words(seal: str) -> tuple[str, str, str]:
    """Form, key and signature."""
    form, _, rest = seal.partition(" ")
    key, _, signature = rest.partition(" ")
    return form, key, signature


def sealing_key(pem: bytes) -> SealingKey:
    """The private key that the PEM text holds. Raises UnfitKeyError if it holds something else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnfitKeyError("expected an Ed25519 private key in PEM, without a password")
    return SealingKey(key_id(key.public_key()), key)


def public_key(pem: bytes) -> "Ed25519PublicKey":
    """The public key that the PEM text holds. Raises UnfitKeyError if it holds something else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UnfitKeyError("expected an Ed25519 public key in PEM")
    return key


def key_id(key: "Ed25519PublicKey") -> str:
    """The id of a public key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
