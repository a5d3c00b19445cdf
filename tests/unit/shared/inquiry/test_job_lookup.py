"""Finding a job by its own name or by its workload's."""

from typing import Any

import pytest

from shared.errors import ForbiddenError
from shared.inquiry.errors import MissingError, MissingJobError
from shared.inquiry.job_lookup import find_job, job_of
from shared.inquiry.jobs import DEPLOYMENT, RUNAI_JOB, JobKind
from shared.names import WORKLOAD_UID_LABEL, resource_path
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
PODS = resource_path("pods", SPACE, api_version="v1")
WORKLOAD: dict[str, Any] = {
    "kind": "TrainingWorkload",
    "metadata": {"name": "w", "namespace": SPACE, "uid": "w-1"},
    "status": {"createdResources": [
        {"kind": "ConfigMap", "version": "v1", "namespace": SPACE, "name": "a"},
        {"kind": "RunaiJob", "version": "run.ai/v1", "namespace": SPACE, "name": "a"},
    ]},
}  # fmt: skip


def server(*jobs: JobKind, **labels: str) -> PlainServer:
    made = PlainServer({resource_path("namespaces", None, SPACE, "v1"): {"metadata": {"name": SPACE}}})
    for kind in jobs:
        metadata = {"name": "a", "namespace": SPACE, "uid": "u", "labels": labels}
        made.objects[kind.path(SPACE, "a")] = {"metadata": metadata, "spec": {}}
    made.objects[f"{PODS}/a-0"] = {"metadata": {"name": "a-0", "labels": {}}}
    return made


async def test_a_job_is_found_with_its_pods() -> None:
    """A workload of any kind is found."""
    found = await find_job(server(RUNAI_JOB), "team-a", "a")
    assert (found.kind, [one["metadata"]["name"] for one in found.pods]) == (RUNAI_JOB, ["a-0"])


async def test_a_deployment_is_a_job_only_if_a_workload_made_it() -> None:
    """People also deploy other things."""
    with pytest.raises(MissingJobError, match="job a not found in project team-a"):
        await find_job(server(DEPLOYMENT), "team-a", "a")
    assert (await find_job(server(DEPLOYMENT, **{WORKLOAD_UID_LABEL: "w"}), "team-a", "a")).kind == DEPLOYMENT


async def test_kinds_of_operators_may_be_out_of_a_persons_sight() -> None:
    """Only the kind that every project has must be readable."""
    api = server(RUNAI_JOB)
    api.forbidden = (DEPLOYMENT.path(SPACE),)
    assert (await find_job(api, "team-a", "a")).name == "a"
    api.forbidden = (RUNAI_JOB.path(SPACE),)
    with pytest.raises(ForbiddenError):
        await find_job(api, "team-a", "a")


async def test_a_missing_project_is_said_before_a_missing_job() -> None:
    """A misspelled project is the likelier mistake."""
    with pytest.raises(MissingError, match="project nowhere not found: namespace runai-nowhere does not exist"):
        await find_job(server(), "nowhere", "a")


async def test_the_job_of_a_workload_is_the_one_in_its_status() -> None:
    """A workload has no job before anything is created."""
    found = await job_of(server(RUNAI_JOB), WORKLOAD)
    assert found is not None
    assert (found.name, found.gone) == ("a", False)
    assert await job_of(server(RUNAI_JOB), {**WORKLOAD, "status": {}}) is None


async def test_a_job_that_was_deleted_is_still_its_workloads() -> None:
    """Its name and type are known, and it may have left pods."""
    found = await job_of(server(), WORKLOAD)
    assert found is not None
    assert (found.name, found.status, found.type, len(found.pods)) == ("a", "Deleted", "Train", 1)
