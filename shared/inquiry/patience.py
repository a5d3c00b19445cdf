"""Waits for something on the API server: how long, how often, and for how long it tolerates a busy server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from shared.errors import TransientError, UnauthorizedError

T = TypeVar("T")
FIRST_PAUSE: Final = 0.03
LAST_PAUSE: Final = 1.0
"""Seconds between two looks at most. Pauses are short at first, since most submissions are decided at once."""


class Clock:
    """The time left to wait, unlimited if no limit is given. Pauses grow."""

    def __init__(self, within: float | None) -> None:
        self.within, self._end = within, None if within is None else time.monotonic() + within
        self._pause = FIRST_PAUSE

    def part(self, within: float) -> "Clock":
        """A clock that ends after that many seconds, and never later than this one."""
        left = within if self._end is None else self._end - time.monotonic()
        return Clock(min(within, left))

    async def pause(self) -> bool:
        """Wait a little; False once the time is up."""
        left = LAST_PAUSE if self._end is None else self._end - time.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.5, LAST_PAUSE)
        return True


async def patient(look: Awaitable[T]) -> T | TransientError:
    """The result of one look, or the error of a busy API server, after which the next look may succeed.

    Missing credentials end the wait.
    """
    try:
        return await look
    except UnauthorizedError:
        raise
    except TransientError as error:
        return error


async def answered(look: Callable[[], Awaitable[T]], clock: Clock) -> T | TransientError:
    """The result once the API server answers, or the reason why it did not before the time was up."""
    while isinstance(seen := await patient(look()), TransientError) and await clock.pause():
        pass
    return seen
