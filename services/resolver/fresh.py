"""Share readings among many callers, each reading begun after its callers asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Shared readings of one thing, each as fresh as its callers need: begun after they asked.

    However many callers ask at once, at most one reading is under way and one more is scheduled.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Return the result of a reading begun from now on; raises what the reading raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    @property
    def idle(self) -> bool:
        """Return whether nobody is waiting."""
        return self._next is None and (self._running is None or self._running.done())

    async def _after(self, earlier: "asyncio.Task[T] | None") -> T:
        if earlier is not None:
            await asyncio.wait({earlier})
        # From here on the reading begins: later callers get the next one.
        self._running, self._next = self._next, None
        return await self._read()
