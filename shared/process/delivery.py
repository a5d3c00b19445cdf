"""The middleware that turns what became of a handler into ack, nack or term: nothing is lost, nothing is retried in a
hot loop.

Delivery is at least once; a message is confirmed after its effect. What an error means is decided by who must act:

* it returned: ack;
* `TransientError`: nack, delivered again after `retry_after` or a growing, jittered wait, until `give_up_after` is
  over; then final, with reason GaveUp;
* `PermanentError`: told as final with its reason, then term; a missing right (`RightsError`) only after a few tries;
* anything else is a fault of ours: logged with its traceback, nack after a while, final after a few tries, with reason
  InternalError;
* a message that cannot be read: set aside with a log line and a metric; nobody can be told.

"Told as final" is the consumer's own `on_last`, so that no researcher waits for silence. What is tried again is told
now and then, as a delay.

A handler that has only to wait from some moment on returns what is to be waited for: it makes room for the next
message then, and its own is held, and dealt with in the same ways, until that is over.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog
from faststream import BaseMiddleware
from faststream.nats import NatsMessage
from nats.errors import Error as NatsError
from prometheus_client import Counter, Gauge, Histogram
from pydantic import ValidationError

from shared.errors import PermanentError, RightsError, SlipwayError, TransientError
from shared.messages import Message, WorkloadDelayed, WorkloadMessage
from shared.reasons import Reason, known

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger()

BUG_DELAY: Final = 30.0
"""Seconds before a message that met a fault of ours is tried again."""
BUG_TRIES: Final = 4
"""Deliveries after which such a message is given up."""
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 20.0
"""Seconds between deliveries while the world is busy: after the first, and at most."""
LONGEST_ASKED: Final = 120.0
"""Seconds of waiting, at most, that the API server is granted when it asks for them."""
RIGHTS_TRIES: Final = 5
"""Deliveries after which a right that is missing counts as refused: one that has just been started, or granted, is
seen a moment later."""
TELL_AFTER: Final = (3, 6, 10, 20, 40, 80)
"""Deliveries after which the researcher is told that it takes longer."""
TRIES_BEFORE_GIVING_UP: Final = 3
"""Deliveries that a busy world gets at least, however old the message is."""
HAND_BACK_DELAY: Final = 0.1
"""Seconds before another replica gets what a stopping one hands back."""
MAX_DELIVER: Final = 200
"""The broker's own limit on deliveries: beyond every other one, for messages that kill their consumer."""

Rest = Coroutine[Any, Any, None]
"""What is to be waited for before a message is confirmed, though its handler's work is done."""

HANDLED = Counter("slipway_messages_total", "Messages by what became of them", ["subject", "verdict"])
IN_HAND = Gauge("slipway_messages_in_hand", "Messages being handled now")
SECONDS = Histogram("slipway_handling_seconds", "Seconds from delivery to verdict", ["subject"])


def backoff(deliveries: int) -> float:
    """Seconds to wait after the n-th delivery met a busy world: doubling, bounded, jittered by a quarter."""
    wait = min(FIRST_DELAY * 2.0 ** min(deliveries - 1, 10), LONGEST_DELAY)
    return wait * random.uniform(0.75, 1.25)  # jitter, not a secret


@dataclass
class Consumer:
    """How one kind of message is to be dealt with when its handler cannot."""

    message: type[Message]
    service: str
    tell: Callable[[Message], Awaitable[None]]
    on_last: Callable[[Any, Reason, str], Awaitable[None]]
    """Told (message, reason, sentence) when no further try will follow."""
    give_up_after: float
    """Seconds since the message's own observation after which a busy world counts as final."""
    ack_wait: float


@dataclass
class Drain:
    """Whether this process is finishing: what is in hand is completed, what arrives is handed back."""

    draining: bool = False
    handing_back: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def in_hand(self) -> int:
        """How many messages are being handled."""
        return len(self._tasks)

    def take(self, handling: Coroutine[Any, Any, None]) -> None:
        """Have one more message handled."""
        task = asyncio.create_task(handling)
        self._tasks.add(task)
        self.idle.clear()
        IN_HAND.set(self.in_hand)
        task.add_done_callback(self._leave)

    def _leave(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        IN_HAND.set(self.in_hand)
        if not self.in_hand:
            self.idle.set()
        if not task.cancelled() and (error := task.exception()):
            log.warning("message could not be confirmed; it will be delivered again", reason=repr(error))

    async def hand_back(self, within: float) -> None:
        """Break off what is still at work, for others to take over; waits so many seconds for it at most."""
        self.handing_back = True
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=within)


def delivery(consumers: dict[str, Consumer], drain: Drain) -> type[BaseMiddleware]:
    """The middleware for these consumers (by subject)."""

    class Delivery(BaseMiddleware):
        async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> None:
            if drain.draining:
                await msg.nack(delay=HAND_BACK_DELAY)
                return
            worked = asyncio.Event()
            drain.take(_deliver(consumers[msg.raw_message.subject], drain, call_next, msg, worked))
            await worked.wait()

    return Delivery


async def _deliver(
    consumer: Consumer,
    drain: Drain,
    call_next: Callable[[Any], Awaitable[Any]],
    msg: NatsMessage,
    worked: asyncio.Event,
) -> None:
    """Handle the message to its end; `worked` is set once its place may be taken by another one."""
    subject, began = consumer.message.subject, time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=consumer.service)
    try:
        async with _kept_alive(msg, consumer.ack_wait):
            verdict = await _verdict(consumer, call_next, msg, worked)
    except asyncio.CancelledError:
        if not drain.handing_back:
            raise
        await msg.nack(delay=HAND_BACK_DELAY)
        verdict = "handed back"
    finally:
        worked.set()
    HANDLED.labels(subject, verdict).inc()
    SECONDS.labels(subject).observe(time.monotonic() - began)


async def _verdict(
    consumer: Consumer, call_next: Callable[[Any], Awaitable[Any]], msg: NatsMessage, worked: asyncio.Event
) -> str:
    deliveries = msg.raw_message.metadata.num_delivered or 1
    try:
        event = consumer.message.model_validate_json(msg.body)
    except ValidationError as error:
        subject = consumer.message.subject
        log.error("unreadable message set aside", subject=subject, reason=str(error)[:500])  # noqa: TRY400 - the sender's
        await msg.reject()
        return "unreadable"
    structlog.contextvars.bind_contextvars(**event.about, deliveries=deliveries)
    try:
        if rest := await call_next(msg):
            worked.set()
            await rest
    except TransientError as error:
        return await _again(consumer, msg, event, error, deliveries, Reason.GAVE_UP)
    except PermanentError as error:
        reason = known(error.reason)
        if isinstance(error, RightsError) and deliveries < RIGHTS_TRIES:
            return await _again(consumer, msg, event, TransientError(str(error)), deliveries, reason)
        log.warning("given up", reason=reason, error=str(error))
        return await _last(consumer, msg, event, reason, str(error), deliveries)
    except Exception:
        log.exception("handler failed", subject=consumer.message.subject)
        if deliveries < BUG_TRIES:
            fault = f"internal error of the {consumer.service}; its log has the details"
            await _tell_delay(consumer, event, fault, deliveries)  # every time: the wait is a long one
            await msg.nack(delay=BUG_DELAY)
            return "failed"
        sentence = f"{deliveries} internal errors of the {consumer.service}; its log has the details"
        return await _last(consumer, msg, event, Reason.INTERNAL_ERROR, sentence, deliveries)
    await msg.ack()
    return "done"


async def _again(
    consumer: Consumer, msg: NatsMessage, event: Message, error: TransientError, deliveries: int, reason: Reason
) -> str:
    """Have the message come again; `reason` is that of the end, where there are no further tries."""
    wait = _wait(error, deliveries)
    if isinstance(event, WorkloadMessage):
        tried = deliveries >= TRIES_BEFORE_GIVING_UP  # a message that lay in a backlog has not been tried yet
        late = time.time() - event.observed_at.timestamp() > consumer.give_up_after
        if (late and tried) or deliveries >= MAX_DELIVER:
            sentence = f"gave up after {deliveries} tries: {error}"
            return await _last(consumer, msg, event, reason, sentence, deliveries)
        await _show_delay(consumer, event, str(error), deliveries)
    if deliveries >= MAX_DELIVER:
        return await _drop(msg, str(error))
    log.info("busy, will try again", reason=str(error), again_in=round(wait, 2))
    await msg.nack(delay=wait)
    return "again"


def _wait(error: TransientError, deliveries: int) -> float:
    """Seconds as asked for, but growing where that does not help."""
    if error.retry_after is None:
        return backoff(deliveries)
    return max(min(error.retry_after, LONGEST_ASKED), backoff(deliveries) if deliveries > RIGHTS_TRIES else 0.0)


async def _show_delay(consumer: Consumer, event: Message, reason: str, deliveries: int) -> None:
    """Tell of the delay now and then."""
    if deliveries in TELL_AFTER:
        await _tell_delay(consumer, event, reason, deliveries)


async def _tell_delay(consumer: Consumer, event: Message, reason: str, deliveries: int) -> None:
    """Tell of the delay, where it is one of a workload; never of a delay of that."""
    if not isinstance(event, WorkloadMessage) or isinstance(event, WorkloadDelayed):
        return
    with suppress(SlipwayError):  # a courtesy: the retry itself must not depend on it
        await consumer.tell(
            WorkloadDelayed(
                workload=event.workload,
                attempt=event.attempt,
                observed_at=event.observed_at,
                service=consumer.service,
                message=reason,
                tries=deliveries,
            )
        )


async def _last(
    consumer: Consumer,
    msg: NatsMessage,
    event: Message,
    reason: Reason,
    sentence: str,
    deliveries: int,
) -> str:
    try:
        await consumer.on_last(event, reason, sentence)
    except Exception as trouble:  # noqa: BLE001  # whatever it is: told again, or researchers wait for silence
        log.warning("could not report the outcome", reason=repr(trouble))
        await _show_delay(consumer, event, f"{sentence}; and that cannot be recorded: {trouble}", deliveries)
        if deliveries >= MAX_DELIVER:
            return await _drop(msg, repr(trouble))
        await msg.nack(delay=backoff(deliveries))
        return "again"
    await msg.reject()
    return "last"


async def _drop(msg: NatsMessage, reason: str) -> str:
    """Take the message out of the stream, where it would stay for ever: the watcher tells of what has not ended."""
    log.warning("message dropped; the watcher will report it again", reason=reason)
    await msg.reject()
    return "dropped"


@asynccontextmanager
async def _kept_alive(msg: NatsMessage, ack_wait: float) -> "AsyncIterator[None]":
    """Tell the broker that the message is being worked on, three times per `ack_wait` seconds."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(ack_wait / 3)
            with suppress(NatsError):  # the bus is away: the message comes again, which is no harm
                await msg.in_progress()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
