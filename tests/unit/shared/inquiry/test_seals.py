"""What a person is told about the seal of a workload's record."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.seals import SealKeys
from shared.inquiry.explanation import CLAIMED, FROZEN, of_frozen
from shared.inquiry.frozen import sealed_of
from shared.messages import WorkloadRef, WorkloadResolved
from shared.names import SEAL_KEYS, resource_path
from shared.parameters.kinds import INTERACTIVE
from shared.resolution.decided import sealed, texts_of
from tests.unit.plain_server import PlainServer
from tests.unit.shared.resolution.sealing import KEY, OTHER

SPACE = "runai-team-a"
CLAIM = resource_path("configmaps", SPACE, "a-1", "v1")
KEYS = resource_path("configmaps", "runai", SEAL_KEYS, "v1")
SPEC = {"usage": "Submit", "image": {"value": "ubuntu"}}
WORKLOAD: dict[str, Any] = {
    "metadata": {"namespace": SPACE, "name": "w", "uid": "w", "annotations": {"run.ai/submitted-by": "jane"}},
    "spec": SPEC,
    "status": {"jobName": "a-1"},
}


def decided(spec: Any = SPEC, key: Any = KEY, **ref: Any) -> dict[str, str]:
    """What a claim holds that the resolver decided on this spec."""
    about = {"kind": "InteractiveWorkload", "namespace": SPACE, "name": "w", "uid": "w", "generation": 1, **ref}
    message = WorkloadResolved(
        workload=WorkloadRef(resource_version="1", **about), observed_at=datetime.now(UTC),
        values_set={"image": "ubuntu"}, provenance={"image": {"origin": "workload"}}, submitted_by="jane",
    )  # fmt: skip
    made = sealed(message, spec, {"run.ai/submitted-by": "jane"}, key)
    return {**texts_of(made), "seal": made.seal or ""}


def server(tmp_path: Any, data: dict[str, str], keys: bool = True) -> PlainServer:
    published = SealKeys(tmp_path)
    published.trust(KEY.private.public_key())
    owners = [{"uid": "w", "controller": True}]
    claim = {"metadata": {"name": "a-1", "uid": "c", "ownerReferences": owners}, "data": data}
    return PlainServer({CLAIM: claim, **({KEYS: published.manifest} if keys else {})})


EVIL = json.dumps({"image": "evil"})
SAID: dict[str, tuple[dict[str, str], str, str]] = {
    "sealed": (decided(), "Sealed", f"the record is sealed by the resolver, key {KEY.id}"),
    "altered": ({**decided(), "values.json": EVIL}, "Altered", "the record was altered after the resolver sealed it"),
    "unsealed": ({**decided(), "seal": ""}, "Unsealed", "the record is not sealed by the resolver"),
    "unknown": (decided(key=OTHER), "UnknownKey", f"the record is sealed with an unknown key, {OTHER.id}"),
    "another's": (
        decided(uid="v"),
        "Anothers",
        "the record is sealed for another workload, or for another spec of this one",
    ),
    "another spec": (
        decided({**SPEC, "image": {"value": "evil"}}),
        "Anothers",
        "the record is sealed for another workload, or for another spec of this one",
    ),
}


@pytest.mark.parametrize(("data", "state", "sentence"), SAID.values(), ids=SAID)
async def test_a_person_is_told_whether_the_record_is_as_sealed(
    tmp_path: Any, data: dict[str, str], state: str, sentence: str
) -> None:
    """P9: only what the resolver sealed for this workload is presented as decided."""
    claim, said = await sealed_of(server(tmp_path, data), WORKLOAD)
    assert claim is not None
    assert said is not None
    assert (said.state, said.sentence) == (state, sentence)
    explained = of_frozen(INTERACTIVE, WORKLOAD, claim, said)
    assert explained.decided == (FROZEN if state == "Sealed" else CLAIMED)
    assert explained.to_json()["seal"]["state"] == state


async def test_a_seal_that_cannot_be_checked_is_said_to_be_so(tmp_path: Any) -> None:
    """Keys that are not there, that one may not read, or that are none: each is one sentence."""
    missing = server(tmp_path, decided(), keys=False)
    forbidden = server(tmp_path, decided())
    forbidden.forbidden = (KEYS,)
    spoiled = server(tmp_path, decided())
    spoiled.objects[KEYS] = {"data": {"a.pem": "hello"}}
    place = f"ConfigMap {SEAL_KEYS} in namespace runai"
    for there, why in (
        (missing, f"{place}, which holds the public keys, does not exist"),
        (forbidden, f"you may not read {place}, which holds the public keys"),
        (spoiled, f"{place} holds something else than public keys: expected an Ed25519 public key in PEM"),
    ):
        _, said = await sealed_of(there, WORKLOAD)
        assert said is not None
        assert said.sentence == f"the seal of the record cannot be checked: {why}"
        assert (said.state, said.doubtful) == ("Unchecked", False)


async def test_a_workload_without_a_record_has_no_seal(tmp_path: Any) -> None:
    """A template, or a claim of another workload, says nothing about this one."""
    there = server(tmp_path, decided())
    assert await sealed_of(there, {**WORKLOAD, "status": {}}) == (None, None)
    assert await sealed_of(there, {**WORKLOAD, "metadata": {**WORKLOAD["metadata"], "uid": "v"}}) == (None, None)
