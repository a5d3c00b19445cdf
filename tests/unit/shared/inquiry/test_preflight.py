"""Obstacles to the creation of objects, as the API server reports them to one person; nothing is stored."""

from typing import Any

import pytest

from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RightsError,
    SlipwayError,
    TransientError,
)
from shared.inquiry.objects import _job_name
from shared.inquiry.preflight import Preflight, preflight
from shared.names import resource_path
from shared.objects import JsonObject
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
CONFIGMAPS = resource_path("configmaps", SPACE, api_version="v1")
WORKLOADS = resource_path("trainingworkloads", SPACE)
MPI_JOBS = resource_path("mpijobs", SPACE, api_version="kubeflow.org/v2beta1")
RIGHTS = RightsError('configmaps is forbidden: User "ann" cannot create resource "configmaps"')
QUOTA = ForbiddenError('configmaps "a" is forbidden: exceeded quota: q')
INVALID = InvalidError('ConfigMap "a" is invalid: data: too long')
WEBHOOK = InvalidError('admission webhook "w" does not support dry run')
UNKNOWN = NotFoundError("404 page not found")
INSTALL = (
    "the cluster does not have the kind MPIJob of kubeflow.org/v2beta1; "
    "install the Kubeflow MPI Operator (kubeflow/mpi-operator)"
)
UNTRIED = "whether the API server accepts {} could not be checked: you are not allowed to create it yourself"
NO_DRY_RUN = "whether the API server accepts ConfigMap a could not be checked: a webhook does not support dry run"


class Server(PlainServer):
    """An API server that answers creations by kind, and never stores anything."""

    def __init__(self, answers: dict[str, SlipwayError] | None = None) -> None:
        super().__init__()
        self.answers = answers or {}
        self.tried: list[JsonObject] = []

    async def create(self, path: str, body: JsonObject, params: object = None) -> JsonObject:
        assert params == {"dryRun": "All"}
        self.tried.append(body)
        if f"{path}/{body['metadata']['name']}" in self.objects and body["kind"] not in self.answers:
            raise AlreadyExistsError("it is there")
        if refusal := self.answers.get(body["kind"]):
            raise refusal
        return body

    def put(self, path: str, owner: JsonObject | None = None, **metadata: Any) -> None:
        owners = [owner] if owner else []
        name = path.rpartition("/")[2]
        self.objects[path] = {
            "metadata": {"name": name, "namespace": SPACE, "uid": "other", "ownerReferences": owners, **metadata}
        }


def output(kind: str = "ConfigMap", version: str = "v1", name: str = "a") -> JsonObject:
    owner = {"uid": "me", "controller": True, "blockOwnerDeletion": True}
    metadata = {"name": name, "namespace": SPACE, "ownerReferences": [owner]}
    return {"kind": kind, "apiVersion": version, "metadata": metadata}


MPI_JOB = output("MPIJob", "kubeflow.org/v2beta1")
OWNER = {"kind": "TrainingWorkload", "name": "w", "uid": "other", "controller": True}


async def trial(server: Server, *objects: JsonObject) -> Preflight:
    found = await preflight(server, objects or [output()])
    assert not [call for call in server.calls if call[0] == "create"]
    return found


@pytest.mark.parametrize(
    ("answer", "obstacles", "notes"),
    [
        (None, [], []),
        (QUOTA, [str(QUOTA)], []),
        (INVALID, [str(INVALID)], []),
        (RIGHTS, [], [UNTRIED.format("ConfigMap a")]),
        (WEBHOOK, [], [NO_DRY_RUN]),
        (AlreadyExistsError("it went meanwhile"), [], []),
    ],
)
async def test_what_the_server_says_of_an_object(
    answer: SlipwayError | None, obstacles: list[str], notes: list[str]
) -> None:
    """Each answer of a trial is an obstacle, a note or nothing, row by row."""
    server = Server({"ConfigMap": answer} if answer else {})
    assert await trial(server) == (obstacles, notes)


@pytest.mark.parametrize("answer", [None, QUOTA, INVALID, RIGHTS, WEBHOOK])
@pytest.mark.parametrize(("owner", "holder"), [(None, ", which no workload made"), (OWNER, " of TrainingWorkload w")])
async def test_a_name_that_is_taken_counts_before_all_else(
    answer: SlipwayError | None, owner: JsonObject | None, holder: str
) -> None:
    """A taken name is reported before any other refusal."""
    server = Server({"ConfigMap": answer} if answer else {})
    server.put(f"{CONFIGMAPS}/a", owner)
    server.put(f"{WORKLOADS}/w")
    assert await trial(server) == ([f"the name a is taken by ConfigMap a{holder}"], [])


async def test_what_is_on_its_way_out_is_waited_for() -> None:
    """An object that is being deleted gives a note: the submission would wait for it."""
    server = Server()
    server.put(f"{CONFIGMAPS}/a", deletionTimestamp="2026-01-05T10:00:00Z")
    server.put(f"{CONFIGMAPS}/b", OWNER)  # of a workload that is gone
    assert await trial(server, output(), output(name="b")) == ([], [
        "ConfigMap a is still being removed: the submission would wait for that",
        "ConfigMap b of a deleted workload is still being removed: the submission would wait for that",
    ])  # fmt: skip


async def test_a_kind_that_is_missing_says_what_to_install() -> None:
    """If the cluster lacks a kind, the obstacle names what to install."""
    assert await trial(Server({"MPIJob": UNKNOWN}), MPI_JOB) == ([INSTALL], [])


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("known", [True, False])
async def test_a_kind_that_the_person_may_not_create_is_looked_for(readable: bool, known: bool) -> None:
    """A person without the right to create a kind still learns whether it exists."""
    server = Server({"MPIJob": RIGHTS})
    server.forbidden = () if readable else (f"{MPI_JOBS}/",)

    def unknown(_: str, path: str) -> None:
        if not known and (path.startswith(f"{MPI_JOBS}/") or path == "/apis/kubeflow.org/v2beta1"):
            raise UNKNOWN

    server.before = unknown
    server.objects["/apis/kubeflow.org/v2beta1"] = {}
    expected = ([], [UNTRIED.format("MPIJob a")]) if known else ([INSTALL], [])
    assert await trial(server, MPI_JOB) == expected


@pytest.mark.parametrize("hidden", [CONFIGMAPS, WORKLOADS], ids=["it", "its owner"])
async def test_what_has_the_name_may_be_hidden(hidden: str) -> None:
    """A name is reported as taken even if its holder may not be read."""
    server = Server()
    server.put(f"{CONFIGMAPS}/a", OWNER)
    server.forbidden = (f"{hidden}/",)
    assert await trial(server) == (["it is there"], [])


async def test_an_object_that_would_be_too_large_is_not_tried() -> None:
    """An object beyond the limit is reported without a trial."""
    server = Server()
    large = {**MPI_JOB, "spec": "x" * 2**21}
    sentence = "MPIJob a would be larger than 1408 KiB, which is the limit for one object"
    assert await trial(server, large, output()) == ([sentence], [])
    assert [item["kind"] for item in server.tried] == ["ConfigMap"]


async def test_all_obstacles_are_told_and_what_was_not_tried_in_one_sentence() -> None:
    """All obstacles are listed at once, and one sentence names what was not tried."""
    server = Server({"ConfigMap": RIGHTS, "RunaiJob": RIGHTS, "Service": QUOTA, "PersistentVolumeClaim": INVALID})
    job = output("RunaiJob", "run.ai/v1")
    objects = [output(), output("PersistentVolumeClaim"), output("Service"), output("Service", name="a-jupyter"), job]
    assert await trial(server, *objects) == (
        [str(INVALID), str(QUOTA)], [UNTRIED.format("ConfigMap a, RunaiJob a")]
    )  # fmt: skip


async def test_a_busy_server_gives_no_verdict() -> None:
    """A busy API server gives an error and never a verdict."""
    with pytest.raises(TransientError):
        await trial(Server({"ConfigMap": TransientError("too busy")}))


async def test_a_namespace_that_is_gone_is_no_missing_kind() -> None:
    """A missing namespace is not mistaken for a missing kind."""
    with pytest.raises(NotFoundError, match="no such namespace"):
        await trial(Server({"ConfigMap": NotFoundError("no such namespace", "namespaces")}))


async def test_rights_on_the_workloads_finalizers_are_not_asked_for() -> None:
    """A trial does not need rights on finalizers."""
    server = Server()
    await trial(server)
    assert server.tried[0]["metadata"]["ownerReferences"] == [
        {"uid": "me", "controller": True, "blockOwnerDeletion": False}
    ]


@pytest.mark.parametrize(
    ("taken", "forbidden", "name"),
    [
        ([], "", "job-1"),
        ([f"{CONFIGMAPS}/job-2", f"{CONFIGMAPS}/job-x", f"{CONFIGMAPS}/other-7"], "", "job-3"),
        ([f"{MPI_JOBS}/job-4"], "", "job-5"),
        ([f"{MPI_JOBS}/job-4", f"{CONFIGMAPS}/job-1"], MPI_JOBS, "job-2"),
    ],
)
async def test_the_next_number_is_free_of_all_that_is_named_as_jobs(
    taken: list[str], forbidden: str, name: str
) -> None:
    """The shown job name is the next free one, as far as the person can see."""
    server = Server()
    server.forbidden = (forbidden,) if forbidden else ()
    for path in taken:
        server.put(path)
    assert await _job_name(server, SPACE, {}) == name
    assert await _job_name(server, SPACE, {"name": "mine"}) == "mine"
