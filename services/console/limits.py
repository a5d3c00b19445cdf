"""Limits of what one person, and everybody together, may ask of the console."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

CHECKS: Final = 10.0
"""Checks of a form that one person may have each second; twice as many at once."""
SIGN_INS: Final = 20.0
"""Sign-ins that are tried each second, of all people together."""
STREAMS: Final = 4
"""Live pages of one person: browsers open six connections to a host, and pages need some too."""
REMEMBERED: Final = 10_000
"""People whose last requests are remembered."""


class Rate:
    """So many requests a second for each of those who ask, and twice as many at once."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._most, self._clock = per_second, 2 * per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """How many requests each has left, and as of when; who asked last is at the end."""

    def wait(self, who: str) -> float:
        """Return 0 and count the request if it may go on; otherwise, after how many seconds to ask again."""
        now = self._clock()
        left, since = self._left.pop(who, (self._most, now))
        left = min(self._most, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left, now)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second


class Streams:
    """The live pages that each person looks at."""

    def __init__(self, most: int = STREAMS) -> None:
        self._most = most
        self._open: dict[str, deque[asyncio.Event]] = {}

    @contextmanager
    def entered(self, who: str) -> Iterator[asyncio.Event]:
        """Count a live page while inside. Once the event is set, it must end: newer ones of this person go on."""
        mine = self._open.setdefault(who, deque())
        yields = asyncio.Event()
        mine.append(yields)
        if len(mine) > self._most:
            mine.popleft().set()
        try:
            yield yields
        finally:
            if yields in mine:
                mine.remove(yields)
            if not mine and self._open.get(who) is mine:
                del self._open[who]

    def end(self, who: str) -> None:
        """End all live pages of somebody who has signed out."""
        for yields in self._open.get(who, ()):
            yields.set()

    def __len__(self) -> int:
        """Return how many live pages are open in all."""
        return sum(map(len, self._open.values()))
