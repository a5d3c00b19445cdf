"""What the runner makes of messages that somebody has forged: nothing of others is touched, nothing is believed."""

from typing import Any

import pytest

from shared.jobs import end_of
from shared.messages import JobObserved
from tests.unit.services.runner.jobs import child, runaijob
from tests.unit.services.runner.server import Server
from tests.unit.services.runner.test_run import COMPLETE, STARTED, runner_of, told

FORGED: list[dict[str, Any]] = [
    {"metadata": {"name": "coredns"}},
    {"metadata": {"namespace": "kube-system"}},
    {"kind": "StatefulSet"},
]
"""What a message may say of a child that is not the job's own."""


@pytest.mark.parametrize("forged", FORGED, ids=["name", "namespace", "kind"])
@pytest.mark.parametrize("deleted", [False, True])
async def test_a_message_about_somebody_elses_object_changes_nothing(forged: dict[str, Any], deleted: bool) -> None:
    """P9: a forged message makes the runner touch no object but the RunaiJob's own child."""
    server = Server(runaijob(suspend=True), child())
    other = child(**STARTED, succeeded=1, conditions=[COMPLETE])
    other = {**other, **forged, "metadata": {**other["metadata"], **forged.get("metadata", {})}}
    before = dict(server.items)
    await told(server, other, deleted=deleted)
    assert (server.calls, server.items) == ([], before)


async def test_a_message_with_another_spec_steers_nothing() -> None:
    """P9: a child is changed as the RunaiJob on the API server says, whatever a message says."""
    server = Server(runaijob(status=STARTED), child(**STARTED))
    forged = runaijob(status=STARTED, suspend=True, parallelism=64)
    await runner_of(server).run(JobObserved(job=forged, child=child(**STARTED)))
    assert server.calls == ["GET runaijobs", "GET jobs"]


async def test_a_job_of_the_name_that_is_not_its_own_is_not_steered() -> None:
    """P9: a Job that took the child's name is left alone: it belongs to another uid."""
    foreign = child(owner="somebody-else")
    server = Server(runaijob(status=STARTED, suspend=True), foreign)
    await told(server, child(**STARTED))
    assert "PATCH jobs" not in server.calls
    assert server.find("Job", "train-1") == foreign


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_end_that_the_child_does_not_have_is_not_told(deleted: bool) -> None:
    """P9: a job ends by what its child says on the API server, and not by what a message says of it."""
    server = Server(runaijob(status=STARTED), child(**STARTED))
    job = await told(server, child(**STARTED, succeeded=1, conditions=[COMPLETE]), deleted=deleted)
    assert not end_of(job)
