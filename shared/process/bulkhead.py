"""Share a consumer's places among namespaces, so that one whose calls hang cannot hold up the others.

A namespace may hold half of the places, and an eighth while its work is slow. Its other messages wait without a place,
up to a number; while it is slow, the rest is handed back to the broker for a time that grows with their number. So a
message of another namespace is never behind more than a quick look at each message of the slow one.
"""

import asyncio
import random
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

SLOW_AFTER: Final = 2.0
"""Seconds of work on one message after which its namespace counts as slow."""
SLOW_FOR: Final = 30.0
"""Seconds for which it counts as slow after that."""
WAITING: Final = 64
"""Most messages of one namespace that wait without a place."""
WAITING_IN_ALL: Final = 1024
"""Most messages of all namespaces that do."""
SHOWN_AFTER: Final = 10.0
"""Seconds of waiting after which it is shown."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks of a message that holds up the consumer while it waits."""
SHORTEST_AWAY: Final = 5.0
LONGEST_AWAY: Final = 300.0
"""Seconds for which a message is handed back."""
BACK_PER_SECOND: Final = 50
"""Messages of one namespace that come back each second."""


class HandBackError(Exception):
    """There is no room for this message: it is handed back for `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"handed back for {wait:.1f} s")
        self.wait = wait


@dataclass(eq=False)
class Waiter:
    """A message that waits for its turn; `leave` lets the consumer take the next one meanwhile."""

    turn: "asyncio.Future[float]"
    leave: Callable[[], None]
    apart: bool = False
    """Whether it waits without holding up the consumer."""


class Bulkhead:
    """The places of one consumer."""

    def __init__(self, places: int) -> None:
        self._places, self._share, self._slow_share = places, max(1, places // 2), max(1, places // 8)
        self._running: dict[str, list[float]] = {}
        """When the work of each namespace began, oldest first."""
        self._queues: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self._slow: dict[str, float] = {}
        """Until when a namespace counts as slow."""
        self._away: Counter[str] = Counter()
        """How many messages of each namespace are handed back and not due yet."""

    @asynccontextmanager
    async def place(
        self, tenant: str, leave: Callable[[], None], show: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Hold one of the namespace's places, once there is one; `show` is called if that takes long.

        Raises HandBackError if too many messages of a slow namespace wait already.
        """
        began = await self._enter(tenant, leave, show)
        try:
            yield
        finally:
            self._leave(tenant, began)

    def close(self, wait: float) -> None:
        """Hand back everything that waits, since the process ends."""
        for queue in self._queues.values():
            for waiter in queue:
                if not waiter.turn.done():
                    waiter.turn.set_exception(HandBackError(wait))

    def is_slow(self, tenant: str) -> bool:
        """Return whether work of the namespace has taken long a moment ago, or is taking long now."""
        now, running = time.monotonic(), self._running.get(tenant)
        if running and now - running[0] > SLOW_AFTER:
            self._slow[tenant] = now + SLOW_FOR
        return self._slow.get(tenant, 0.0) > now

    async def _enter(self, tenant: str, leave: Callable[[], None], show: Callable[[], Awaitable[None]]) -> float:
        if tenant not in self._queues and self._has_room(tenant):
            return self._begin(tenant)
        waiter = Waiter(asyncio.get_running_loop().create_future(), leave)
        if self._is_limited(tenant) and not self._wait_apart(waiter, tenant) and self.is_slow(tenant):
            raise self._hand_back(tenant)
        self._queues.setdefault(tenant, deque()).append(waiter)
        try:
            return await self._turn(waiter, tenant, show)
        except BaseException:
            if waiter.turn.done() and not waiter.turn.cancelled() and not waiter.turn.exception():
                self._leave(tenant, waiter.turn.result())
            else:
                self._forget(waiter, tenant)
            raise

    async def _turn(self, waiter: Waiter, tenant: str, show: Callable[[], Awaitable[None]]) -> float:
        since, shown = time.monotonic(), False
        while not waiter.turn.done():
            await asyncio.wait({waiter.turn}, timeout=SHOWN_AFTER if waiter.apart else LOOK_EVERY)
            if waiter.turn.done():
                break
            if not waiter.apart and self._is_limited(tenant) and self.is_slow(tenant):
                raise self._hand_back(tenant)
            if not shown and time.monotonic() - since >= SHOWN_AFTER:
                shown = True
                await show()
        return waiter.turn.result()

    def _begin(self, tenant: str) -> float:
        began = time.monotonic()
        self._running.setdefault(tenant, []).append(began)
        return began

    def _leave(self, tenant: str, began: float) -> None:
        now, running = time.monotonic(), self._running[tenant]
        running.remove(began)
        if not running:
            del self._running[tenant]
        if now - began > SLOW_AFTER:
            self._slow = {one: until for one, until in self._slow.items() if until > now}
            self._slow[tenant] = now + SLOW_FOR
        self._next()

    def _next(self) -> None:
        """Give free places to those who wait, one to each namespace in turn."""
        given = True
        while given:
            given = False
            for tenant in [one for one in self._queues if self._has_room(one)]:
                if self._has_room(tenant):
                    self._give(tenant)
                    given = True

    def _give(self, tenant: str) -> None:
        waiter = self._queues[tenant].popleft()
        self._queues.move_to_end(tenant)
        if not waiter.turn.done():
            waiter.turn.set_result(self._begin(tenant))
        self._settle(tenant)

    def _forget(self, waiter: Waiter, tenant: str) -> None:
        if (queue := self._queues.get(tenant)) and waiter in queue:
            queue.remove(waiter)
        self._settle(tenant)

    def _settle(self, tenant: str) -> None:
        """Let the first message that holds up the consumer wait apart, now that another one does not."""
        queue = self._queues.get(tenant)
        if not queue:
            self._queues.pop(tenant, None)
            return
        first = next((waiter for waiter in queue if not waiter.apart), None)
        if first and self._is_limited(tenant):
            self._wait_apart(first, tenant)

    def _wait_apart(self, waiter: Waiter, tenant: str) -> bool:
        apart = sum(one.apart for one in self._queues.get(tenant, ()))
        in_all = sum(one.apart for queue in self._queues.values() for one in queue) if apart < WAITING else 0
        if apart < WAITING and in_all < WAITING_IN_ALL:
            waiter.apart = True
            waiter.leave()
        return waiter.apart

    def _has_room(self, tenant: str) -> bool:
        return sum(map(len, self._running.values())) < self._places and not self._is_limited(tenant)

    def _is_limited(self, tenant: str) -> bool:
        return len(self._running.get(tenant, ())) >= (self._slow_share if self.is_slow(tenant) else self._share)

    def _hand_back(self, tenant: str) -> HandBackError:
        wait = min(max(SHORTEST_AWAY, self._away[tenant] / BACK_PER_SECOND), LONGEST_AWAY)
        wait *= random.uniform(1.0, 1.5)  # jitter, not a secret
        self._away[tenant] += 1
        asyncio.get_running_loop().call_later(wait, self._back, tenant)
        return HandBackError(wait)

    def _back(self, tenant: str) -> None:
        self._away[tenant] -= 1
        if not self._away[tenant]:
            del self._away[tenant]
