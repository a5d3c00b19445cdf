"""The claim: names by index, what is adopted and what is left alone."""

from typing import Any

import pytest

from services.creator.claim import Indices, create_or_adopt, find
from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RightsError,
    SlipwayError,
    TransientError,
)
from shared.outputs.conflicts import NameTakenError
from shared.outputs.kinds import NAMED_AS_JOBS
from tests.unit.services.server import Server

CONFIGMAPS = "/api/v1/namespaces/runai-a/configmaps"
WORKLOADS = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads"
BODY = {"kind": "ConfigMap", "metadata": {"name": "mine", "labels": {}}, "data": {}}


def owned(uid: str, name: str = "w", kind: str = "TrainingWorkload", **more: Any) -> dict[str, Any]:
    """Metadata of something that a workload controls."""
    owner = {"kind": kind, "name": name, "uid": uid, "controller": True}
    return {"ownerReferences": [owner], "labels": {"run.ai/workload-uid": uid}, **more}


# ---------------------------------------------------------------------------------------------------------- names
async def test_names_count_from_one_without_asking_again() -> None:
    """A prefix counts from 1, and existing names are listed once per namespace."""
    server: Any = Server()
    indices = Indices(server)
    names = [await indices.next("runai-a", prefix) for prefix in ("a", "a", "b", "a", "b")]
    assert names == ["a-1", "a-2", "b-1", "a-3", "b-2"]
    assert len(server.calls) == len(NAMED_AS_JOBS)


@pytest.mark.parametrize(
    ("group", "plural"),
    [
        ("/api/v1", "configmaps"),
        ("/api/v1", "services"),
        ("/apis/run.ai/v1", "runaijobs"),
        ("/apis/apps/v1", "deployments"),
    ],
)
async def test_whatever_has_the_name_takes_its_number(group: str, plural: str) -> None:
    """Any resource that is named as a job takes its number; names that only look similar do not."""
    server: Any = Server()
    for name in ("run-7", "run-07x", "run-", "run", "other-9", "run-2", "run-1234567890"):
        server.put(f"{group}/namespaces/runai-a/{plural}/{name}", {})
    assert await Indices(server).next("runai-a", "run") == "run-8"


async def test_namespaces_count_for_themselves_and_prefixes_may_look_like_numbers() -> None:
    """Each namespace and prefix counts by itself, even if a prefix ends in a number."""
    server: Any = Server()
    server.put(f"{CONFIGMAPS}/a-1-5", {})
    indices = Indices(server)
    assert [await indices.next("runai-a", "a"), await indices.next("runai-a", "a-1")] == ["a-1", "a-1-6"]
    assert await indices.next("runai-b", "a-1") == "a-1-1"


async def test_what_is_learned_never_counts_back() -> None:
    """Listing the names again never lowers the next index."""
    server: Any = Server()
    indices = Indices(server)
    for _ in range(5):
        await indices.next("runai-a", "a")
    server.put(f"{CONFIGMAPS}/a-2", {})
    await indices.learn("runai-a")
    assert await indices.next("runai-a", "a") == "a-6"


async def test_a_kind_that_the_cluster_does_not_know_holds_no_names() -> None:
    """A kind that is not installed does not stop names from being chosen."""
    server: Any = Server()
    server.answer = lambda call: NotFoundError("no such kind") if "runaijobs" in call else None
    assert await Indices(server).next("runai-a", "a") == "a-1"


# --------------------------------------------------------------------------------------------- adopted or left alone
async def test_what_is_not_there_is_created() -> None:
    """A free name costs one create call."""
    server: Any = Server()
    made = await create_or_adopt(server, CONFIGMAPS, BODY, "me")
    assert made["metadata"]["name"] == "mine"
    assert server.writes == ["create configmaps/mine"]


async def test_ones_own_is_adopted() -> None:
    """A resource that this workload made before is taken over, not created again."""
    server: Any = Server()
    before = server.put(f"{CONFIGMAPS}/mine", {"metadata": owned("me")})
    assert await create_or_adopt(server, CONFIGMAPS, BODY, "me") == before


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
    assert await create_or_adopt(server, CONFIGMAPS, BODY, "me") == before


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
        ({"labels": {"run.ai/workload-uid": "me"}}, ", which no workload made"),
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


# ------------------------------------------------------------------------------------------------------------ reading
async def test_claims_are_found_lowest_first_and_only_ones_own() -> None:
    """Claims are found by owner, not by label, in the order of their index."""
    server: Any = Server()
    for name in ("a-10", "a-9", "a-2"):
        server.put(f"{CONFIGMAPS}/{name}", {"metadata": owned("me")})
    server.put(f"{CONFIGMAPS}/going", {"metadata": owned("me", deletionTimestamp="2026-01-05T10:00:00Z")})
    server.put(f"{CONFIGMAPS}/labelled", {"metadata": {"labels": {"run.ai/workload-uid": "me"}}})
    found = await find(server, "runai-a", "me")
    assert [item["metadata"]["name"] for item in found] == ["a-2", "a-9", "a-10"]
