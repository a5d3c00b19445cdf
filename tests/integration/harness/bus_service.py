"""A service's connection to the broker, in the process of the test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from deploy.local.nats import NatsServer
from shared.errors import TransientError
from shared.messages import WorkloadObserved, WorkloadRef
from shared.process.bus import Bus
from shared.process.tasks import end
from tests.integration.harness.broker import settings_of


@asynccontextmanager
async def watcher(broker: NatsServer, **settings: Any) -> AsyncIterator[Bus]:
    """The watcher's connection to the broker, with some settings of the test."""
    bus = Bus("watcher", settings_of(broker, "watcher", **settings))

    async def live() -> None:
        await bus.start()
        await bus.watch_over()

    task = asyncio.create_task(live())
    try:
        yield bus
    finally:
        await end(task)
        await bus.stop()


async def until(what: Callable[[], object], within: float = 60.0) -> None:
    """Wait until this is true."""
    async with asyncio.timeout(within):
        while not what():
            await asyncio.sleep(0.05)


def observed(uid: str) -> WorkloadObserved:
    """A message that the watcher publishes."""
    ref = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid=uid, generation=1, resource_version="1")
    return WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec={})


async def is_told(bus: Bus, message: WorkloadObserved) -> bool:
    """Publish a message; whether the broker has it."""
    try:
        await bus.tell(message)
    except TransientError:
        return False
    return True
