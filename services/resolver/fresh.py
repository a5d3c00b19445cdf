"""Readings that many share: those that begin after they are asked for, and those that may be a little older."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """A reading that serves everyone until it is `seconds` old; the next one is begun by the first who asks then."""

    def __init__(self, read: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._fresh, self._seconds = Fresh(read), seconds
        self._kept: tuple[float, T] | None = None

    async def __call__(self) -> T:
        """What a reading found that was begun no longer ago than that; raises what it raises."""
        asked = time.monotonic()
        if self._kept is None or self._kept[0] + self._seconds < asked:
            self._kept = (asked, await self._fresh())
        return self._kept[1]


class Fresh(Generic[T]):
    """Readings of one thing, each as fresh as its callers need: begun after they asked.

    However many ask at once, at most one reading is under way and one more is agreed on.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """What a reading begun from now on finds; raises what it raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    @property
    def idle(self) -> bool:
        """Whether nobody is waiting."""
        return self._next is None and (self._running is None or self._running.done())

    async def _after(self, earlier: "asyncio.Task[T] | None") -> T:
        if earlier is not None:
            await asyncio.wait({earlier})
        # From here on the reading begins: whoever asks now gets the next one.
        self._running, self._next = self._next, None
        return await self._read()
