"""P1 and P2 if a process stops for a while and then continues unaware, after others have taken over.

A paused process (SIGSTOP) cannot know that time has passed: a watcher still believes that it is the active one, a
creator that its message is still its own. Its pending calls arrive late, after others have done the work.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import orjson
import pytest
from nats.aio.msg import Msg

from shared.objects import Manifest
from tests.integration.harness.broker import connected
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import DropEvents, Hook, Rule, Silence
from tests.integration.harness.forked import Line
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import Outcomes, all_ended, create_all, drained, outcomes
from tests.integration.harness.services import ServiceProcess

pytestmark = pytest.mark.faults
RUNS = tuple(service for service in ("status", "runner", "creator", "resolver", "watcher") for _ in range(2))
"""Two of each: one is paused, the other takes over."""
SETTINGS = {"WATCHER_LEASE_DURATION": "2", "WATCHER_RESYNC": "60"}
"""In seconds. Within a test, only a second watcher publishes anything again."""
WORKLOADS = 10
PORTS = {"web": {"container": 8080, "external": 80}}


def some(namespace: str, what: str, count: int = WORKLOADS) -> list[Manifest]:
    """That many workloads of one prefix, each with a Service and a job."""
    return [training(f"{what}-{i}", namespace, image="alpine", namePrefix="run", ports=PORTS) for i in range(count)]


@asynccontextmanager
async def counted(line: Line, subject: str) -> AsyncIterator[Counter[str]]:
    """Counts how often each workload is published under this subject, by its uid."""
    client, told = await connected(line.nats), Counter[str]()

    async def on_message(message: Msg) -> None:
        told[orjson.loads(message.data)["workload"]["uid"]] += 1

    await client.subscribe(subject, cb=on_message)
    await client.flush()
    try:
        yield told
    finally:
        await client.close()


def uids(workloads: list[Manifest]) -> list[str]:
    return [workload["metadata"]["uid"] for workload in workloads]


async def assert_each_has_one_job_that_runs(line: Line, cluster: Cluster, now: Outcomes, count: int) -> None:
    """Each has one claim, one Service, one RunaiJob and one Job, which was started once; and one Kubernetes Event."""
    now.assert_one_job_each(count)
    assert len(now.services) == count
    namespace = now.workloads[0]["metadata"]["namespace"]
    jobs = sorted(workload["status"]["jobName"] for workload in now.workloads)
    await cluster.wait_for("each to run", lambda: cluster.names("jobs", namespace), lambda seen: seen == jobs)
    starts = [each for each in line.proxy.writes() if each.verb == "create" and each.resource == "jobs"]
    assert sorted(str(each.name) for each in starts if each.status == 201 and each.namespace == namespace) == jobs
    events = await cluster.items("events", namespace, fields="reason=AllCreated")
    assert len(events) == count


# ------------------------------------------------------------------------------------------------ two active watchers
async def active_watcher(line: Line, cluster: Cluster) -> ServiceProcess:
    """Wait until a watcher renews the lease; returns that watcher."""

    async def look() -> ServiceProcess | None:
        seen = list(line.proxy.exchanges)
        renewed = [e.client for e in seen if e.resource == "leases" and e.is_write and e.status in (200, 201)]
        return line.services.named(renewed[-1]) if renewed else None

    found = await cluster.wait_for("an active watcher", look)
    assert found
    return found


async def another_takes_over(line: Line, cluster: Cluster, paused: ServiceProcess) -> None:
    """Wait until the other watcher leads and watches."""
    (other,) = [process.name for process in line.services["watcher"] if process is not paused]
    watching = partial(line.proxy.count, client=other, verb="watch", resource="trainingworkloads")
    line.proxy.forget()
    await cluster.wait_for(f"{other} to take over", lambda: asyncio.to_thread(watching))


@contextmanager
def kept_from_the_lease(line: Line, watcher: ServiceProcess) -> Iterator[Rule]:
    """The watcher gets no answers about the lease, and so believes for a while that it still holds it."""
    with line.proxy.on(Silence(), client=watcher.name, resource="leases") as rule:
        yield rule


async def has_lost_the_lease(watcher: ServiceProcess) -> bool:
    return '"the lease is lost"' in watcher.log.read_text()


async def test_two_watchers_that_both_believe_to_be_active_make_one_job_each(
    pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """Both publish what is submitted at that time, each once; then the first notices that it has lost the lease."""
    first = await active_watcher(pipeline, cluster)
    async with counted(pipeline, "workload.observed") as told:
        first.pause()
        await another_takes_over(pipeline, cluster, first)
        early = await create_all(cluster, some(namespace, "early"))
        await all_ended(cluster, namespace, WORKLOADS)
        with kept_from_the_lease(pipeline, first) as kept:
            first.resume()
            late = await create_all(cluster, some(namespace, "late"))
            await all_ended(cluster, namespace, 2 * WORKLOADS)
            assert not await has_lost_the_lease(first)
            assert kept.acted == 1
        await cluster.wait_for("the first to find that it has lost", lambda: has_lost_the_lease(first))
        (last,) = await create_all(cluster, some(namespace, "last", 1))
        now = await all_ended(cluster, namespace, 2 * WORKLOADS + 1)
        await drained(cluster, pipeline)
    assert sum(told[uid] for uid in uids(late)) > len(late)  # both were active
    assert max(told.values()) == 2
    assert min(told[uid] for uid in uids(early)) >= 1
    assert told[last["metadata"]["uid"]] == 1
    await assert_each_has_one_job_that_runs(pipeline, cluster, now, 2 * WORKLOADS + 1)


async def test_a_watcher_that_goes_on_tells_of_what_ended_long_ago(
    pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """The broker has lost its record of published messages: a creator may take an old workload for a new one."""
    first = await active_watcher(pipeline, cluster)
    endings = pipeline.proxy.on(DropEvents("DELETED"), client=first.name, resource="trainingworkloads")
    first.pause()
    await another_takes_over(pipeline, cluster, first)
    created = await create_all(cluster, some(namespace, "ended"))
    await all_ended(cluster, namespace, WORKLOADS)
    await drained(cluster, pipeline)
    await pipeline.delete_stream()
    await pipeline.services.ready(*(process for process in pipeline.services.all if process is not first))
    async with counted(pipeline, "workload.resolved") as told:
        with kept_from_the_lease(pipeline, first) as kept:
            first.resume()
            await cluster.wait_for("all to be told of again", lambda: seen_of(told), set(uids(created)).issubset)
            assert kept.acted == 1
        endings.end()
        await drained(cluster, pipeline)
    now = await all_ended(cluster, namespace, WORKLOADS)
    await assert_each_has_one_job_that_runs(pipeline, cluster, now, WORKLOADS)


async def seen_of(told: Counter[str]) -> set[str]:
    return set(told)


# ------------------------------------------------------------------------------------- paused in the middle of a call
class Pause:
    """Pauses the first replica of a service at one of its calls, which reaches the API server `late`."""

    def __init__(self, line: Line, service: str, namespace: str, **which: Any) -> None:
        self.process = line.services[service][0]
        self._over, self._answered = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.get_running_loop()
        where = {"client": self.process.name, "path": f"/namespaces/{namespace}/", **which}
        self.rule = line.proxy.on(Hook(self._before, self._after), times=1, **where)

    async def late(self) -> None:
        """Let the call reach the API server and be answered, and then resume the process."""
        self._over.set()
        await asyncio.wait_for(self._answered.wait(), 10)
        self.process.resume()

    async def _before(self, _: Exchange) -> None:
        self.process.pause()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._over.wait(), self._loop))

    def _after(self, _: Exchange) -> None:
        self._loop.call_soon_threadsafe(self._answered.set)


CALLS = {
    "status": {"verb": "patch", "resource": "trainingworkloads/status"},
    "runner": {"verb": "create", "resource": "jobs"},
    "resolver": {"verb": "list", "path": "trainingpolicies"},
}
"""A call of each service in the middle of its work; that of the resolver is about all namespaces."""
CREATORS_WRITES = {
    "the claim": {"verb": "create", "resource": "configmaps"},
    "its record": {"verb": "patch", "resource": "trainingworkloads"},
    "the Service": {"verb": "create", "resource": "services"},
    "the job": {"verb": "create", "resource": "runaijobs"},
}


async def given_up(cluster: Cluster, namespace: str, count: int) -> Outcomes:
    """Wait until a creator that came too late has removed what it made: its message was another's to acknowledge."""
    look = partial(outcomes, cluster, namespace)
    return await cluster.wait_for("late claims to go", look, lambda now: len(now.claims) == count)


@pytest.mark.parametrize("write", CREATORS_WRITES)
async def test_one_of_each_service_is_paused_in_the_middle_of_a_call(
    write: str, pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """All workloads end without the paused processes, whose late calls change nothing."""
    calls = {**CALLS, "creator": CREATORS_WRITES[write]}
    with ExitStack() as rules:
        pauses = [Pause(pipeline, service, namespace, **which) for service, which in calls.items()]
        for each in pauses:
            rules.callback(each.process.resume)
            rules.enter_context(each.rule)
        created, paused = list[Manifest](), 0
        while paused < len(pauses):  # each gets some of the work eventually
            created += await create_all(cluster, some(namespace, f"w-{len(created)}"))
            await all_ended(cluster, namespace, len(created))
            paused = sum(each.rule.acted for each in pauses)
            assert len(created) <= 10 * WORKLOADS
        before = await all_ended(cluster, namespace, len(created))
        await drained(cluster, pipeline)
        await asyncio.gather(*(each.late() for each in pauses))
    await pipeline.services.ready()
    await drained(cluster, pipeline)
    now = await given_up(cluster, namespace, len(created))
    await assert_each_has_one_job_that_runs(pipeline, cluster, now, len(created))
    assert [each["status"] for each in now.workloads] == [each["status"] for each in before.workloads]


async def test_a_creator_that_is_paused_once_it_has_made_a_job_leaves_it_to_the_one_that_found_it(
    pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """The other one has reported the job by then: the paused one does not take its own job for a second one."""
    first = pipeline.services["creator"][0]
    which = {"client": first.name, "path": f"/namespaces/{namespace}/", **CREATORS_WRITES["the job"]}
    created = list[Manifest]()
    with ExitStack() as rules:
        rules.callback(first.resume)
        made = rules.enter_context(pipeline.proxy.on(Hook(after_it=lambda _: first.pause()), times=1, **which))
        while not made.acted:  # it gets some of the work eventually
            created += await create_all(cluster, some(namespace, f"w-{len(created)}"))
            await all_ended(cluster, namespace, len(created))
            assert len(created) <= 10 * WORKLOADS
        await drained(cluster, pipeline)
    await pipeline.services.ready()
    await drained(cluster, pipeline)
    now = await given_up(cluster, namespace, len(created))
    await assert_each_has_one_job_that_runs(pipeline, cluster, now, len(created))
