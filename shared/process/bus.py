"""The broker as a service sees it: what it consumes and publishes, and how it survives the broker's failures."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import nats.errors
import nats.js.errors
import structlog
from faststream import AckPolicy
from faststream.nats import JStream, PullSub
from nats.js import JetStreamContext
from nats.js.api import AckPolicy as BrokerAckPolicy
from nats.js.api import ConsumerConfig, StreamInfo

from shared.errors import TooLargeError
from shared.messages import MESSAGES, STREAM, STREAM_CONFIG, Message, durable_of, inbox_of
from shared.parameters.limits import MAX_MESSAGE_BYTES
from shared.process.broker import RECONNECT_WAIT, UNREACHABLE, Broker
from shared.process.bulkhead import Bulkhead
from shared.process.deliveries import HANDLED
from shared.process.delivery import HAND_BACK_DELAY, MAX_DELIVER, Consumer, Drain, Rest, delivery
from shared.process.login import Login
from shared.process.queues import Queue, queue_now, show, show_stream
from shared.process.refusals import not_permitted, refusal, unready
from shared.process.settings import SharedSettings
from shared.process.tracing import spans
from shared.reasons import Reason

log = structlog.get_logger()

STREAM_REF: Final = JStream(STREAM, declare=False)
"""Never declared by FastStream, which would overwrite what the operator configured."""
PUBLISH_TIMEOUT: Final = 5.0
"""Seconds to wait for the broker to confirm that it stored a message."""
CHECK_EVERY: Final = 1.0
"""Seconds between checks that stream and consumers still exist."""
DEAD_AFTER: Final = 12
"""Checks in a row that may go unanswered on a connection that claims to be alive."""
HAND_BACK_WITHIN: Final = 2.0
"""Seconds that aborting the work in progress may take."""
DISCONNECT_WITHIN: Final = 2.0
"""Seconds that disconnecting from the broker may take."""
NEARLY_FULL: Final = 0.9
"""Share of the stream's byte limit above which it counts as nearly full."""
DENIED_FOR: Final = 30.0
"""Seconds for which a refusal to let this service publish a subject keeps it from being ready."""
OURS: Final = ("ack_wait", "max_deliver", "max_ack_pending")
"""Settings of a consumer that each process states, and that can be changed later."""
SWEEP_EVERY: Final = 5
"""Checks between two sweeps for messages that nobody reads."""


NOT_YET: Final = "not connected yet"


HandlerT = TypeVar("HandlerT", bound=Callable[..., Awaitable[Rest | None]])
OnLast = Callable[[Any, Reason, str], Awaitable[None]]


class Bus:
    """One service's connection to the stream WORKLOADS."""

    name: Final = "bus"

    def __init__(self, service: str, settings: SharedSettings, *, sweeps: bool = False) -> None:
        """`sweeps` lets this service count waiting messages and set aside unread ones; one such service is enough."""
        self._service, self._settings, self._sweeps = service, settings, sweeps
        self.drain = Drain()
        self._consumers: dict[str, Consumer] = {}
        self._configs: dict[str, ConsumerConfig] = {}
        self._settled: set[str] = set()
        """Consumers that have had this process's settings."""
        self.on_new_stream: list[Callable[[], None]] = []
        """Called if the stream is not the same as before, or lost its last messages: what was on its way is lost."""
        self._stream_created: str | None = None
        self._stream_reached = 0
        self.closed = asyncio.Event()
        """Set once the connection is lost for good: only a new process helps."""
        self.healthy = False
        """Whether stream and consumers answered the last check."""
        self.crowded: str | None = None
        """The warning about a stream that was nearly full at the last check."""
        self._reason = NOT_YET
        """Why the last check of stream and consumers failed, although the broker answers."""
        self._waiting: dict[str, int] = {}
        self._queues: dict[str, Queue] = {}
        self._login = Login(settings)
        self.broker = Broker(
            settings.nats_url.split(","),
            login=self._login,
            inbox_prefix=inbox_of(service),
            middlewares=[delivery(self._consumers, self.drain)],
            graceful_timeout=0.5,  # `stop` drains before that
            logger=None,
            name=f"slipway-{service}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_WAIT,
            connect_timeout=5,
            ping_interval=5,
            max_outstanding_pings=2,
            closed_cb=self._on_closed,
        )

    def consumes(
        self,
        message: type[Message],
        *,
        on_last: OnLast,
        workers: int,
        give_up_after: float,
    ) -> Callable[[HandlerT], HandlerT]:
        """Call the decorated handler with every `message`, at most `workers` of them at once.

        If the handler returns a coroutine, the message is confirmed after that ends; it occupies no worker.
        """
        durable = durable_of(self._service, message)
        config = self._configs[durable] = consumer_of(self._service, message, self._settings.ack_wait)
        self._consumers[message.subject] = Consumer(
            message, self._service, self.tell, on_last, give_up_after, self._settings.ack_wait, Bulkhead(workers)
        )
        return self.broker.subscriber(  # type: ignore[return-value]  # faststream names the base class
            message.subject,
            stream=STREAM_REF,
            durable=durable,
            pull_sub=PullSub(batch_size=1, timeout=5.0),
            max_workers=workers,
            ack_policy=AckPolicy.MANUAL,
            config=config,
            no_reply=True,
            inbox_prefix=f"{inbox_of(self._service)}.".encode(),
        )

    def prepares(self, message: type[Message], reader: str) -> None:
        """Declare the consumer by which another service reads these messages."""
        self._configs[durable_of(reader, message)] = consumer_of(reader, message, self._settings.ack_wait)

    @property
    def problem(self) -> str | None:
        """Return why the bus is not ready for this service; None if it is."""
        if not self.healthy:
            return self.broker.problem or self._reason
        now = time.monotonic()
        denied = [subject for subject, at in self.broker.denied.items() if now - at < DENIED_FOR]
        return not_permitted(", ".join(denied)) if denied else self.crowded

    @property
    def in_hand(self) -> int:
        """Return how many messages are being handled."""
        return self.drain.in_hand

    def tells(self, *messages: type[Message]) -> None:
        """Declare what this service publishes, for the page that describes the bus."""
        for message in messages:
            self.broker.publisher(message.subject, stream=STREAM_REF, schema=message, description=message.__doc__)

    async def tell(self, message: Message) -> None:
        """Publish `message` and wait until the broker has stored it.

        Raises TransientError if it could not (broker away, stream full or missing), TooLargeError if the message is
        larger than the bus accepts, RightsError if the bus does not let this service publish it.
        """
        body = message.model_dump_json(by_alias=True, exclude_defaults=False).encode()
        if len(body) > 2 * MAX_MESSAGE_BYTES - 4096:
            raise TooLargeError(f"the message {message.subject} would be {len(body) // 1024} KiB large")
        headers = {"Nats-Msg-Id": message.message_id} if message.message_id else {}
        headers["content-type"] = "application/json"
        began = time.monotonic()
        with spans().sending(message) as added:
            try:
                await self.broker.publish(
                    body, message.subject, headers={**headers, **added}, stream=STREAM, timeout=PUBLISH_TIMEOUT
                )
            except UNREACHABLE as error:
                denied = self.broker.denied.get(message.subject, 0.0) >= began
                raise refusal(error, message.subject, len(body), denied=denied) from error

    def waiting(self, family: str) -> int:
        """Return the waiting messages of subjects `<family>.*` at the last check; known only with `sweeps`."""
        return sum(count for subject, count in self._waiting.items() if subject.startswith(f"{family}."))

    def undelivered(self, subject: str) -> int:
        """Return the messages of a subject that were given to no service at the last check, as `waiting` does."""
        return self._queues[subject].undelivered if subject in self._queues else 0

    def stuck(self, subject: str) -> float:
        """Return the seconds since messages of a subject wait and none is given to any service, as `waiting` does."""
        return self._queues[subject].stuck if subject in self._queues else 0.0

    async def start(self) -> None:
        """Connect (waiting as long as it takes), wait for the stream, start consuming."""
        await self.broker.connect()
        while not await self._ready():  # noqa: ASYNC110 - the server announces nothing
            await asyncio.sleep(CHECK_EVERY)
        await self.broker.start()
        for subscriber in self.broker.subscribers:
            # all are pull subscribers, which have this attribute
            subscriber.subscription = _Patient(subscriber.subscription, self.drain)  # type: ignore[attr-defined]
        self.healthy = True

    async def watch_over(self) -> None:
        """Keep stream and consumers in existence; end, closing for good, if the connection only claims to be alive."""
        unanswered = 0
        for look in itertools.count():
            await asyncio.sleep(CHECK_EVERY)
            if self._login.changed() and self.broker.connection.is_connected:
                log.info("the credentials have changed; connecting anew")
                await self._connect_anew()
            self.healthy = await self._ready()
            if self._sweeps and self.healthy and look % SWEEP_EVERY == 0:
                await self._sweep()
            connected = self.broker.connection.is_connected
            if not connected and self._gave_up_reconnecting():
                log.error("reconnecting to the bus has ended")
                self.closed.set()
                return
            unanswered = unanswered + 1 if connected and not self.healthy else 0
            if connected and unanswered >= DEAD_AFTER and not await self._answers():
                log.error("the connection to the bus is dead")
                self.closed.set()
                return

    async def stop(self) -> None:
        """Finish the work in progress, hand back the rest, disconnect."""
        self.drain.draining = True
        for consumer in self._consumers.values():
            consumer.bulkhead.close(HAND_BACK_DELAY)
        if self.drain.in_hand:
            try:
                await asyncio.wait_for(self.drain.idle.wait(), self._settings.drain_timeout)
            except TimeoutError:
                log.warning("work in progress did not end in time", messages=self.drain.in_hand)
                await self.drain.hand_back(HAND_BACK_WITHIN)
        with suppress(Exception):  # whatever the bus answers now: the process ends
            async with asyncio.timeout(DISCONNECT_WITHIN):
                await self.broker.stop()

    async def _ready(self) -> bool:
        """Return whether the stream and this service's consumers exist; create what is missing if that is allowed."""
        js: JetStreamContext = self.broker.connection.jetstream(timeout=2.0)
        try:
            await self._ensure_stream(js)
            for durable, config in self._configs.items():
                await self._ensure_consumer(js, durable, config)
        except UNREACHABLE as error:
            if isinstance(error, nats.js.errors.APIError):
                self.broker.problem = None  # the broker answers
            self._reason = unready(error)
            return False
        self.broker.problem = None
        return True

    async def _ensure_stream(self, js: JetStreamContext) -> None:
        try:
            info = await js.stream_info(STREAM, subjects_filter=">")
        except nats.js.errors.NotFoundError:
            if not self._settings.declare_stream:
                raise
            info = await js.add_stream(STREAM_CONFIG.evolve(num_replicas=self._settings.stream_replicas))
            log.info("stream declared", stream=STREAM)
        self.crowded = crowded(info)
        created, before = str(info.created), self._stream_created
        went_back = info.state.last_seq < self._stream_reached  # its store was older than what it had confirmed
        self._stream_created, self._stream_reached = created, info.state.last_seq
        if before and (before != created or went_back):
            log.warning("the stream has lost messages; those in flight are sent again", stream=STREAM)
            self._waiting.clear()
            for call in self.on_new_stream:
                call()

    async def _ensure_consumer(self, js: JetStreamContext, durable: str, config: ConsumerConfig) -> None:
        """Create the consumer, or give an existing one this process's settings, once, if it declares consumers at all.

        Of replicas with different settings, the one that started last decides; each renews its messages in time.
        """
        try:
            there = (await js.consumer_info(STREAM, durable)).config
        except nats.js.errors.NotFoundError:
            if not self._settings.declare_consumers:
                raise
            there = (await js.add_consumer(STREAM, config)).config
            log.info("consumer declared", durable=durable)
        undecided = self._settings.declare_consumers and durable not in self._settled
        if undecided and (changed := differing(there, config)):
            there = await self._change(js, there.evolve(**changed), changed)
        self._settled.add(durable)
        if consumer := self._consumers.get(str(config.filter_subject)):
            consumer.ack_wait = there.ack_wait or self._settings.ack_wait

    async def _change(self, js: JetStreamContext, config: ConsumerConfig, changed: dict[str, Any]) -> ConsumerConfig:
        try:
            there: ConsumerConfig = (await js.add_consumer(STREAM, config)).config
        except nats.js.errors.APIError as error:
            if isinstance(error, nats.js.errors.ServiceUnavailableError):
                raise
            log.warning("the consumer keeps its settings", durable=config.durable_name, reason=str(error.description))
            there = (await js.consumer_info(STREAM, str(config.durable_name))).config
        else:
            log.info("consumer changed", durable=config.durable_name, settings=changed)
        return there

    async def _sweep(self) -> None:
        """Count waiting messages, and set aside messages that nobody reads, which would stay until the stream is full.

        Messages of a newer version are read by its services.
        """
        js: JetStreamContext = self.broker.connection.jetstream(timeout=2.0)
        try:
            info = await js.stream_info(STREAM, subjects_filter=">")
            show_stream(info)
            held = info.state.subjects or {}
            read = {c.config.filter_subject: c for c in await js.consumers_info(STREAM)}
            # a message that has reached the limit of deliveries waits for nobody
            coming = {s: (c.num_pending or 0) + (c.num_ack_pending or 0) for s, c in read.items() if s is not None}
            self._waiting = {**held, **coming}
            for subject in {*held, *self._queues}:
                consumer = read.get(subject)
                undelivered = (consumer.num_pending or 0) if consumer else held.get(subject, 0)
                reached = (consumer.delivered.stream_seq or 0) if consumer and consumer.delivered else 0
                queue = self._queues[subject] = queue_now(self._queues.get(subject), undelivered, reached)
                show(subject, queue, (consumer.num_ack_pending or 0) if consumer else 0)
            for subject in held.keys() - {message.subject for message in MESSAGES} - read.keys():
                await js.purge_stream(STREAM, subject=subject)
                count = held[subject]
                log.warning("unknown messages set aside", subject=subject, messages=count)
                HANDLED.labels("unknown", "unreadable").inc(count)
        except UNREACHABLE as error:
            log.info("not swept", reason=str(error) or type(error).__name__)

    async def _connect_anew(self) -> None:
        """Connect with other credentials; what was sent before arrives before."""
        if await self._answers():
            await self.broker.connection.force_reconnect()

    def _gave_up_reconnecting(self) -> bool:
        task = getattr(self.broker.connection, "_reconnection_task", None)
        return task is not None and task.done()

    async def _answers(self) -> bool:
        try:
            await self.broker.connection.flush(timeout=2)
        except UNREACHABLE:
            return False
        return True

    async def _on_closed(self) -> None:
        self.closed.set()


def consumer_of(service: str, message: type[Message], ack_wait: float) -> ConsumerConfig:
    """Return the consumer by which a service reads these messages; `ack_wait` is in seconds."""
    durable = durable_of(service, message)
    return ConsumerConfig(
        name=durable,  # with it, the broker is asked by name and filter, which its permissions can tell apart
        durable_name=durable,
        filter_subject=message.subject,
        ack_policy=BrokerAckPolicy.EXPLICIT,
        ack_wait=ack_wait,
        max_deliver=MAX_DELIVER,
        max_ack_pending=-1,  # what one namespace has handed back must not stop the others
    )


def differing(there: ConsumerConfig, wanted: ConsumerConfig) -> dict[str, Any]:
    """Return the settings that an existing consumer must be given; what only its operator sets is left alone."""
    return {name: value for name in OURS if (value := getattr(wanted, name)) != getattr(there, name)}


def crowded(info: StreamInfo) -> str | None:
    """Return the warning about a stream that will soon refuse messages; None while it has room."""
    allowed, held = info.config.max_bytes or 0, info.state.bytes
    if allowed <= 0 or held < NEARLY_FULL * allowed:
        return None
    subjects = info.state.subjects or {}
    most = max(subjects, key=lambda subject: subjects[subject], default="")
    reader = f"; most are {most}: is the service that reads them running?" if most else ""
    mebibytes = 1024 * 1024
    return f"its stream is nearly full, {held // mebibytes} of {allowed // mebibytes} MiB{reader}"


class _Patient:
    """A pull subscription that pauses where asking again at once would be a hot loop, and while draining."""

    def __init__(self, subscription: Any, drain: Drain) -> None:
        self._subscription, self._drain = subscription, drain

    async def fetch(self, batch: int, timeout: float | None) -> Any:  # noqa: ASYNC109 - the signature of nats-py
        while self._drain.draining:  # noqa: ASYNC110 - a plain flag, checked about twice while draining
            await asyncio.sleep(0.2)
        try:
            return await self._subscription.fetch(batch=batch, timeout=timeout)
        except TimeoutError:
            raise
        except UNREACHABLE as error:  # stream or consumer missing, connection closing
            await asyncio.sleep(0.25)
            raise nats.errors.TimeoutError from error

    async def unsubscribe(self) -> None:
        await self._subscription.unsubscribe()
