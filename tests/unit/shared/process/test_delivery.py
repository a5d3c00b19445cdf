"""What happens to a message, depending on its handler: the table of errors, row by row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PermanentError,
    RightsError,
    TooLargeError,
    TransientError,
)
from shared.messages import Message, WorkloadDelayed, WorkloadObserved, WorkloadRef
from shared.process.bulkhead import Bulkhead, HandBackError
from shared.process.delivery import (
    BUG_DELAY,
    BUG_TRIES,
    LONGEST_ASKED,
    LONGEST_DELAY,
    MAX_DELIVER,
    RIGHTS_TRIES,
    TELL_AFTER,
    TRIES_BEFORE_GIVING_UP,
    UNTELLABLE_TRIES,
    Consumer,
    Drain,
    Rest,
    Tries,
    backoff,
    delivery,
)
from tests.unit.shared.process.delivered import Delivered


class Service:
    """One consumer of `workload.observed`, whose handler raises a given error."""

    def __init__(self, ack_wait: float = 30.0) -> None:
        self.drain = Drain()
        self.told: list[Message] = []
        self.last: list[tuple[str, str]] = []
        self.last_fails: Exception | None = None
        self.bus_fails = False
        self.now = 0.0
        consumer = Consumer(WorkloadObserved, "resolver", self._tell, self._on_last, 600.0, ack_wait)
        delays = Consumer(WorkloadDelayed, "status", self._tell, self._on_last, 600.0, ack_wait)
        consumer.tries = Tries(lambda: self.now)
        self.consumer = consumer
        self._middleware = delivery({"workload.observed": consumer, "workload.delayed": delays}, self.drain)

    async def deliver(
        self,
        message: Delivered,
        raises: BaseException | None = None,
        lasts: float | asyncio.Event = 0.0,
        rest: Rest | None = None,
    ) -> None:
        """Deliver the message to a handler that takes that many seconds (or until the event), and leaves that wait."""

        async def handler(_: Any) -> Rest | None:
            await (lasts.wait() if isinstance(lasts, asyncio.Event) else asyncio.sleep(lasts))
            if raises:
                raise raises
            return rest

        scope: Any = self._middleware(None, context=None)  # type: ignore[arg-type]  # it reads no context
        await scope.consume_scope(handler, message)

    async def tries(self, raises: Exception, *tries: tuple[float, int], age: float = 0.0) -> list[str | None]:
        """Deliver a message at these times, as the n-th delivery each; return the verdicts."""
        messages = [Delivered(body(age), deliveries) for _, deliveries in tries]
        for (self.now, _), message in zip(tries, messages, strict=True):
            await self.deliver(message, raises)
        return [message.verdict for message in messages]

    async def _tell(self, message: Message) -> None:
        if self.bus_fails:
            raise TransientError("the bus is away")
        self.told.append(message)

    async def _on_last(self, event: Any, reason: str, sentence: str) -> None:
        assert isinstance(event, WorkloadObserved)
        if self.last_fails:
            raise self.last_fails
        self.last.append((reason, sentence))


def body(age: float = 0.0) -> bytes:
    """A message whose workload was observed that many seconds ago."""
    ref = WorkloadRef(
        kind="TrainingWorkload", namespace="runai-a", name="w", uid="u", generation=1, resource_version="1"
    )
    observed_at = datetime.now(UTC) - timedelta(seconds=age)
    return WorkloadObserved(workload=ref, observed_at=observed_at, spec={}).model_dump_json(by_alias=True).encode()


async def test_what_was_done_is_confirmed() -> None:
    """A handler that returns acknowledges its message, once."""
    service, message = Service(), Delivered(body())
    await service.deliver(message)
    assert (message.verdict, service.told, service.last) == ("ack", [], [])


@pytest.mark.parametrize(
    ("deliveries", "least", "most"), [(1, 0.375, 0.625), (2, 0.75, 1.25), (9, 15, 25), (99, 15, 25)]
)
async def test_a_busy_world_is_met_again_after_a_growing_wait(deliveries: int, least: float, most: float) -> None:
    """A TransientError is retried after pauses that grow, row by row."""
    service, message = Service(), Delivered(body(), deliveries)
    await service.deliver(message, TransientError("busy"))
    assert message.verdict == "nack"
    assert least <= (message.delay or 0) <= most
    assert service.last == []


@pytest.mark.parametrize("seconds", [0.0, 7.0, 60.0])
async def test_a_server_that_names_the_time_is_asked_then(seconds: float) -> None:
    """Retry-After sets the pause exactly."""
    service, message = Service(), Delivered(body(), 5)
    await service.deliver(message, TransientError("slow down", retry_after=seconds))
    assert (message.verdict, message.delay) == ("nack", seconds)


@pytest.mark.parametrize(
    ("deliveries", "asked", "least", "most"), [(1, 3600.0, LONGEST_ASKED, LONGEST_ASKED), (30, 0.5, 15.0, 25.0)]
)
async def test_the_time_it_names_is_bounded_and_grows_where_it_does_not_help(
    deliveries: int, asked: float, least: float, most: float
) -> None:
    """A Retry-After is limited above, and repeated ones do not shorten the pause."""
    service, message = Service(), Delivered(body(), deliveries)
    await service.deliver(message, TransientError("slow down", retry_after=asked))
    assert least <= (message.delay or 0) <= most


async def test_a_right_that_is_missing_is_final_only_after_a_few_tries() -> None:
    """A missing right is retried a few times, then ends in Forbidden."""
    service, missing = Service(), RightsError('User "creator" cannot create resource "services"')
    verdicts = await service.tries(missing, *((0.0, deliveries) for deliveries in range(1, RIGHTS_TRIES + 1)))
    assert verdicts == ["nack"] * (RIGHTS_TRIES - 1) + ["term"]
    assert service.last == [("Forbidden", str(missing))]


async def test_a_right_that_is_missing_for_too_long_is_not_called_a_busy_world() -> None:
    """A missing right ends in Forbidden and never in GaveUp."""
    service, missing = Service(), RightsError('User "creator" cannot create resource "services"')
    assert await service.tries(missing, (0.0, 1), (601.0, TRIES_BEFORE_GIVING_UP)) == ["nack", "term"]
    assert [reason for reason, _ in service.last] == ["Forbidden"]


async def test_a_long_wait_is_told_now_and_then() -> None:
    """A hundred retries publish a handful of delays, each once."""
    service = Service()
    for deliveries in range(1, 100):
        await service.deliver(Delivered(body(), deliveries), TransientError("the quota is being read"))
    tries = [told.tries for told in service.told if isinstance(told, WorkloadDelayed)]
    assert tries == list(TELL_AFTER)
    assert len({told.message_id for told in service.told}) == len(TELL_AFTER)


async def test_a_delay_that_cannot_be_told_does_not_keep_from_trying_again() -> None:
    """A delay that cannot be published does not stop the retry."""
    service, message = Service(), Delivered(body(), TELL_AFTER[0])
    service.bus_fails = True
    await service.deliver(message, TransientError("busy"))
    assert message.verdict == "nack"


@pytest.mark.parametrize(
    ("tried_for", "deliveries"), [(601.0, TRIES_BEFORE_GIVING_UP), (1.0, MAX_DELIVER)], ids=["too long", "too often"]
)
async def test_a_world_that_stays_busy_is_given_up(tried_for: float, deliveries: int) -> None:
    """After the time and the tries allowed, the last error ends in GaveUp with the number of tries."""
    service, busy = Service(), TransientError("etcd has no leader")
    assert await service.tries(busy, (0.0, 1), (tried_for, deliveries)) == ["nack", "term"]
    assert service.last == [("GaveUp", f"gave up after {deliveries} tries: etcd has no leader")]


@pytest.mark.parametrize("age", [-3600.0, 3600.0], ids=["behind", "ahead"])
async def test_the_clock_of_another_host_gives_nothing_up(age: float) -> None:
    """What counts is for how long this process has tried: another clock is wrong, or the message lay in a backlog."""
    tries = ((0.0, 1), (599.0, TRIES_BEFORE_GIVING_UP), (601.0, TRIES_BEFORE_GIVING_UP + 1))
    assert await Service().tries(TransientError("busy"), *tries, age=age) == ["nack", "nack", "term"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ForbiddenError("no"), "Forbidden"),
        (InvalidError("no"), "Invalid"),
        (TooLargeError("no"), "TooLarge"),
        (NotFoundError("no"), "InternalError"),
        (PermanentError("no"), "InternalError"),
    ],
)
async def test_what_no_retry_can_help_is_told_with_its_reason_and_put_away(error: PermanentError, reason: str) -> None:
    """A PermanentError ends at once with its reason."""
    service, message = Service(), Delivered(body())
    await service.deliver(message, error)
    assert message.verdict == "term"
    assert service.last == [(reason, "no")]


async def test_a_fault_of_ours_is_tried_again_slowly_and_then_told() -> None:
    """An unexpected exception is retried slowly a few times, then ends in InternalError."""
    service = Service()
    for deliveries in range(1, BUG_TRIES):
        message = Delivered(body(), deliveries)
        await service.deliver(message, KeyError("oh"))
        assert (message.verdict, message.delay, service.last) == ("nack", BUG_DELAY, [])
    message = Delivered(body(), BUG_TRIES)
    await service.deliver(message, KeyError("oh"))
    assert message.verdict == "term"
    assert service.last == [("InternalError", "4 internal errors of the resolver; its log has the details")]
    delays = [told for told in service.told if isinstance(told, WorkloadDelayed)]
    assert [told.tries for told in delays] == list(range(1, BUG_TRIES))
    assert {told.message for told in delays} == {"internal error of the resolver; its log has the details"}


@pytest.mark.parametrize("error", [KeyError("oh"), TransientError("busy")])
async def test_a_delay_of_telling_a_delay_is_not_told(error: Exception) -> None:
    """A delayed message about a delay publishes nothing further."""
    service = Service()
    ref = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid="u", generation=1, resource_version="1")
    delay = WorkloadDelayed(workload=ref, observed_at=datetime.now(UTC), service="creator", message="m", tries=3)
    message = Delivered(delay.model_dump_json(by_alias=True).encode(), TELL_AFTER[0], "workload.delayed")
    await service.deliver(message, error)
    assert (message.verdict, service.told) == ("nack", [])


@pytest.mark.parametrize("trouble", [TransientError("the bus is away"), RuntimeError("a bug")])
async def test_an_end_that_cannot_be_told_is_no_end(trouble: Exception) -> None:
    """As long as the failure cannot be published, the message is kept."""
    service, message = Service(), Delivered(body())
    service.last_fails = trouble
    await service.deliver(message, ForbiddenError("no"))
    assert message.verdict == "nack"


async def test_an_end_that_is_refused_for_good_is_dropped_after_a_few_tries() -> None:
    """An outcome that the bus never accepts does not go round for ever; the watcher reports the workload again."""
    service, verdicts = Service(), []
    service.last_fails = TooLargeError("larger than the bus accepts")
    for deliveries in (1, UNTELLABLE_TRIES - 1, UNTELLABLE_TRIES):
        message = Delivered(body(), deliveries)
        await service.deliver(message, ForbiddenError("no"))
        verdicts.append(message.verdict)
    assert verdicts == ["nack", "nack", "term"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"workload": 1}', b"\xff", b'{"spec": {}}'])
async def test_an_unreadable_message_is_set_aside_and_nobody_is_asked(text: bytes) -> None:
    """A message that cannot be parsed is terminated and never reaches the handler."""
    service, message = Service(), Delivered(text)
    await service.deliver(message, AssertionError("the handler is not to be called"))
    assert (message.verdict, service.last) == ("term", [])


class Full(Bulkhead):
    """Has no room for anything."""

    def __init__(self) -> None:
        super().__init__(1)

    @asynccontextmanager
    async def place(self, *_: Any) -> AsyncIterator[None]:
        raise HandBackError(7.0)
        yield


async def test_what_has_no_room_is_handed_back_and_that_is_no_try() -> None:
    """A message that waited for its namespace still gets all of its tries, and an old one shows that it waits."""
    service = Service()
    roomy, service.consumer.bulkhead = service.consumer.bulkhead, Full()
    for deliveries in range(1, 10):
        message = Delivered(body(age=11.0), deliveries)
        await service.deliver(message, AssertionError("the handler is not to be called"))
        assert (message.verdict, message.delay) == ("nack", 7.0)
    assert service.told
    told = service.told[0]
    assert isinstance(told, WorkloadDelayed)
    assert told.message == "waits until slow submissions of runai-a are done"
    service.consumer.bulkhead = roomy
    message = Delivered(body(), 10)
    await service.deliver(message, RightsError("not yet"))
    assert (message.verdict, service.last) == ("nack", [])


async def test_what_is_handed_back_for_ever_leaves_the_stream() -> None:
    """The broker never delivers a message beyond its limit: it is dropped before, and the watcher reports it again."""
    service, message = Service(), Delivered(body(), MAX_DELIVER)
    service.consumer.bulkhead = Full()
    await service.deliver(message)
    assert message.verdict == "term"


async def test_a_service_that_ends_hands_back_what_arrives() -> None:
    """A service that shuts down returns new messages to the broker."""
    service, message = Service(), Delivered(body())
    service.drain.draining = True
    await service.deliver(message, AssertionError("the handler is not to be called"))
    assert (message.verdict, message.delay) == ("nack", 0.1)


async def test_what_is_in_hand_is_counted_and_its_end_seen() -> None:
    """Shutdown can wait until no message is being handled."""
    service, message = Service(), Delivered(body())
    task = asyncio.create_task(service.deliver(message, lasts=0.05))
    await asyncio.sleep(0.01)
    assert service.drain.in_hand == 1
    assert not service.drain.idle.is_set()
    await asyncio.wait_for(service.drain.idle.wait(), 5)
    await task
    assert (service.drain.in_hand, message.verdict) == (0, "ack")


async def test_a_handler_at_work_keeps_its_message() -> None:
    """A long handler extends its acknowledgement deadline, and stops doing so at its end."""
    service, message = Service(ack_wait=0.06), Delivered(body())
    over = asyncio.Event()
    work = asyncio.create_task(service.deliver(message, lasts=over))
    while message.renewed < 5:  # an exact time would count what a busy machine leaves of it
        await asyncio.sleep(0.01)
    over.set()
    await work
    renewed = message.renewed
    await asyncio.sleep(0.1)
    assert message.renewed == renewed


async def until(over: asyncio.Event, raises: Exception | None = None) -> None:
    """What a handler waits for."""
    await over.wait()
    if raises:
        raise raises


async def test_a_handler_that_only_waits_makes_room_and_its_message_is_held() -> None:
    """A handler that waits frees its worker while the message stays its own."""
    service, message, over = Service(ack_wait=0.03), Delivered(body()), asyncio.Event()
    await asyncio.wait_for(service.deliver(message, rest=until(over)), 5)
    while message.renewed < 3:  # the wait is not over: nobody else may get the message during it
        await asyncio.sleep(0.01)
    assert (message.verdict, service.drain.in_hand) == (None, 1)
    over.set()
    await asyncio.wait_for(service.drain.idle.wait(), 5)
    assert message.verdict == "ack"


@pytest.mark.parametrize(("error", "verdict"), [(TransientError("busy"), "nack"), (ForbiddenError("no"), "term")])
async def test_an_error_in_what_is_waited_for_is_as_one_of_the_handler(error: Exception, verdict: str) -> None:
    """An error after the wait is treated like one of the handler."""
    service, message, over = Service(), Delivered(body()), asyncio.Event()
    await service.deliver(message, rest=until(over, error))
    over.set()
    await asyncio.wait_for(service.drain.idle.wait(), 5)
    assert message.verdict == verdict


async def test_what_is_still_waited_for_is_handed_back_in_the_end() -> None:
    """At shutdown, waiting messages are returned to the broker."""
    service, message = Service(), Delivered(body())
    await service.deliver(message, rest=until(asyncio.Event()))
    await service.drain.hand_back(5)
    assert (message.verdict, message.delay, service.drain.in_hand) == ("nack", 0.1, 0)


def test_waits_are_jittered_and_bounded() -> None:
    """Pauses differ from each other and never exceed their limit."""
    waits = [backoff(deliveries) for deliveries in range(1, 2000)]
    assert max(waits) <= LONGEST_DELAY * 1.25
    assert len(set(waits[100:])) > 1000
