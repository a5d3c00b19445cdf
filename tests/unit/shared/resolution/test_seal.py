"""The seal on a decision: what it covers, what breaks it, and what survives."""

import json
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from shared.resolution.seal import (
    PARTS,
    State,
    UnfitKeyError,
    as_text,
    check,
    check_for,
    key_id,
    public_key,
    sealing_key,
    signed_bytes,
)
from tests.unit.shared.resolution.sealing import KEY, KEYS, OTHER

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=4)
SOURCES: dict[str, Any] = {"workload": {"uid": "u", "generation": 2}, "policy": None}


def texts(values: Any = None, provenance: Any = None, sources: Any = None) -> dict[str, str]:
    parts = (values or {"gpu": "1"}, provenance or {}, sources or SOURCES)
    return {name: as_text(part) for name, part in zip(PARTS, parts, strict=True)}


def state(given: dict[str, str], seal: str | None, keys: Any = KEYS) -> str:
    return check(given, seal, keys).state


@given(OBJECT, OBJECT)
def test_a_seal_holds_after_any_number_of_trips_as_json(values: Any, provenance: Any) -> None:
    """P9: numbers, letters and the order of keys survive the message and the ConfigMap as they were sealed."""
    made = texts(values, provenance)
    seal = KEY.seal(made)
    sent = [orjson.loads(json.dumps(json.loads(text))) for text in made.values()]
    again = dict(zip(PARTS, map(as_text, sent), strict=True))
    stored = json.loads(json.dumps({"data": {**again, "seal": seal}}))["data"]
    assert again == made
    assert state(stored, stored["seal"]) == State.SEALED


@given(OBJECT, st.sampled_from(PARTS), st.data())
def test_any_change_of_any_part_breaks_the_seal(values: Any, part: str, data: st.DataObject) -> None:
    """P9: a letter more, less or other, a space, another order: what is not exactly as sealed is altered."""
    made = texts(values)
    seal = KEY.seal(made)
    text = made[part]
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(' 0aä"{},:'))
    for changed in (text[:at] + text[at + 1 :], text[:at] + letter + text[at:], text[:at] + letter + text[at + 1 :]):
        if changed != text:
            assert state({**made, part: changed}, seal) == State.ALTERED


def test_texts_cannot_trade_places_or_ends() -> None:
    """P9: what is moved from one text to the next is a change, too."""
    made = dict(zip(PARTS, ("ab", "c", "d"), strict=True))
    moved = {**made, PARTS[0]: "a", PARTS[1]: "bc"}
    assert signed_bytes(made) != signed_bytes(moved)
    assert state(moved, KEY.seal(made)) == State.ALTERED


@pytest.mark.parametrize(
    ("seal", "state_of_it"),
    [
        (None, "Unsealed"),
        ("", "Unsealed"),
        ("v1", "Altered"),
        ("v2 {id} {signature}", "Altered"),
        ("v1 {id} ", "Altered"),
        ("v1 {id} ****", "Altered"),
        ("v1 {id} AAAA", "Altered"),
        ("v1 {id} {signature}A", "Altered"),
        ("v1 0123456789abcdef {signature}", "UnknownKey"),
        ("v1  {id} {signature}", "UnknownKey"),
        ("v1 {other} {signature}", "UnknownKey"),
    ],
)
def test_a_seal_that_is_none(seal: str | None, state_of_it: str) -> None:
    """P9: missing, garbled, of another form, or of a key that does not count: each has its own name."""
    made = texts()
    signature = KEY.seal(made).rpartition(" ")[2]
    spelled = seal and seal.format(id=KEY.id, other=OTHER.id, signature=signature)
    assert state(made, spelled) == state_of_it


def test_the_id_of_a_key_says_whose_seal_it_is_but_proves_nothing() -> None:
    """P9: a seal made with another key under the id of one that counts is no seal."""
    made = texts()
    forged = OTHER.seal(made).replace(OTHER.id, KEY.id)
    assert state(made, forged) == State.ALTERED


def test_two_keys_count_at_once_and_a_removed_one_no_more() -> None:
    """A key is replaced without a pause: old seals count as long as the old public key is there."""
    made = texts()
    both = {**KEYS, OTHER.id: OTHER.private.public_key()}
    for key in (KEY, OTHER):
        assert check(made, key.seal(made), both).holds
    assert state(made, KEY.seal(made), {OTHER.id: both[OTHER.id]}) == State.UNKNOWN_KEY
    assert state(made, KEY.seal(made), {}) == State.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("uid", "generation", "holds"),
    [("u", 2, True), ("u", None, True), ("u", 1, False), ("other", 2, False), ("other", None, False)],
)
def test_a_seal_is_for_one_generation_of_one_workload(uid: str, generation: int | None, holds: bool) -> None:
    """P9: a genuine decision about another workload, or about an earlier spec of this one, is not this one's."""
    made = texts()
    found = check_for(made, KEY.seal(made), uid, generation, KEYS)
    assert found.holds is holds
    assert found.state == (State.SEALED if holds else State.ANOTHERS)


def test_keys_are_read_from_pem_and_have_the_same_id_on_both_sides() -> None:
    """The id comes from the public key alone, so that files can have any name."""
    private = KEY.private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    public = KEY.private.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    assert sealing_key(private).id == key_id(public_key(public)) == KEY.id
    assert len(KEY.id) == 16


def test_other_files_are_no_keys() -> None:
    """A certificate, another kind of key, or a private key among the public ones is refused with what is expected."""
    other = generate_private_key(SECP256R1())
    private = other.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    locked = KEY.private.private_bytes(
        pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"password")
    )
    public = other.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    for text in (b"", b"hello", private, locked, public):
        with pytest.raises(UnfitKeyError, match="expected an Ed25519 private key"):
            sealing_key(text)
    for text in (b"", b"hello", private, public):
        with pytest.raises(UnfitKeyError, match="expected an Ed25519 public key"):
            public_key(text)
