"""What runs at once is ended for certain, even if a task overhears a cancellation."""

import asyncio

import pytest

from shared.process import tasks
from shared.process.tasks import together

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PATIENCE", 0.01)


class Deaf:
    """Overhears a number of cancellations, as `asyncio.wait_for` of Python 3.11 does."""

    def __init__(self, times: int) -> None:
        self.left, self.ended = times, False

    async def run(self) -> None:
        """Wait until enough cancellations have come."""
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.left -= 1
                if self.left < 0:
                    self.ended = True
                    raise


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_that_overhears_a_cancellation_is_cancelled_again(times: int) -> None:
    """P2: a watcher that has lost its lease ends its work, and can lead again."""
    deaf, other = Deaf(times), Deaf(0)
    whole = asyncio.create_task(together(deaf.run(), other.run()))
    await asyncio.sleep(0)
    for _ in range(2):  # who ends it may insist, too
        whole.cancel()
        await asyncio.wait({whole}, timeout=0.005)
    await asyncio.wait({whole}, timeout=5)
    assert whole.cancelled()
    assert deaf.ended
    assert other.ended


async def test_a_failure_ends_the_others_and_is_raised() -> None:
    """P8: a service whose part fails ends, rather than go on without it."""
    deaf = Deaf(1)

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await together(deaf.run(), fail())
    assert deaf.ended


async def test_all_may_end_by_themselves() -> None:
    """What ends without a failure ends nothing else."""
    said = list[str]()

    async def say(word: str, after: float) -> None:
        await asyncio.sleep(after)
        said.append(word)

    await together(say("late", 0.02), say("early", 0.0))
    assert said == ["early", "late"]
