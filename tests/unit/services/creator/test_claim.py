"""Objects that are created, adopted or left alone."""

from typing import Any

import pytest

from services.creator.claim import create_or_adopt
from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    RightsError,
    SlipwayError,
    TransientError,
)
from shared.outputs.conflicts import NameTakenError
from tests.unit.services.server import Server

CONFIGMAPS = "/api/v1/namespaces/runai-a/configmaps"
WORKLOADS = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads"
BODY = {"kind": "ConfigMap", "metadata": {"name": "mine", "labels": {}}, "data": {}}


def owned(uid: str, name: str = "w", kind: str = "TrainingWorkload", **more: Any) -> dict[str, Any]:
    """Metadata of something that a workload controls."""
    owner = {"kind": kind, "name": name, "uid": uid, "controller": True}
    return {"ownerReferences": [owner], "labels": {"run.ai/workload-uid": uid}, **more}


# --------------------------------------------------------------------------------------------- adopted or left alone
async def test_what_is_not_there_is_created() -> None:
    """A free name costs one create call."""
    server: Any = Server()
    made = await create_or_adopt(server, CONFIGMAPS, BODY, "me")
    assert (made.item["metadata"]["name"], made.new) == ("mine", True)
    assert server.writes == ["create configmaps/mine"]


async def test_ones_own_is_adopted() -> None:
    """A resource that this workload made before is taken over, not created again."""
    server: Any = Server()
    before = server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("me")})
    assert await create_or_adopt(server, CONFIGMAPS, BODY, "me") == (before, False)


REFUSALS = [
    InvalidError('Service "mine" is invalid: provided port is already allocated'),
    ForbiddenError("exceeded quota"),
    RightsError('User "creator" cannot create'),
]


def refusing(error: SlipwayError) -> Any:
    """A server that refuses before it checks whether the name is taken."""
    server: Any = Server()
    server.answer = lambda call: error if call.startswith("create") else None
    return server


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_ones_own_is_adopted_though_it_uses_up_what_it_needs_itself(refusal: SlipwayError) -> None:
    """A quota that this workload's own resource exhausts does not fail its next delivery."""
    server = refusing(refusal)
    before = server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("me")})
    assert await create_or_adopt(server, CONFIGMAPS, BODY, "me") == (before, False)


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_what_a_deleted_workload_still_uses_up_is_waited_for(refusal: SlipwayError) -> None:
    """A refusal caused by the leftovers of a deleted workload is retried, not final."""
    server = refusing(refusal)
    server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("old")})
    with pytest.raises(TransientError, match="still being removed"):
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("reading", [None, ForbiddenError("not to be read")])
async def test_any_other_refusal_is_told_as_it_is(refusal: SlipwayError, reading: SlipwayError | None) -> None:
    """Any other refusal is raised unchanged."""
    server = refusing(refusal)
    server.answer = lambda call: refusal if call.startswith("create") else reading
    with pytest.raises(type(refusal)) as told:
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")
    assert told.value is refusal


async def test_a_name_that_is_taken_by_what_may_not_be_read() -> None:
    """A taken name whose holder cannot be read ends with the refusal to read it."""
    server = refusing(AlreadyExistsError("taken"))
    answers = {"create": AlreadyExistsError("taken"), "get": ForbiddenError("not to be read")}
    server.answer = lambda call: answers[call.split()[0]]
    with pytest.raises(ForbiddenError, match="not to be read"):
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")


@pytest.mark.parametrize(
    ("metadata", "holder"),
    [
        ({}, ", which no workload made"),
        ({"labels": {"run.ai/workload-uid": "me"}}, ", which no workload owns any more"),
        (owned("other"), " of TrainingWorkload w"),
        ({"ownerReferences": [{"kind": "Deployment", "name": "d", "uid": "me"}]}, " of Deployment d"),
    ],
    ids=["nobody's", "only labelled as ours", "another workload's", "something else's"],
)
async def test_what_is_foreign_is_left_alone(metadata: dict[str, Any], holder: str) -> None:
    """A resource that this workload did not make is NameTaken, names its holder, and is not written to."""
    server: Any = Server()
    server.put(f"{WORKLOADS}/w", {"metadata": {"uid": "other"}})
    server.put(f"{CONFIGMAPS}/mine", {"metadata": metadata})
    with pytest.raises(NameTakenError) as refusal:
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")
    assert str(refusal.value) == f"the name mine is taken by ConfigMap mine{holder}"
    assert refusal.value.reason == "NameTaken"
    assert server.writes == ["create configmaps/mine"]


@pytest.mark.parametrize(
    "workload",
    [None, {"uid": "another"}, {"uid": "old", "deletionTimestamp": "2026-01-05T10:00:00Z"}],
    ids=["gone", "another of the name", "going"],
)
async def test_what_a_deleted_workload_left_is_waited_for(workload: dict[str, Any] | None) -> None:
    """The creator waits until the cluster removes what a deleted workload owned."""
    server: Any = Server()
    if workload:
        server.put(f"{WORKLOADS}/w", {"metadata": workload})
    server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("old")})
    with pytest.raises(TransientError, match="still being removed"):
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")


async def test_what_is_going_is_waited_for_whoever_owns_it() -> None:
    """The creator waits for a resource that is being deleted, even if it is this workload's own."""
    server: Any = Server()
    server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("me", deletionTimestamp="2026-01-05T10:00:00Z")})
    with pytest.raises(TransientError) as busy:
        await create_or_adopt(server, CONFIGMAPS, BODY, "me")
    assert busy.value.retry_after == 1.0
