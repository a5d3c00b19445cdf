"""P1 if a job is gone before its submission has ended: by its time to live, or by a person."""

import asyncio
from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, Cut, Hook
from tests.integration.harness.manifests import training
from tests.integration.harness.outcome import created, messages, names_of
from tests.integration.harness.outcomes import drained
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.faults
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

PORTS = {"web": {"container": 8080, "external": 80}}
ALL = ["ConfigMap/once", "RunaiJob/once", "Service/once"]
GONE = "RunaiJob once was created and has been removed since; it is not created again"
JOBS = {"client": "creator-.*", "verb": "create", "resource": "runaijobs"}


def once(namespace: str) -> Manifest:
    """A workload with a Service and a job."""
    return training("mine", namespace, name="once", image="alpine", ports=PORTS)


async def assert_created_once(cluster: Cluster, pipeline: Pipeline, namespace: str, workload: Manifest) -> None:
    """The workload is Submitted, and its job, which is gone, was created once."""
    submitted = await cluster.submitted(workload)
    await drained(cluster, pipeline)
    assert sorted(created(submitted)) == ALL
    assert messages(submitted, "Warning") == [GONE]
    made = [each for each in pipeline.proxy.writes() if (each.verb, each.resource) == ("create", "runaijobs")]
    assert [each.status for each in made if each.namespace == namespace and each.status == 201] == [201]
    assert "RunaiJob/once" not in await names_of(cluster, namespace)


async def removed(cluster: Cluster, namespace: str) -> None:
    """Delete the job, as a person or its time to live does, once it exists."""
    await cluster.wait_for("the job", lambda: cluster.find("runaijobs", "once", namespace))
    await cluster.delete("runaijobs", "once", namespace)
    await cluster.gone("runaijobs", "once", namespace)


async def test_a_job_that_is_removed_while_its_end_is_not_recorded(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The status service is away and the stream is lost, so the watcher asks again for what has no end."""
    pipeline.services.kill("status")
    workload = await cluster.create(once(namespace))
    await removed(cluster, namespace)
    await pipeline.delete_stream()
    await cluster.wait_for("a creator to look for the job", lambda: asyncio.to_thread(_looks, pipeline))
    pipeline.services.restart("status")
    await assert_created_once(cluster, pipeline, namespace, workload)


def _looks(pipeline: Pipeline) -> int:
    return pipeline.proxy.count(client="creator-0", verb="watch", resource="runaijobs")


@pytest.mark.parametrize("answer", ["lost", "killed"])
async def test_a_job_that_is_removed_before_its_creator_knows_of_it(
    answer: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The creator is killed, or never gets the answer; somebody deletes the job before the next try."""

    async def gone(exchange: Exchange) -> Cut:
        if answer == "killed":
            pipeline.services.named(exchange.client).kill()
        async with Cluster(cluster.kubeconfig) as administrator:  # belongs to the proxy's own loop
            await administrator.delete("runaijobs", "once", namespace)
        return Cut()

    with pipeline.proxy.on(Hook(after_it=gone), times=1, **JOBS):
        workload = await cluster.create(once(namespace))
        if answer == "killed":
            await pipeline.died("creator")
            pipeline.services.restart("creator")
        await assert_created_once(cluster, pipeline, namespace, workload)


async def test_a_job_that_never_reached_the_server_is_created_by_a_later_try(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Three refusals leave the API server without any memory of the job."""
    with pipeline.proxy.on(Answer(503, "no room"), times=3, **JOBS) as busy:
        submitted = await cluster.submitted(await cluster.create(once(namespace)))
    assert busy.acted == 3
    assert GONE not in messages(submitted, "Warning")
    assert await names_of(cluster, namespace) == ALL


async def test_a_submission_costs_its_creator_its_writes(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """With a Service: the name, the claim, the Service and the job; nothing is read."""
    await cluster.submitted(await cluster.create(once(namespace)))
    await drained(cluster, pipeline)
    calls = [each for each in pipeline.proxy.exchanges if each.client == "creator-0" and each.namespace == namespace]
    assert [each.verb for each in calls] == ["patch", "create", "create", "create"], [str(each) for each in calls]


@pytest.mark.parametrize(("ports", "most"), [({}, 6), (PORTS, 8)], ids=["training", "with a Service"])
async def test_a_failing_workload_costs_its_creator_few_calls_and_no_list(
    ports: dict[str, Any], most: int, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """From the first call to the last: the name, what was made, who has the name, the failure, what is removed."""
    with pipeline.proxy.on(Answer(403, "no jobs today", "Forbidden"), **JOBS):
        workload = training("mine", namespace, name="once", image="alpine", ports=ports)
        assert messages(await cluster.failed(await cluster.create(workload))) == ["no jobs today"]
        await drained(cluster, pipeline)
    calls = [each for each in pipeline.proxy.exchanges if each.client == "creator-0" and each.namespace == namespace]
    assert len(calls) <= most, [str(each) for each in calls]
    assert [str(each) for each in calls if each.verb in ("list", "watch")] == []


async def test_a_retry_costs_its_creator_three_calls(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """The creator is killed after its last write: the next one reads the record, the claim and the job."""
    with pipeline.crash("creator", 4, after=True):
        workload = await cluster.create(once(namespace))
        await pipeline.died("creator")
    pipeline.proxy.forget()
    pipeline.services.restart("creator")
    await cluster.submitted(workload)
    await drained(cluster, pipeline)
    calls = [each for each in pipeline.proxy.exchanges if each.client == "creator-0" and each.namespace == namespace]
    assert [each.verb for each in calls] == ["get", "get", "get"], [str(each) for each in calls]
