"""The decision of a workload, found by the name of its job."""

from typing import Any

import pytest

from shared.errors import ForbiddenError
from shared.inquiry.frozen import frozen_of, job_name, newest_claim
from shared.names import resource_path
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
CLAIMS = resource_path("configmaps", SPACE, api_version="v1")
WHOLE = {"values.json": "{}", "provenance.json": "{}", "sources.json": "{}"}
WORKLOAD: dict[str, Any] = {"metadata": {"namespace": SPACE, "uid": "w"}, "status": {"jobName": "a-1"}}


def claim(name: str = "a-1", owner: str = "w", data: Any = WHOLE, **metadata: Any) -> dict[str, Any]:
    owners = [{"uid": owner, "controller": True}]
    return {"metadata": {"name": name, "uid": f"uid-{name}", "ownerReferences": owners, **metadata}, "data": data}


def server(*claims: dict[str, Any]) -> PlainServer:
    return PlainServer({f"{CLAIMS}/{one['metadata']['name']}": one for one in claims})


async def test_the_decision_is_in_the_claim_that_the_workload_controls() -> None:
    """A ConfigMap of the same name that belongs to another workload is not its decision."""
    found = await frozen_of(server(claim()), WORKLOAD)
    assert found is not None
    assert found.name == "a-1"
    assert await frozen_of(server(claim(owner="other")), WORKLOAD) is None
    assert await frozen_of(server(), WORKLOAD) is None
    assert await frozen_of(server(claim()), {"metadata": {"namespace": SPACE, "uid": "w"}}) is None


@pytest.mark.parametrize("changed", WHOLE)
@pytest.mark.parametrize("text", ["{", "[]"])
async def test_a_claim_that_a_person_changed_is_no_decision(changed: str, text: str) -> None:
    """No explanation is better than a part that looks complete."""
    assert await frozen_of(server(claim(data={**WHOLE, changed: text})), WORKLOAD) is None


async def test_a_person_without_the_right_is_told() -> None:
    """The API server's refusal is passed on."""
    forbidden = server(claim())
    forbidden.forbidden = (CLAIMS,)
    with pytest.raises(ForbiddenError):
        await frozen_of(forbidden, WORKLOAD)


async def test_the_newest_claim_shows_how_jobs_are_made_today() -> None:
    """Of several claims the youngest counts, and one that cannot be read shows nothing."""
    old = claim("a-1", creationTimestamp="2026-01-01T00:00:00Z")
    new = claim("a-2", creationTimestamp="2026-01-02T00:00:00Z")
    found = await newest_claim(server(old, new), SPACE)
    assert found is not None
    assert found.name == "a-2"
    assert await newest_claim(server(old, {**new, "data": None}), SPACE) is None


def test_the_name_of_a_job_is_in_the_status_or_recorded_before() -> None:
    """The annotation is written first, the status after the job exists."""
    assert job_name({"metadata": {}}) is None
    assert job_name({"metadata": {"annotations": {"run.ai/job-name": "a-1"}}}) == "a-1"
    assert job_name({"metadata": {}, "status": {"jobName": "a-2"}}) == "a-2"
