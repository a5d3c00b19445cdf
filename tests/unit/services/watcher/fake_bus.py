"""A bus for the watcher's tests: accepts every message, or fails as the test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.watcher.telling import Telling
from shared.messages import Message


class FakeBus:
    """Records what was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.fails: Exception | None = None
        self.tried = 0
        self.unread: dict[str, int] = {}
        self.standing: dict[str, float] = {}
        """Seconds for which nobody takes the messages of a subject."""
        self.queued: dict[str, int] = {}

    def waiting(self, family: str) -> int:
        return self.unread.get(family, 0)

    def stuck(self, subject: str) -> float:
        return self.standing.get(subject, 0.0)

    def undelivered(self, subject: str) -> int:
        return self.queued.get(subject, 0)

    async def tell(self, message: Message) -> None:
        self.tried += 1
        if self.fails:
            raise self.fails
        self.told.append(message)

    @property
    def attempts(self) -> list[int]:
        return [message.attempt for message in self.told]


def workload(uid: str = "u", **parts: Any) -> dict[str, Any]:
    metadata = {"namespace": "runai-a", "name": uid, "uid": uid, "resourceVersion": "1", "generation": 1}
    return {"metadata": metadata | parts.pop("metadata", {}), "spec": {}, **parts}


@asynccontextmanager
async def running(telling: Telling) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(telling.tell()), asyncio.create_task(telling.resync())]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(what: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.01)
