"""P8: services that are away, and outcomes that cannot be written, are shown and come to an end."""

from collections.abc import AsyncIterator

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.faults import Answer
from tests.integration.harness.forbidding import forbidding
from tests.integration.harness.forked import Line
from tests.integration.harness.manifests import training
from tests.integration.harness.outcome import condition, history, notes
from tests.integration.harness.outcomes import drained

pytestmark = pytest.mark.faults

SETTINGS = {"WATCHER_DELAYED_AFTER": "2"}


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (["resolver"], "is the resolver running?"),
        (["creator"], "is the creator running?"),
    ],
)
async def test_a_workload_that_nobody_takes_up_says_so(
    away: list[str], said: str, cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """With a service at zero replicas, the workload names it and counts the repetitions; later it is submitted."""
    pipeline.services.kill(*away)
    workload = await cluster.create(training("waits", namespace, image="alpine"))

    async def seen() -> Manifest:
        return await cluster.get("trainingworkloads", "waits", namespace)

    sentence = f"not taken up for 2 s; {said} (the watcher tries again)"
    told = await cluster.wait_for(
        "the delay", seen, lambda now: ("Warning", "Retrying", sentence) in history({"status": {}} | now), 30
    )
    assert "phase" not in told["status"]
    shown = condition(told, "Created")
    assert shown
    assert (shown["status"], shown["reason"], shown["message"]) == ("False", "Retrying", sentence)
    await cluster.wait_for(
        "its repetition", seen, lambda now: max(e.get("count", 1) for e in now["status"]["events"]) > 1, 30
    )
    pipeline.services.restart(*away)
    ended = await cluster.submitted(workload)
    assert {one["status"] for one in ended["status"]["conditions"]} == {"True"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(403, "denied on Sundays", "Forbidden"), "Forbidden"),
        (Answer(403, 'User "status" cannot patch resource', "Forbidden"), "Forbidden"),
        (Answer(500, "etcdserver: request is too large"), "TooLarge"),
    ],
    ids=["admission", "rights", "size"],
)
async def test_an_outcome_that_can_never_be_written_is_shown_by_events(
    answer: Answer, reason: str, cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """If the API server refuses every status, Events show outcome and refusal, and the message goes round no more."""
    refused = {"client": "status-.*", "verb": "patch", "resource": "trainingworkloads/status"}
    with pipeline.proxy.on(answer, **refused):
        workload = await cluster.create(training("unwritten", namespace, image="alpine"))
        unwritten = ("Warning", reason, f"the outcome cannot be written on the workload: {answer.message}")
        seen = await cluster.wait_for("the event", lambda: notes(cluster, workload), lambda found: unwritten in found)
        assert ("Normal", "AllCreated", "all the resources were created successfully") in seen
        await drained(cluster, pipeline)
    (status,) = pipeline.services["status"]
    metrics = await status.metrics()
    assert metrics[f'slipway_outcomes_unrecorded_total{{reason="{reason}",subject="workload.created"}}'] >= 1
    await cluster.submitted(workload)  # the watcher reports it again, and now it can be written


@pytest.fixture
async def no_lists(cluster: Cluster, namespace: str) -> AsyncIterator[None]:
    """An admission policy that forbids lists in the status of training workloads of the namespace."""
    rule = {
        "apiGroups": ["run.ai"], "apiVersions": ["*"], "operations": ["UPDATE"],
        "resources": ["trainingworkloads/status"],
    }  # fmt: skip
    allowed = "!has(object.status.createdResources) || size(object.status.createdResources) == 0"
    await cluster.create(training("probe", namespace, usage="Template", image="alpine"))

    async def probe() -> None:
        listed = [{"kind": "ConfigMap", "version": "v1", "namespace": namespace, "name": "x"}]
        status = {"status": {"createdResources": listed}}
        await cluster.patch("trainingworkloads", "probe", namespace, status, "status")

    async with forbidding(cluster, "no-lists", namespace, rule, "lists are not kept here", probe, allowed):
        yield


@pytest.mark.usefixtures("no_lists")
async def test_a_refused_status_is_written_in_its_smallest_form(
    cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """A real admission policy refuses the whole status: phase, job and one condition still end the workload."""
    ended = await cluster.submitted(await cluster.create(training("short", namespace, image="alpine", name="short")))
    assert ended["status"]["jobName"] == "short"
    assert [one["type"] for one in ended["status"]["conditions"]] == ["Submitted"]
    assert "createdResources" not in ended["status"]
    await cluster.wait_for("the event", lambda: notes(cluster, ended))
    await drained(cluster, pipeline)
