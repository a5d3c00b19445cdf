"""A workload on which nothing happens shows that it waits, and for which service."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from services.watcher import quiet
from services.watcher.handlers import Workloads
from shared.errors import TransientError
from shared.kubernetes.api import Api
from shared.messages import WorkloadDelayed
from shared.process.bus import Bus
from tests.unit.services.watcher.fake_bus import FakeBus, until, workload

AFTER = 0.1
OBSERVED, RESOLVED = "workload.observed", "workload.resolved"


@asynccontextmanager
async def reporting(bus: FakeBus, monkeypatch: pytest.MonkeyPatch, longest: float = 600.0) -> AsyncIterator[Workloads]:
    """The watcher's workloads, whose silence is looked at all the time."""
    monkeypatch.setattr(quiet, "LOOK_EVERY", 0.01)
    made = Workloads(cast(Bus, bus), cast(Api, None), 60, longest, delayed_after=AFTER)
    task = asyncio.create_task(made.reports.run())
    try:
        yield made
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ({OBSERVED: 61.0}, "not taken up for 0.1 s; is the resolver running?"),
        ({RESOLVED: 61.0}, "not taken up for 0.1 s; is the creator running?"),
        ({OBSERVED: 61.0, RESOLVED: 61.0}, "not taken up for 0.1 s; are the resolver and the creator running?"),
        ({}, "not taken up for 0.1 s; are the resolver and the creator running?"),
    ],
)
async def test_a_workload_that_nobody_takes_up_says_so_and_names_the_service(
    standing: dict[str, float], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The delay names the service whose messages wait; both if the message may have been lost."""
    bus = FakeBus()
    bus.standing = standing
    async with reporting(bus, monkeypatch) as workloads:
        await workloads.handler("TrainingWorkload")("changed", workload())
        await until(lambda: bus.told)
    (told, *_) = bus.told
    assert isinstance(told, WorkloadDelayed)
    assert (told.workload.uid, told.service, told.message, told.tries) == ("u", "watcher", said, 1)


async def test_it_is_said_again_at_growing_intervals_with_an_id_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words come again at intervals that double, and the broker takes none for a repetition."""
    bus = FakeBus()
    bus.standing = {OBSERVED: 61.0}
    times: list[float] = []
    loop = asyncio.get_running_loop()
    async with reporting(bus, monkeypatch) as workloads:
        await workloads.handler("TrainingWorkload")("changed", workload())
        for count in range(1, 5):
            await until(lambda least=count: len(bus.told) >= least)
            times.append(loop.time())
            await workloads.handler("TrainingWorkload")("changed", workload(status={"events": [{}]}))
    assert len({told.message_id for told in bus.told}) == len(bus.told)
    assert len({told.message for told in bus.told}) == 1
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[2] > 3 * AFTER


async def test_a_workload_that_the_creator_has_begun_names_those_who_finish_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once a job's name is recorded, the resolver is not to blame."""
    bus = FakeBus()
    async with reporting(bus, monkeypatch) as workloads:
        named = workload(metadata={"annotations": {"run.ai/job-name": "w-1"}})
        await workloads.handler("TrainingWorkload")("changed", named)
        await until(lambda: bus.told)
    assert bus.told[0].message == "not finished for 0.1 s; are the creator and the status service running?"


@pytest.mark.parametrize("ends", ["deleted", "Submitted", "Failed"])
async def test_what_ended_says_nothing(ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload that ended in time shows no delay."""
    bus = FakeBus()
    async with reporting(bus, monkeypatch) as workloads:
        handle = workloads.handler("TrainingWorkload")
        await handle("changed", workload())
        if ends == "deleted":
            await handle("deleted", workload())
        else:
            await handle("changed", workload(status={"phase": ends}))
        await asyncio.sleep(3 * AFTER)
    assert bus.told == []


async def test_a_delay_that_is_shown_already_is_left_alone_while_the_services_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a service says about its retries is not covered by a guess."""
    bus = FakeBus()
    status: dict[str, Any] = {"conditions": [{"type": "Created", "status": "False", "reason": "Retrying"}]}
    async with reporting(bus, monkeypatch) as workloads:
        await workloads.handler("TrainingWorkload")("changed", workload(status=status))
        await asyncio.sleep(3 * AFTER)
        assert bus.told == []
        bus.standing = {RESOLVED: 61.0}
        await until(lambda: bus.told)


async def test_a_queue_that_moves_is_given_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """While messages are taken up one after another, a workload may wait five times as long."""
    bus = FakeBus()
    bus.queued = {OBSERVED: 9000}
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with reporting(bus, monkeypatch) as workloads:
        await workloads.handler("TrainingWorkload")("changed", workload())
        await until(lambda: bus.told)
    assert loop.time() - began >= quiet.PATIENCE_IN_QUEUE * AFTER


async def test_a_bus_that_is_away_delays_the_report_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that cannot be sent is made later."""
    bus = FakeBus()
    bus.fails = TransientError("away")
    async with reporting(bus, monkeypatch) as workloads:
        await workloads.handler("TrainingWorkload")("changed", workload())
        await until(lambda: bus.tried)
        bus.fails = None
        await until(lambda: bus.told)
