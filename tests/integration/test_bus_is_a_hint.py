"""The API server is the only truth, the bus is a hint: whatever the bus loses, every workload still ends."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.harness.broker import connected
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.counts import count, seconds
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import Outcomes, all_ended, create_all, outcomes
from tests.integration.harness.prepare import HOME, WATCHERS_LEASE

pytestmark = pytest.mark.faults

IN_FLIGHT = count(60, 200)
"""Workloads whose stream is deleted during the submission."""
LOAD = count(30, 60)
"""Workloads in flight while something else breaks."""
TIMES = 3
"""How often something breaks during the submissions."""
AWAY = 20
"""Workloads that wait for a service that is away."""
AWAY_FOR = 17.0
"""Seconds: time to publish each one three times, five and ten seconds apart."""
GONE_FOR = seconds(12.0, 30.0)
"""How long the broker is down: time for two attempts to publish each, without a broker."""
STREAM = "WORKLOADS"


@pytest.fixture(scope="module")
async def whole_line(
    cluster: Cluster, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Line]:
    """All five services, for this module."""
    folder = tmp_path_factory.mktemp("bus")
    try:
        async with forked_line(control_plane.kubeconfig, folder) as made:
            yield made
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def line(whole_line: Line, namespace: str) -> AsyncIterator[Line]:
    """The module's healthy pipeline; the teardown repairs what a test breaks."""
    yield whole_line
    whole_line.bus.restore()
    whole_line.nats.start()
    await whole_line.mend()


@pytest.fixture
async def stream(line: Line) -> AsyncIterator[JetStreamContext]:
    """The broker as its operator reaches it."""
    client = await connected(line.nats)
    yield client.jetstream()
    await client.close()


def some(namespace: str, count: int, first: int = 0) -> list[Manifest]:
    numbers = range(first, first + count)
    return [training(f"w-{i}", namespace, image="alpine", namePrefix="run") for i in numbers]


async def under_load(
    cluster: Cluster, namespace: str, count: int, breaks: Callable[[], Awaitable[Any]], within: float = 120.0
) -> Outcomes:
    """Submit that many workloads, and break something when each new share of them has come; returns the outcomes."""
    share, in_flight = -(-count // TIMES), list[int]()
    for first in range(0, count, share):
        creating = asyncio.create_task(create_all(cluster, some(namespace, min(share, count - first), first)))
        come = partial(cluster.names, "trainingworkloads", namespace)
        await cluster.wait_for("some to come", come, partial(more_than, first))
        in_flight.append(len((await outcomes(cluster, namespace)).unfinished))
        await breaks()
        await creating
        await cluster.wait_for("some to end", lambda: ended(cluster, namespace), first.__lt__, within)
    assert sum(in_flight) > 0
    return await all_ended(cluster, namespace, count, within)


def more_than(count: int, names: list[str]) -> bool:
    return len(names) > count


async def ended(cluster: Cluster, namespace: str) -> int:
    now = await outcomes(cluster, namespace)
    return len(now.workloads) - len(now.unfinished)


async def assert_alive(line: Line, before: list[int | None]) -> None:
    """The very same processes are ready again, without anybody's help."""
    await line.services.ready()
    assert [process.pid for process in line.services.all] == before


def pids(line: Line) -> list[int | None]:
    return [process.pid for process in line.services.all]


async def assert_all_run(cluster: Cluster, namespace: str, now: Outcomes, count: int) -> None:
    """Each has one job, and one `batch/v1` Job that runs it."""
    now.assert_one_job_each(count)
    names = sorted(job["metadata"]["name"] for job in now.jobs)
    await cluster.wait_for("each to run once", lambda: cluster.names("jobs", namespace), lambda seen: seen == names)


async def test_while_the_creator_is_away_the_stream_does_not_fill(
    line: Line, stream: JetStreamContext, cluster: Cluster, namespace: str
) -> None:
    """Everything is published again every few seconds, but not while the earlier message is still unread."""
    line.services.kill("creator")
    await create_all(cluster, some(namespace, AWAY))

    async def held() -> int:
        return (await stream.stream_info(STREAM)).state.messages

    await cluster.wait_for("all to be told", held, AWAY.__le__)
    highest = AWAY
    for _ in range(int(AWAY_FOR / 0.5)):
        await asyncio.sleep(0.5)
        highest = max(highest, await held())
    assert highest <= 2 * AWAY  # one repetition may be under way when the unread messages are noticed
    line.services.restart("creator")
    (await all_ended(cluster, namespace, AWAY)).assert_one_job_each(AWAY)


async def test_the_stream_is_deleted_under_load(
    line: Line, stream: JetStreamContext, cluster: Cluster, namespace: str
) -> None:
    """P2: the stream is deleted again and again under load: each workload ends with one job."""
    before, lost = pids(line), list[int]()

    async def delete() -> None:
        await cluster.wait_for("a stream", lambda: deleted(stream, lost))

    now = await under_load(cluster, namespace, IN_FLIGHT, delete)
    assert len(lost) == TIMES
    assert sum(lost) > 0
    await assert_all_run(cluster, namespace, now, IN_FLIGHT)
    await assert_alive(line, before)


async def deleted(stream: JetStreamContext, lost: list[int]) -> bool:
    """Whether there was a stream to delete; notes how many messages were lost with it."""
    try:
        held = (await stream.stream_info(STREAM)).state.messages
        await stream.delete_stream(STREAM)
    except NotFoundError:
        return False
    lost.append(held)
    return True


async def test_the_stream_is_emptied(line: Line, stream: JetStreamContext, cluster: Cluster, namespace: str) -> None:
    """P2: the stream is emptied under load: each workload ends with one job."""
    before, lost = pids(line), list[int]()

    async def empty() -> None:
        lost.append((await stream.stream_info(STREAM)).state.messages)
        await stream.purge_stream(STREAM)

    now = await under_load(cluster, namespace, LOAD, empty)
    assert sum(lost) > 0
    await assert_all_run(cluster, namespace, now, LOAD)
    await assert_alive(line, before)


@pytest.mark.parametrize("keeps", [True, False], ids=["with its store", "without its store"])
async def test_the_broker_is_killed_and_started_again(
    keeps: bool, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P2: the broker is killed, with and without its data: each workload ends with one job."""
    before = pids(line)

    async def restart() -> None:
        line.nats.kill()
        if not keeps:
            shutil.rmtree(line.nats.directory / "jetstream")
        await asyncio.to_thread(line.nats.start)

    now = await under_load(cluster, namespace, LOAD, restart)
    await assert_all_run(cluster, namespace, now, LOAD)
    await assert_alive(line, before)


@pytest.mark.parametrize("how", ["killed", "refusing", "silent"])
async def test_the_broker_is_gone_for_a_while(how: str, line: Line, cluster: Cluster, namespace: str) -> None:
    """Some workloads are under way when the broker stops, others arrive while it is down."""
    before = pids(line)
    away = {"killed": line.nats.kill, "refusing": line.bus.refuse, "silent": line.bus.blackhole}
    back: dict[str, Callable[[], Any]] = {
        "killed": line.nats.start,
        "refusing": line.bus.restore,
        "silent": line.bus.restore,
    }
    first, second = some(namespace, LOAD)[: LOAD // 2], some(namespace, LOAD)[LOAD // 2 :]
    creating = asyncio.create_task(create_all(cluster, first))
    await cluster.wait_for("the first to come", lambda: cluster.names("trainingworkloads", namespace))
    away[how]()
    await creating
    assert await ended(cluster, namespace) < len(first)
    await create_all(cluster, second)
    await asyncio.sleep(GONE_FOR)
    assert [await process.is_ready() for process in line.services.all] == [False] * len(before)
    assert pids(line) == before
    await asyncio.to_thread(back[how])
    now = await all_ended(cluster, namespace, LOAD)
    await assert_all_run(cluster, namespace, now, LOAD)
    await assert_alive(line, before)


async def test_services_started_before_the_broker_wait_for_it(line: Line, cluster: Cluster, namespace: str) -> None:
    """P2: services that start before the broker wait for it."""
    line.nats.kill()
    line.services.kill()
    line.services.restart()
    started = pids(line)
    await create_all(cluster, some(namespace, 5))
    await asyncio.to_thread(line.nats.start)
    now = await all_ended(cluster, namespace, 5)
    await assert_all_run(cluster, namespace, now, 5)
    await assert_alive(line, started)


async def test_every_service_is_killed_at_once(line: Line, cluster: Cluster, namespace: str) -> None:
    """P2: all services are killed under load: each workload ends with one job."""

    async def kill_all() -> None:
        line.services.kill()
        line.services.restart()

    now = await under_load(cluster, namespace, LOAD, kill_all)
    await assert_all_run(cluster, namespace, now, LOAD)


async def test_everything_but_the_cluster_is_lost_at_once(line: Line, cluster: Cluster, namespace: str) -> None:
    """P2: services, broker and its data are lost together: each workload ends with one job."""

    async def lose_all() -> None:
        line.services.kill()
        line.nats.kill()
        shutil.rmtree(line.nats.directory / "jetstream")
        await asyncio.to_thread(line.nats.start)
        line.services.restart()

    now = await under_load(cluster, namespace, LOAD, lose_all)
    await assert_all_run(cluster, namespace, now, LOAD)
