"""What is read about a job that does not run, with the rights that a person has."""

from typing import Any

import pytest

from shared.inquiry.circumstances import circumstances, history
from shared.inquiry.errors import MissingError
from shared.inquiry.jobs import RUNAI_JOB
from shared.inquiry.why import why
from shared.names import resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
KUEUE, VISIBLE = "kueue.x-k8s.io/v1beta2", "visibility.kueue.x-k8s.io/v1beta2"
QUEUED = resource_path("workloads", SPACE, None, KUEUE)
WAITING = f"{resource_path('localqueues', SPACE, 'team-a', VISIBLE)}/pendingworkloads"
LATER = (
    "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor f, 1 more needed"
)


def group(version: str) -> JsonObject:
    name, _, short = version.partition("/")
    return {"name": name, "preferredVersion": {"version": short}}


def server() -> PlainServer:
    """A job in a queue of Kueue, beside another one."""
    labels = {"kueue.x-k8s.io/queue-name": "team-a"}
    owned = [{"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "name": "w", "uid": "w", "controller": True}]
    metadata = {"name": "a", "namespace": SPACE, "uid": "j", "labels": labels, "ownerReferences": owned}
    ran = {"runsAs": {"kind": "Job", "name": "a", "uid": "c"}}
    child = {"metadata": {"name": "a", "uid": "c"}, "spec": {"suspend": True}}
    told = [{"type": "QuotaReserved", "status": "False", "message": LATER}]
    mine = {"name": "job-a", "ownerReferences": [{"uid": "c"}]}
    others = {"name": "job-b", "ownerReferences": [{"uid": "x"}]}
    places = [
        {"metadata": {"name": "job-b"}, "positionInLocalQueue": 0},
        {"metadata": {"name": "job-a"}, "positionInLocalQueue": 1},
    ]
    workload = {"name": "w", "namespace": SPACE, "uid": "w"}
    return PlainServer(
        {
            resource_path("namespaces", None, SPACE, "v1"): {"metadata": {"name": SPACE}},
            RUNAI_JOB.path(SPACE, "a"): {"metadata": metadata, "spec": {}, "status": ran},
            resource_path("jobs", SPACE, "a", "batch/v1"): child,
            resource_path("trainingworkloads", SPACE, "w"): {"metadata": workload, "spec": {}},
            resource_path("trainingworkloads", SPACE, "t"): {"metadata": workload, "spec": {"usage": "Template"}},
            "/apis": {"groups": [group(KUEUE), group(VISIBLE)]},
            f"{QUEUED}/job-a": {"metadata": mine, "status": {"conditions": told}},
            f"{QUEUED}/job-b": {"metadata": others},
            WAITING: {"items": places},
        }
    )


async def test_kueue_is_asked_about_this_job_only() -> None:
    """Its Workload is found by what it owns, and its place by the list of what waits."""
    found = why(await circumstances(server(), "team-a", "a"))
    assert [cause.sentence for cause in found.causes] == [
        "queue team-a has not enough nvidia.com/gpu free: 1 more needed; it is number 2 in line"
    ]


@pytest.mark.parametrize(
    ("forbidden", "note"),
    [
        (QUEUED, f"what Kueue says is not known: you cannot list {QUEUED}"),
        (
            resource_path("events", SPACE, None, "v1"),
            f"events are not known: you cannot list {resource_path('events', SPACE, None, 'v1')}",
        ),
        (
            resource_path("jobs", SPACE, None, "batch/v1"),
            f"what runs the job is not known: you cannot list {resource_path('jobs', SPACE, None, 'batch/v1')}",
        ),
    ],
)
async def test_what_may_not_be_read_is_noted(forbidden: str, note: str) -> None:
    """An answer is still given, and says what it leaves out."""
    api = server()
    api.forbidden = (forbidden,)
    found = why(await circumstances(api, "team-a", "a"))
    assert found.causes
    assert note in found.notes


async def test_a_workload_without_a_job_is_found_by_its_own_name() -> None:
    """A person asks before there is a job."""
    found = await circumstances(server(), "team-a", "w")
    assert (found.job, found.name) == (None, "w")
    with pytest.raises(MissingError, match="workload w is a template: it runs no job"):
        await circumstances(server(), "team-a", "t")
    with pytest.raises(MissingError, match="job nothing not found in project team-a"):
        await circumstances(server(), "team-a", "nothing")


async def test_a_timeline_is_found_by_the_name_of_a_job_too() -> None:
    """A job made by hand has no workload."""
    found: Any = await history(server(), "team-a", [TRAINING], "a")
    assert (found.workload, found.job.name) == (None, "a")
    with pytest.raises(MissingError, match="workload nothing not found"):
        await history(server(), "team-a", [TRAINING], "nothing")
