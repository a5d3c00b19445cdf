"""Report unfinished objects: at once, and again at growing intervals until they end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from shared.errors import PermanentError, RightsError, TransientError
from shared.messages import Message
from shared.process.bus import Bus
from shared.process.delivery import RIGHTS_TRIES
from shared.process.metrics import counter, gauge
from shared.reasons import Reason, known

BUS_RETRY: Final = 1.0
"""Seconds before a message that the bus did not accept is sent again."""
ABOUT: Final = ("uid", "workload", "kind", "generation", "job")
"""What log lines about one message state."""
BUG: Final = "internal error of the watcher; its log has the details"
"""What a workload shows if its message cannot be made."""
WATCHER: Final = ("watcher",)
WHAT: Final = {"what": "`workloads` or `jobs`"}
UNFINISHED = gauge(
    "slipway_unfinished", "Submitted workloads without an outcome, and jobs that have not ended", WHAT, WATCHER
)
SET_ASIDE = counter(
    "slipway_set_aside_total",
    "Messages that could not be made or sent",
    {**WHAT, "reason": "a reason as in [Reasons](reasons.md)"},
    WATCHER,
)
log = structlog.get_logger()

Make = Callable[[str, int], Awaitable[Message | None]]
"""Makes the message about an object from its uid and the attempt; None if there is nothing to report."""
Refuse = Callable[[str, int, Reason, str], Awaitable[Message | None]]
"""Makes the message that ends an object (uid, attempt) for that reason and sentence; None if nobody may end it."""


async def _nothing(_uid: str, _attempt: int, _reason: Reason, _sentence: str) -> None:
    return None


@dataclass
class Pending:
    """An object without an outcome: how often it was reported, and when (monotonic seconds) it is reported again."""

    attempt: int = 1
    repeats: int = 0
    """How often it was reported since it last changed: the interval grows with it."""
    due: float = 0.0
    queued: bool = False
    met_before: bool = False
    """Whether another watcher may already have reported it: then nothing here is a first attempt."""
    denied: int = 0
    """How often in a row the bus did not permit its message."""

    @property
    def number(self) -> int:
        """Return the attempt that the message states."""
        return self.attempt + self.met_before


class Telling:
    """Reports pending objects: at once, and again at growing intervals until they are taken out.

    `make` returns the message. `refuse` returns the one that replaces a message that cannot be made, or that the bus
    never accepts. Whatever happens to one object, the others are reported.

    While a service is away, its messages stay on the bus, and repeating them would only fill the stream. So what is due
    waits until most of them are gone from the bus, because they were acted on or lost.
    """

    def __init__(
        self, what: str, family: str, bus: Bus, make: Make, first: float, longest: float, refuse: Refuse = _nothing
    ) -> None:
        """`what` names the objects in the metrics; their messages have subjects `<family>.*`. Times are in seconds."""
        self._what, self._family, self._bus = what, family, bus
        self._make, self._refuse, self._first, self._longest = make, refuse, first, longest
        self.pending: dict[str, Pending] = {}
        self._queue: dict[str, None] = {}
        """What is to be reported at once, in order; what ends leaves it."""
        self._queued = asyncio.Event()
        self._gauge = UNFINISHED.labels(what)

    def put(self, uid: str, *, now: bool, met_before: bool = False) -> None:
        """Remember an object, and report it at once if it is new or `now` is set.

        A message that is lost after that is repeated after the first interval, however often there were others.
        """
        known = self.pending.get(uid)
        if known is None:
            known = self.pending[uid] = Pending(met_before=met_before)
            self._enqueue(uid, known)
            self._gauge.set(len(self.pending))
        elif now:
            known.repeats = 0
            self._enqueue(uid, known)

    def drop(self, uid: str) -> None:
        """Forget an object that has ended."""
        self.pending.pop(uid, None)
        self._queue.pop(uid, None)
        self._gauge.set(len(self.pending))

    def all_again(self) -> None:
        """Report everything anew, because the messages on their way are lost."""
        for pending in self.pending.values():
            pending.due = 0.0

    async def resync(self) -> None:
        """Report again what is due, forever."""
        while True:
            await asyncio.sleep(0.5)
            if self._bus.waiting(self._family) > len(self.pending) / 2:
                continue
            now = time.monotonic()
            for uid, pending in self.pending.items():
                if pending.due <= now and not pending.queued:
                    pending.attempt += 1
                    self._enqueue(uid, pending)

    async def tell(self) -> None:
        """Send queued messages to the bus, forever. Several of these run side by side."""
        while True:
            uid = await self._next()
            pending = self.pending[uid]
            pending.queued = False
            pending.due = time.monotonic() + min(self._first * 2.0 ** min(pending.repeats, 20), self._longest)
            pending.repeats += 1
            structlog.contextvars.bind_contextvars(uid=uid)
            await self._take(uid, pending)
            structlog.contextvars.unbind_contextvars(*ABOUT)

    async def _take(self, uid: str, pending: Pending) -> None:
        try:
            if message := await self._make(uid, pending.number):
                await self._send(message)
            pending.denied = 0
        except TransientError as error:
            self._later(pending, error)
        except PermanentError as error:
            pending.denied += 1
            if isinstance(error, RightsError) and pending.denied < RIGHTS_TRIES:
                self._later(pending, error)
                return
            log.error("cannot be sent", reason=str(error))  # noqa: TRY400 - foreseen: no traceback
            await self._end(uid, pending, known(error.reason), str(error))
        except Exception:
            log.exception("no message can be made")
            await self._end(uid, pending, Reason.INTERNAL_ERROR, BUG)

    def _later(self, pending: Pending, error: Exception) -> None:
        log.info("not sent yet", reason=str(error))
        pending.attempt, pending.repeats = max(0, pending.attempt - 1), max(0, pending.repeats - 1)
        pending.due = time.monotonic() + BUS_RETRY

    async def _end(self, uid: str, pending: Pending, reason: Reason, sentence: str) -> None:
        """End the object, so that nobody waits in silence; if even that is impossible, it is reported again later."""
        SET_ASIDE.labels(self._what, reason).inc()
        try:
            if message := await self._refuse(uid, pending.number, reason, sentence):
                await self._send(message)
        except TransientError as error:
            self._later(pending, error)
        except PermanentError as error:
            log.error("the refusal cannot be sent either", reason=str(error))  # noqa: TRY400 - foreseen: no traceback
        except Exception:
            log.exception("the refusal cannot be made either")

    async def _send(self, message: Message) -> None:
        structlog.contextvars.bind_contextvars(**message.about)
        await self._bus.tell(message)

    def _enqueue(self, uid: str, pending: Pending) -> None:
        if not pending.queued:
            pending.queued, pending.due = True, float("inf")
            self._queue[uid] = None
            self._queued.set()

    async def _next(self) -> str:
        """Take the first object that is to be reported, once there is one."""
        while not self._queue:
            self._queued.clear()
            await self._queued.wait()
        uid = next(iter(self._queue))
        del self._queue[uid]
        return uid
