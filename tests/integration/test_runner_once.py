"""A RunaiJob is run once, whatever is deleted, published again, killed, cut off or lost."""

import json

import pytest

from deploy.local.controlplane import ControlPlane
from services.runner.settings import RunnerSettings
from shared.jobs import end_of
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.faults import CutAfter, CutBefore, Hook
from tests.integration.harness.forked import Line
from tests.integration.harness.prepare import paused
from tests.integration.harness.running import (
    GPUS_OF_NO_NODE,
    active,
    all_again,
    calls,
    conditions,
    drained,
    ended,
    made,
    overheard,
    repeat,
    runaijob,
)

pytestmark = pytest.mark.contract

RUNNERS_WRITES = 3
"""At least, of a job that runs to its end: what runs it, its end, and its time to live."""
NOTEBOOKS_WRITES = 4
"""At least, of an interactive job that is held: what runs it, its start, no more pods, and that it is held."""
IN_FLIGHT = 40
"""Jobs that are on their way when the stream is lost."""
WORKERS = RunnerSettings().workers
DELETED = "its Job was deleted before its end was seen"


@pytest.fixture
def line(nodes: ControlPlane, pipeline: Line) -> Line:
    """The module's pipeline, on a cluster whose pods run."""
    return pipeline


async def test_what_its_time_to_live_removed_is_not_run_again(line: Line, cluster: Cluster, namespace: str) -> None:
    """P1: a job removed by its time to live is not run again."""
    async with overheard(line) as told:
        await cluster.create(runaijob("brief", namespace, ttlSecondsAfterFinished=0))
        assert (await ended(cluster, namespace, "brief"))[0] == "Complete"
        await cluster.gone("jobs", "brief", namespace)
    await repeat(line, cluster, told)
    await all_again(line, cluster, namespace)
    assert made(line, namespace) == ["jobs/brief", "jobs/sentinel"]
    assert (await ended(cluster, namespace, "brief"))[0] == "Complete"


async def test_what_is_deleted_after_its_end_is_not_run_again(line: Line, cluster: Cluster, namespace: str) -> None:
    """P1: a job deleted after its end is not run again."""
    async with overheard(line) as told:
        await cluster.create(runaijob("done", namespace))
        await ended(cluster, namespace, "done")
        await cluster.delete("jobs", "done", namespace, propagationPolicy="Background")
        await cluster.gone("jobs", "done", namespace)
    await repeat(line, cluster, told)
    await all_again(line, cluster, namespace)
    assert made(line, namespace) == ["jobs/done", "jobs/sentinel"]
    assert (await ended(cluster, namespace, "done"))[0] == "Complete"


@pytest.mark.parametrize("unseen", [False, True], ids=["seen", "while the watcher is away"])
async def test_a_job_whose_job_is_deleted_before_its_end_has_failed(
    unseen: bool, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a Job deleted before its end makes its RunaiJob fail."""
    async with overheard(line) as told:
        await cluster.create(runaijob("cut", namespace, limits=GPUS_OF_NO_NODE))
        await active(cluster, namespace, "cut")
        if unseen:
            line.services.kill("watcher")
        await cluster.delete("jobs", "cut", namespace, propagationPolicy="Background")
        await cluster.gone("jobs", "cut", namespace)
        line.services.restart()
        assert await ended(cluster, namespace, "cut") == ("Failed", "JobDeleted", DELETED)
    await repeat(line, cluster, told)
    await all_again(line, cluster, namespace)
    assert made(line, namespace) == ["jobs/cut", "jobs/sentinel"]


async def test_a_job_that_ran_and_was_deleted_unseen_is_not_run_again(
    line: Line, cluster: Cluster, namespace: str
) -> None:
    """The job runs and is deleted while no watcher reports it: its start is recorded all the same."""
    with line.proxy.on(Hook(after_it=lambda _: line.services.kill("watcher")), verb="create", resource="jobs", times=1):
        await cluster.create(runaijob("unseen", namespace))
        job = await cluster.wait_for(
            "its start", lambda: cluster.get("runaijobs", "unseen", namespace), lambda seen: seen["status"]["runsAs"]
        )
    assert list(job["status"]) == ["runsAs"]
    await cluster.wait_for("its Job to end", lambda: cluster.get("jobs", "unseen", namespace), end_of)
    await cluster.delete("jobs", "unseen", namespace, propagationPolicy="Background")
    await cluster.gone("jobs", "unseen", namespace)
    line.services.restart()
    assert await ended(cluster, namespace, "unseen") == ("Failed", "JobDeleted", DELETED)
    await all_again(line, cluster, namespace)
    assert made(line, namespace) == ["jobs/unseen", "jobs/sentinel"]


async def test_old_messages_change_nothing_about_a_running_job(line: Line, cluster: Cluster, namespace: str) -> None:
    """P1: old messages change nothing about a running job."""
    async with overheard(line) as told:
        await cluster.create(runaijob("nb-3", namespace, "Always"))
        await cluster.running("nb-3", namespace)
        await active(cluster, namespace, "nb-3")
    before = await cluster.get("statefulsets", "nb-3-0", namespace)
    assert [message for message in told if json.loads(message.data)["child"] is None]
    await repeat(line, cluster, told)
    assert made(line, namespace) == ["statefulsets/nb-3-0"]
    after = await cluster.get("statefulsets", "nb-3-0", namespace)
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert end_of(await active(cluster, namespace, "nb-3")) is None


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, RUNNERS_WRITES + 1))
async def test_a_runner_killed_at_any_write_leaves_one_job_that_ends(
    nth: int, after: bool, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a runner killed at any write leaves one job that ends."""
    line.crash("runner", nth, after=after)
    await cluster.create(runaijob("hard", namespace, ttlSecondsAfterFinished=0))
    await line.died("runner")
    line.services.restart()
    assert (await ended(cluster, namespace, "hard"))[0] == "Complete"
    await cluster.gone("jobs", "hard", namespace)
    await drained(line, cluster)
    assert len(made(line, namespace)) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, NOTEBOOKS_WRITES + 1))
async def test_a_runner_killed_at_any_write_leaves_one_notebook_that_is_held(
    nth: int, after: bool, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a runner killed at any write leaves one notebook that can be suspended."""
    line.crash("runner", nth, after=after)
    await cluster.create(runaijob("nb", namespace, "Always"))
    if nth <= NOTEBOOKS_WRITES // 2:
        await line.died("runner")
        line.services.restart()
    await active(cluster, namespace, "nb")
    await cluster.running("nb", namespace)
    await cluster.patch("runaijobs", "nb", namespace, {"spec": {"suspend": True}})
    if nth > NOTEBOOKS_WRITES // 2:
        await line.died("runner")
        line.services.restart()
    await cluster.gone("pods", "nb-0-0", namespace)
    await cluster.wait_for(
        "it to be told", lambda: conditions(cluster, namespace, "nb"), lambda seen: seen == {"Suspended": "True"}
    )
    await drained(line, cluster)
    assert made(line, namespace) == ["statefulsets/nb-0"]


@pytest.mark.parametrize("fault", [CutBefore, CutAfter])
async def test_a_broken_connection_leaves_one_job(
    fault: type[CutBefore | CutAfter], line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a broken connection leaves one job."""
    with line.proxy.on(fault(), client="runner-.*", writes=True, times=2) as cut:
        await cluster.create(runaijob("cut-off", namespace))
        assert (await ended(cluster, namespace, "cut-off"))[0] == "Complete"
    assert cut.acted == 2
    assert len(made(line, namespace)) == 1


async def test_jobs_end_although_the_stream_is_lost_and_the_runner_killed(
    line: Line, cluster: Cluster, namespace: str
) -> None:
    """P2: jobs end even if the stream is lost and the runner killed."""
    names = [f"storm-{index}" for index in range(IN_FLIGHT)]
    for index, name in enumerate(names):
        await cluster.create(runaijob(name, namespace, ttlSecondsAfterFinished=0 if index % 2 else 3600))
        if index == IN_FLIGHT // 2:
            await line.delete_stream()
            line.services.kill("runner")
            line.services.restart()
    for name in names:
        assert (await ended(cluster, namespace, name))[0] == "Complete"
    await drained(line, cluster)
    assert sorted(made(line, namespace)) == sorted(f"jobs/{name}" for name in names)


async def test_starts_that_nothing_tells_of_hold_up_no_others(
    line: Line, cluster: Cluster, nodes: ControlPlane, namespace: str
) -> None:
    """While the cluster's controllers are slow, more jobs are started than a runner has workers; each start is on
    record in the end, by the runner that held on to its message."""
    names = [f"slow-{index}" for index in range(WORKERS + 8)]
    line.services.kill("runner")
    with paused(nodes, "kube-controller-manager"):
        for name in names:
            await cluster.create(runaijob(name, namespace, suspend=True))
        line.services.restart("runner")
        await drained(line, cluster)
        seen = calls(line, namespace)
        jobs = await cluster.items("runaijobs", namespace)
    assert sorted(job["status"]["runsAs"]["name"] for job in jobs) == sorted(names)
    assert seen[: seen.index("patch runaijobs/status")].count("create jobs") == len(names)
