"""The places of a consumer: no namespace holds more than its share, and a slow one holds up nobody."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.process import bulkhead
from shared.process.bulkhead import Bulkhead, HandBackError

PLACES = 16
NEVER = 3600.0
"""Seconds that no work takes, however busy the machine is."""


class Consumer:
    """Messages as a consumer handles them: at most `PLACES` in its hands, more only if some have left them."""

    def __init__(self, made: Bulkhead) -> None:
        self.bulkhead = made
        self.hands = asyncio.Semaphore(PLACES)
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.back: list[float] = []
        self.shown = 0
        self.hangs: dict[str, asyncio.Event] = {}
        self.tasks: set[asyncio.Task[Any]] = set()

    async def take(self, tenant: str) -> None:
        """Take one message into a free hand, and begin to handle it."""
        await self.hands.acquire()
        free = asyncio.Event()
        task = asyncio.create_task(self._handle(tenant, free))
        self.tasks.add(task)
        waiting = asyncio.create_task(free.wait())
        waiting.add_done_callback(lambda _: self.hands.release())
        self.tasks.add(waiting)

    async def _handle(self, tenant: str, free: asyncio.Event) -> None:
        try:
            async with self.bulkhead.place(tenant, free.set, self._show):
                self.running[tenant] += 1
                self.most[tenant] = max(self.most[tenant], self.running[tenant])
                self.most["all"] = max(self.most["all"], self.running.total())
                await (self.hangs[tenant].wait() if tenant in self.hangs else asyncio.sleep(0.001))
                self.running[tenant] -= 1
                self.done[tenant] += 1
        except HandBackError as full:
            self.back.append(full.wait)
        finally:
            free.set()

    async def _show(self) -> None:
        self.shown += 1


@pytest.fixture
async def consumer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Consumer]:
    """A consumer for which a tenth of a second is slow."""
    monkeypatch.setattr(bulkhead, "SLOW_AFTER", 0.1)
    monkeypatch.setattr(bulkhead, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(bulkhead, "SHOWN_AFTER", 0.2)
    made = Consumer(Bulkhead(PLACES))
    yield made
    for event in made.hangs.values():
        event.set()
    made.bulkhead.close(0.1)
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert (made.bulkhead._queues, made.bulkhead._running) == ({}, {})


async def until_done(consumer: Consumer, tenant: str, count: int) -> None:
    async with asyncio.timeout(60):
        while consumer.done[tenant] < count:
            await asyncio.sleep(0.005)


async def test_a_namespace_holds_half_of_the_places_and_all_its_messages_are_handled(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand quick messages of one namespace are handled without one being handed back."""
    monkeypatch.setattr(bulkhead, "SLOW_AFTER", NEVER)
    for _ in range(1000):
        await consumer.take("a")
    await until_done(consumer, "a", 1000)
    assert consumer.most["a"] == PLACES // 2
    assert consumer.back == []


async def test_another_namespace_is_served_at_once_beside_one_that_hangs(consumer: Consumer) -> None:
    """However many messages of a namespace hang, one of another namespace behind them is handled soon."""
    consumer.hangs["slow"] = asyncio.Event()
    for _ in range(2000):
        await consumer.take("slow")
    await consumer.take("quick")
    await until_done(consumer, "quick", 1)
    assert consumer.most["slow"] == PLACES // 2
    assert len(consumer.back) >= 2000 - PLACES - bulkhead.WAITING
    assert min(consumer.back) >= bulkhead.SHORTEST_AWAY


async def test_what_is_handed_back_returns_a_few_each_second(consumer: Consumer) -> None:
    """The more messages are away, the longer each stays away, up to a limit."""
    consumer.hangs["slow"] = asyncio.Event()
    for _ in range(3000):
        await consumer.take("slow")
    away = consumer.back
    assert max(away[:100]) <= bulkhead.SHORTEST_AWAY * 1.5
    assert min(away[-100:]) >= (len(away) - 100) / bulkhead.BACK_PER_SECOND
    assert max(away) <= bulkhead.LONGEST_AWAY * 1.5


async def test_a_namespace_that_was_slow_gets_fewer_places_for_a_while(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow namespace holds an eighth of the places, and its half again when it is quick."""
    consumer.hangs["a"] = asyncio.Event()
    await consumer.take("a")
    await asyncio.sleep(0.15)
    consumer.hangs.pop("a").set()
    await until_done(consumer, "a", 1)
    monkeypatch.setattr(bulkhead, "SLOW_AFTER", NEVER)
    for _ in range(40):
        await consumer.take("a")
    await until_done(consumer, "a", 41)
    assert consumer.most["a"] == PLACES // 8
    consumer.bulkhead._slow["a"] = 0.0  # as after SLOW_FOR seconds
    for _ in range(40):
        await consumer.take("a")
    await until_done(consumer, "a", 81)
    assert consumer.most["a"] == PLACES // 2


async def test_many_namespaces_never_hold_more_than_all_places(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places of all namespaces together are those of the consumer, and each is served."""
    monkeypatch.setattr(bulkhead, "SLOW_AFTER", NEVER)
    for _ in range(30):
        for tenant in "abcdefgh":
            await consumer.take(tenant)
    for tenant in "abcdefgh":
        await until_done(consumer, tenant, 30)
    assert consumer.most["all"] <= PLACES


async def test_a_long_wait_is_shown_once(consumer: Consumer) -> None:
    """Each message that waits for long shows it, once."""
    consumer.hangs["a"] = asyncio.Event()
    for _ in range(PLACES // 2 + 3):
        await consumer.take("a")
    async with asyncio.timeout(30):
        while consumer.shown < 3:
            await asyncio.sleep(0.005)
    await asyncio.sleep(2 * bulkhead.SHOWN_AFTER)
    assert consumer.shown == 3


async def test_what_waits_is_handed_back_when_the_process_ends(consumer: Consumer) -> None:
    """Waiting messages go to other replicas at once."""
    consumer.hangs["a"] = asyncio.Event()
    for _ in range(PLACES // 2 + 3):
        await consumer.take("a")
    await asyncio.sleep(0.01)
    consumer.bulkhead.close(0.1)
    await asyncio.sleep(0.01)
    assert consumer.back == [0.1] * 3


async def test_a_message_that_is_given_up_while_it_waits_takes_no_place(consumer: Consumer) -> None:
    """A wait that is cancelled leaves the places as they were."""
    consumer.hangs["a"] = asyncio.Event()
    for _ in range(PLACES // 2):
        await consumer.take("a")

    async def wait() -> None:
        async with consumer.bulkhead.place("a", lambda: None, consumer._show):
            raise AssertionError

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    consumer.hangs.pop("a").set()
    await until_done(consumer, "a", PLACES // 2)
