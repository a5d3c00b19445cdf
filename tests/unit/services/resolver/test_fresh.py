"""Readings are shared by concurrent callers, and never older than the caller's question."""

import asyncio
import random

import pytest

from services.resolver.fresh import Fresh


class World:
    """A growing counter that is slow to read: the result is its value when the reading began."""

    def __init__(self) -> None:
        self.now = 0
        self.readings = 0
        self.under_way = 0
        self.most_under_way = 0

    async def read(self) -> int:
        self.readings += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        seen = self.now
        await asyncio.sleep(0.01)
        self.under_way -= 1
        return seen


async def test_all_that_ask_at_once_share_one_reading() -> None:
    """A hundred questions at once cost one reading."""
    world = World()
    fresh = Fresh(world.read)
    assert await asyncio.gather(*(fresh() for _ in range(100))) == [0] * 100
    assert world.readings == 1
    assert fresh.idle


async def test_who_asks_during_a_reading_gets_the_next_one() -> None:
    """A question asked during a reading is answered by a reading that began after it."""
    world = World()
    fresh = Fresh(world.read)
    early = asyncio.create_task(fresh())
    await asyncio.sleep(0.005)
    world.now = 1
    late = [asyncio.create_task(fresh()) for _ in range(50)]
    assert not fresh.idle
    assert await early == 0
    assert await asyncio.gather(*late) == [1] * 50
    assert world.readings == 2


async def test_nobody_is_ever_told_something_older_than_the_question() -> None:
    """500 questions at random moments: no answer is older than its question, and readings are shared."""
    world, dice = World(), random.Random(1)
    fresh = Fresh(world.read)

    async def ask() -> None:
        await asyncio.sleep(dice.uniform(0, 0.2))
        world.now += 1
        written = world.now
        assert await fresh() >= written

    await asyncio.gather(*(ask() for _ in range(500)))
    assert world.most_under_way == 1
    assert world.readings < 100


async def test_a_reading_that_fails_fails_those_that_wait_and_nobody_later() -> None:
    """An error reaches those that wait for this reading; the next question reads again."""
    failing = True

    async def read() -> str:
        await asyncio.sleep(0.005)
        if failing:
            raise OSError("away")
        return "read"

    fresh = Fresh(read)
    results = await asyncio.gather(*(fresh() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    failing = False
    assert await fresh() == "read"


async def test_one_that_no_longer_waits_does_not_disturb_the_others() -> None:
    """A cancelled question does not cancel the reading that others share."""
    world = World()
    fresh = Fresh(world.read)
    leaving, staying = asyncio.create_task(fresh()), asyncio.create_task(fresh())
    await asyncio.sleep(0.002)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == 0
