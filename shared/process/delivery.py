"""The middleware that turns a handler's outcome into ack, nack or term. Nothing is lost or retried in a hot loop.

Delivery is at least once; a message is confirmed after its effect. Who must act decides what an error means:

* the handler returned: ack;
* `TransientError`: nack, delivered again after `retry_after` or a growing, jittered wait, until `give_up_after` is
  over; then final, with reason GaveUp;
* `PermanentError`: reported as final with its reason, then term; a missing right (`RightsError`) only after a few
  tries;
* anything else is a bug: logged with its traceback, nack after a while, final after a few tries, with reason
  InternalError;
* an unreadable message: set aside with a log line and a metric, since there is nobody to report it to.

The consumer's own `on_last` reports an outcome as final, so that no researcher waits in silence. Retries are reported
now and then, as a delay. A report that is itself refused for good ends in an error of the log and a count of dropped
messages: the watcher reports the workload again much later.

No namespace holds more than its share of a consumer's places (see `bulkhead`). What has no room is handed back, which
is no try.

A handler that only has to wait may return a coroutine to wait for. It makes room for the next message then. Its own
message is held until the coroutine ends, and its outcome is treated in the same ways.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from faststream import BaseMiddleware
from faststream.nats import NatsMessage
from nats.errors import Error as NatsError
from pydantic import ValidationError

from shared.errors import PermanentError, RightsError, SlipwayError, TransientError
from shared.messages import Message, WorkloadDelayed, WorkloadMessage
from shared.process.bulkhead import SHOWN_AFTER, Bulkhead, HandBackError
from shared.process.deliveries import IN_HAND, count, count_again
from shared.process.remembered import Remembered
from shared.process.tracing import spans
from shared.reasons import Reason, known

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger()

BUG_DELAY: Final = 30.0
"""Seconds before a message that hit a bug is tried again."""
BUG_TRIES: Final = 4
"""Deliveries after which such a message is given up."""
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 20.0
"""Seconds between deliveries while the cluster is busy: the first wait, and the longest."""
LONGEST_ASKED: Final = 120.0
"""Most seconds of waiting that the API server is granted if it asks for them."""
RIGHTS_TRIES: Final = 5
"""Deliveries after which a missing right counts as refused: a new server, or a new grant, takes effect a moment
later."""
UNTELLABLE_TRIES: Final = 2 * RIGHTS_TRIES
"""Deliveries after which an outcome that is permanently refused counts as impossible to report."""
TELL_AFTER: Final = (3, 6, 10, 20, 40, 80)
"""Deliveries after which the researcher is shown that it takes longer."""
TRIES_BEFORE_GIVING_UP: Final = 3
"""Fewest deliveries in a busy cluster, however long the workload has been tried."""
HAND_BACK_DELAY: Final = 0.1
"""Seconds before another replica gets what a stopping one hands back."""
UNSHARED: Final = 1024
"""Places of a consumer for which nothing else is said."""
REMEMBERED: Final = 16_384
"""Messages for which a process remembers how often it has handed them back, and workloads that it has tried."""
SHOWN_PER_SECOND: Final = 20
"""Messages of slow namespaces that show each second that they wait."""
WAITS: Final = "waits until slow submissions of {namespace} are done"
"""What a workload shows if its namespace may hold no more of a service's places."""
MAX_DELIVER: Final = 200
"""The broker's own limit on deliveries: above all others, for messages that crash their consumer."""

Rest = Coroutine[Any, Any, None]
"""What to wait for before a message is confirmed, although its handler has finished its work."""


def backoff(deliveries: int) -> float:
    """Return the seconds to wait after the n-th delivery: doubling, bounded, jittered by a quarter."""
    wait = min(FIRST_DELAY * 2.0 ** min(deliveries - 1, 10), LONGEST_DELAY)
    return wait * random.uniform(0.75, 1.25)  # jitter, not a secret


class HandedBack:
    """How often this process has handed back each message, which is no try."""

    def __init__(self) -> None:
        self._times = Remembered[int, int](REMEMBERED)
        self._shown_at = 0.0

    def note(self, message: NatsMessage) -> None:
        """Note that the message is handed back."""
        sequence = message.raw_message.metadata.sequence.stream
        self._times.put(sequence, self._times.get(sequence, 0) + 1)

    def tries(self, message: NatsMessage) -> int:
        """Return how often the message was delivered to be worked on, as far as this process knows."""
        metadata = message.raw_message.metadata
        return max(1, (metadata.num_delivered or 1) - self._times.get(metadata.sequence.stream, 0))

    def may_show(self) -> bool:
        """Return whether one more wait may be shown now: showing many at once would itself hold up others."""
        now = time.monotonic()
        if now - self._shown_at < 1.0 / SHOWN_PER_SECOND:
            return False
        self._shown_at = now
        return True


class Tries:
    """Since when this process has tried to bring each workload forward, on its own clock: those of hosts differ."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first = Remembered[str, float](REMEMBERED)

    def last_for(self, uid: str) -> float:
        """Return the seconds since this was first asked for the workload with that uid."""
        now = self._clock()
        return now - self._first.first(uid, now)


@dataclass
class Consumer:
    """How one kind of message is treated if its handler fails."""

    message: type[Message]
    service: str
    tell: Callable[[Message], Awaitable[None]]
    on_last: Callable[[Any, Reason, str], Awaitable[None]]
    """Called with (message, reason, sentence) if no further try will follow."""
    give_up_after: float
    """Seconds since this process first tried the workload after which a busy cluster counts as final."""
    ack_wait: float
    bulkhead: Bulkhead = field(default_factory=partial(Bulkhead, UNSHARED))
    handed_back: HandedBack = field(default_factory=HandedBack)
    tries: Tries = field(default_factory=Tries)


@dataclass
class Drain:
    """Whether this process is stopping: work in progress is completed, new messages are handed back."""

    draining: bool = False
    handing_back: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def in_hand(self) -> int:
        """Return how many messages are being handled."""
        return len(self._tasks)

    def take(self, handling: Coroutine[Any, Any, None]) -> None:
        """Handle one more message."""
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
        """Abort the work in progress so that others take it over; wait at most `within` seconds for that."""
        self.handing_back = True
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=within)


def delivery(consumers: dict[str, Consumer], drain: Drain) -> type[BaseMiddleware]:
    """Return the middleware for these consumers (by subject)."""

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
    """Handle the message to its end; set `worked` once another one may take its place."""
    subject, began = consumer.message.subject, time.monotonic()
    count_again(subject, msg)
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
    count(subject, msg, verdict, time.monotonic() - began)


async def _verdict(
    consumer: Consumer, call_next: Callable[[Any], Awaitable[Any]], msg: NatsMessage, worked: asyncio.Event
) -> str:
    deliveries = consumer.handed_back.tries(msg)
    try:
        event = consumer.message.model_validate_json(msg.body)
    except ValidationError as error:
        subject = consumer.message.subject
        log.error("unreadable message set aside", subject=subject, reason=str(error)[:500])  # noqa: TRY400 - the sender's
        await msg.reject()
        return "unreadable"
    structlog.contextvars.bind_contextvars(**event.about, deliveries=deliveries)
    with spans().handling(event, consumer.service, msg.raw_message.headers, deliveries) as handling:
        handling.verdict = verdict = await _outcome(consumer, call_next, msg, event, worked, deliveries)
    return verdict


async def _outcome(
    consumer: Consumer,
    call_next: Callable[[Any], Awaitable[Any]],
    msg: NatsMessage,
    event: Message,
    worked: asyncio.Event,
    deliveries: int,
) -> str:
    """Have the message handled, answer the broker, and return the verdict."""
    show = partial(_show_wait, consumer, event, deliveries)
    try:
        async with consumer.bulkhead.place(event.tenant, worked.set, show):
            rest = await call_next(msg)
        if rest:
            worked.set()
            await rest
    except HandBackError as full:
        return await _hand_back(consumer, msg, event, full.wait)
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
            await _tell_delay(consumer, event, fault, deliveries)  # every time, because the wait is long
            await msg.nack(delay=BUG_DELAY)
            return "failed"
        sentence = f"{deliveries} internal errors of the {consumer.service}; its log has the details"
        return await _last(consumer, msg, event, Reason.INTERNAL_ERROR, sentence, deliveries)
    await msg.ack()
    return "done"


async def _hand_back(consumer: Consumer, msg: NatsMessage, event: Message, wait: float) -> str:
    """Deliver the message again later, without any work on it."""
    delivered = msg.raw_message.metadata.num_delivered or 1
    if delivered >= MAX_DELIVER:
        return await _drop(msg, "handed back too often")
    consumer.handed_back.note(msg)
    if isinstance(event, WorkloadMessage) and time.time() - event.observed_at.timestamp() > SHOWN_AFTER:
        await _show_wait(consumer, event, delivered)
    await msg.nack(delay=wait)
    return "handed back"


async def _show_wait(consumer: Consumer, event: Message, deliveries: int) -> None:
    if consumer.handed_back.may_show():
        await _tell_delay(consumer, event, WAITS.format(namespace=event.tenant), deliveries)


async def _again(
    consumer: Consumer, msg: NatsMessage, event: Message, error: TransientError, deliveries: int, reason: Reason
) -> str:
    """Deliver the message again; `reason` is that of the outcome if there are no further tries."""
    wait = _wait(error, deliveries)
    if isinstance(event, WorkloadMessage):
        late = consumer.tries.last_for(event.workload.uid) > consumer.give_up_after
        if (late and deliveries >= TRIES_BEFORE_GIVING_UP) or deliveries >= MAX_DELIVER:
            sentence = f"gave up after {deliveries} tries: {error}"
            return await _last(consumer, msg, event, reason, sentence, deliveries)
        await _show_delay(consumer, event, str(error), deliveries)
    if deliveries >= MAX_DELIVER:
        return await _drop(msg, str(error))
    log.info("busy, will try again", reason=str(error), again_in=round(wait, 2))
    await msg.nack(delay=wait)
    return "again"


def _wait(error: TransientError, deliveries: int) -> float:
    """Return the seconds asked for, or a growing wait if that does not help."""
    if error.retry_after is None:
        return backoff(deliveries)
    return max(min(error.retry_after, LONGEST_ASKED), backoff(deliveries) if deliveries > RIGHTS_TRIES else 0.0)


async def _show_delay(consumer: Consumer, event: Message, reason: str, deliveries: int) -> None:
    """Report the delay now and then."""
    if deliveries in TELL_AFTER:
        await _tell_delay(consumer, event, reason, deliveries)


async def _tell_delay(consumer: Consumer, event: Message, reason: str, deliveries: int) -> None:
    """Report the delay if it is one of a workload; a delayed report of a delay is not reported."""
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
    except Exception as trouble:  # noqa: BLE001  # whatever it is: retried, or researchers wait in silence
        log.warning("could not report the outcome", reason=repr(trouble))
        await _show_delay(consumer, event, f"{sentence}; and that cannot be recorded: {trouble}", deliveries)
        if deliveries >= (UNTELLABLE_TRIES if isinstance(trouble, PermanentError) else MAX_DELIVER):
            return await _drop(msg, repr(trouble))
        await msg.nack(delay=backoff(deliveries))
        return "again"
    await msg.reject()
    return "last"


async def _drop(msg: NatsMessage, reason: str) -> str:
    """Take the message out of the stream, where it would stay forever: the watcher reports what has not ended."""
    log.error("message dropped; the watcher will report it again", reason=reason)
    await msg.reject()
    return "dropped"


@asynccontextmanager
async def _kept_alive(msg: NatsMessage, ack_wait: float) -> "AsyncIterator[None]":
    """Report to the broker that the message is being worked on, three times per `ack_wait` seconds."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(ack_wait / 3)
            with suppress(NatsError):  # the bus is away: the message is delivered again, which is harmless
                await msg.in_progress()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
