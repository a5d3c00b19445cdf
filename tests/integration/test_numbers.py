"""P5: the number of a job's name is one that nothing else has, whenever it was taken and by whatever object."""

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training
from tests.integration.harness.outcome import messages, objects
from tests.integration.harness.outcomes import drained
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.strangers import a_deployment, config_map, runai_job, service

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

PORTS = {"web": {"container": 8080, "external": 80}}


def named_run(name: str, namespace: str) -> Manifest:
    """A workload with a Service, whose job gets the next number of the prefix `run`."""
    return training(name, namespace, namePrefix="run", image="ubuntu", ports=PORTS)


async def test_numbers_that_something_else_has_are_passed_over(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """An index that anything else holds is passed over."""
    for number, foreign in enumerate((config_map, service, runai_job, a_deployment), start=1):
        await cluster.create(foreign(namespace, f"run-{number}"))
    submitted = await cluster.submitted(
        await cluster.create(training("wants-one", namespace, namePrefix="run", image="ubuntu"))
    )
    assert submitted["status"]["jobName"] == "run-5"


async def test_numbers_that_something_else_takes_later_are_passed_over_too(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P5: no submission fails for a number that nobody chose, though the names in use were read before."""

    async def ended(name: str) -> Manifest:
        return await cluster.ended(await cluster.create(named_run(name, namespace)))

    assert (await ended("first"))["status"]["jobName"] == "run-1"
    for number, foreign in enumerate((config_map, service, runai_job, a_deployment, config_map), start=2):
        await cluster.create(foreign(namespace, f"run-{number}"))
    before = await objects(cluster, namespace)
    for name, job in (("second", "run-7"), ("third", "run-8")):
        submitted = await ended(name)
        assert (submitted["status"]["jobName"], messages(submitted)) == (job, [])
        assert submitted["metadata"]["annotations"]["run.ai/job-name"] == job
    after = await objects(cluster, namespace)
    assert {name: after[name]["metadata"]["uid"] for name in before} == {
        name: item["metadata"]["uid"] for name, item in before.items()
    }
    made = {f"{kind}/run-{number}" for kind in ("ConfigMap", "Service", "RunaiJob") for number in (7, 8)}
    assert set(after) - set(before) == made


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_creator_killed_while_it_takes_the_next_number(
    after: bool, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P1 and P6: one job in the end, and nothing under the number that was given up."""
    writes = ("name", "claim", "Service", "job", "next name", "next claim", "Service gone", "claim gone")
    for write, _ in enumerate(writes, start=1):
        # a creator that has just started reads the names in use, and the foreign one must not be among them
        learned = await cluster.submitted(await cluster.create(named_run(f"learned-{write}", namespace)))
        number = int(learned["status"]["jobName"].removeprefix("run-")) + 1
        await cluster.create(runai_job(namespace, f"run-{number}"))
        before = set(await objects(cluster, namespace))
        with pipeline.crash("creator", write, after=after):
            created = await cluster.create(named_run(f"w-{write}", namespace))
            await pipeline.died("creator")
        pipeline.services.restart("creator")
        job = (await cluster.submitted(created))["status"]["jobName"]
        await drained(cluster, pipeline)
        made = set(await objects(cluster, namespace)) - before
        assert made == {f"{kind}/{job}" for kind in ("ConfigMap", "Service", "RunaiJob")}, write
