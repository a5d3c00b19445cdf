"""`workload.resolved` -> `workload.created` | `workload.failed`, or the `workload.rejected` that it carries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from faststream.nats.annotations import NatsMessage

from services.creator.create import Creator
from services.creator.settings import CreatorSettings
from shared.errors import TransientError
from shared.messages import WorkloadCreated, WorkloadDelayed, WorkloadFailed, WorkloadRejected, WorkloadResolved
from shared.process.bus import Bus
from shared.process.remembered import Remembered
from shared.reasons import Reason

MARKED_WITHIN: Final = 2.0
"""Seconds within which a failed workload should be marked Failed."""
log = structlog.get_logger()


@dataclass
class OneAtATime:
    """Makes deliveries of one workload wait for each other in this process; between processes, the record decides."""

    _locks: dict[str, tuple[asyncio.Lock, int]] = field(default_factory=dict)  # with how many hold it or wait for it
    _met: Remembered[str, int] = field(default_factory=Remembered)

    @asynccontextmanager
    async def __call__(self, uid: str) -> AsyncIterator[int]:
        """Hold the workload, and yield how often this process has held it before."""
        lock, users = self._locks.get(uid, (asyncio.Lock(), 0))
        self._locks[uid] = (lock, users + 1)
        try:
            async with lock:
                before = self._met.get(uid, 0)
                self._met.put(uid, before + 1)
                yield before
        finally:
            lock, users = self._locks.pop(uid)
            if users > 1:
                self._locks[uid] = (lock, users - 1)


def subscribe(bus: Bus, creator: Creator, settings: CreatorSettings) -> None:
    """Subscribe the creator to every resolved workload."""
    one_at_a_time = OneAtATime()
    bus.tells(WorkloadCreated, WorkloadFailed, WorkloadRejected, WorkloadDelayed)

    async def on_last(event: WorkloadResolved, reason: Reason, sentence: str) -> None:
        believed = creator.seals.opened(event)
        outcome = await creator.fail(believed, reason, sentence) if believed else None
        if outcome:
            await tell(bus, outcome)

    @bus.consumes(WorkloadResolved, on_last=on_last, workers=settings.workers, give_up_after=settings.give_up_after)
    async def on_workload_resolved(event: WorkloadResolved, message: NatsMessage) -> None:
        """Create the workload's outputs, or record why that is impossible."""
        believed = creator.seals.opened(event)
        if believed is None:
            return
        deliveries = message.raw_message.metadata.num_delivered or 1
        async with one_at_a_time(event.workload.uid) as met:
            outcome = await creator.submit(believed, deliveries, met)
            if outcome:
                await tell(bus, outcome)


async def tell(bus: Bus, outcome: WorkloadCreated | WorkloadFailed | WorkloadRejected) -> None:
    """Publish how a submission ended.

    Raises TransientError if what it made may be removed only once its workload is marked Failed. The message that led
    to it is then delivered again.
    """
    await bus.tell(outcome)
    log.info("told", fact=outcome.subject, job=None if isinstance(outcome, WorkloadRejected) else outcome.job_name)
    if isinstance(outcome, WorkloadFailed) and outcome.unrecorded:
        raise TransientError("what it made is removed once it is marked Failed", retry_after=MARKED_WITHIN)
