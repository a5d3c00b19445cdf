"""The bus without a broker: how messages are published, what a refusal means, and no hot loop on failed requests."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import nats.errors
import nats.js.errors
import pytest
from nats.js.api import StreamConfig, StreamInfo, StreamState

from shared.errors import PermanentError, TransientError
from shared.messages import MESSAGES, STREAM, STREAM_CONFIG, WorkloadObserved, WorkloadRef
from shared.parameters.limits import MAX_MESSAGE_BYTES
from shared.process.bus import Bus, _Patient, crowded
from shared.process.delivery import Drain
from shared.process.settings import SharedSettings


@pytest.fixture
def bus() -> Bus:
    return Bus("resolver", SharedSettings(ack_wait=7))


def observed(attempt: int = 1, **spec: Any) -> WorkloadObserved:
    ref = WorkloadRef(
        kind="TrainingWorkload", namespace="runai-a", name="w", uid="u", generation=2, resource_version="1"
    )
    return WorkloadObserved(workload=ref, attempt=attempt, observed_at=datetime.now(UTC), spec=spec)


class Publishing:
    """Stands in for the broker: records what was published, or fails."""

    def __init__(self, bus: Bus, monkeypatch: pytest.MonkeyPatch, fails: BaseException | None = None) -> None:
        self.published: list[tuple[bytes, str, dict[str, Any]]] = []
        self._fails = fails
        monkeypatch.setattr(bus.broker, "publish", self)

    async def __call__(self, body: bytes, subject: str, **how: Any) -> None:
        if self._fails:
            raise self._fails
        self.published.append((body, subject, how))


async def test_a_message_is_published_to_the_stream_with_its_identity(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt has its own message id, and the stream is named so that a loss is noticed."""
    publishing = Publishing(bus, monkeypatch)
    await bus.tell(observed())
    await bus.tell(observed(attempt=2))
    identities = [how["headers"]["Nats-Msg-Id"] for _, _, how in publishing.published]
    assert identities == ["u:2:1:workload.observed", "u:2:2:workload.observed"]
    body, subject, how = publishing.published[0]
    assert (subject, how["stream"]) == ("workload.observed", STREAM)
    assert WorkloadObserved.model_validate_json(body).workload.uid == "u"


@pytest.mark.parametrize(
    "trouble",
    [
        nats.errors.TimeoutError(),
        nats.errors.ConnectionClosedError(),
        nats.errors.OutboundBufferLimitError(),
        nats.js.errors.NoStreamResponseError(),
        nats.js.errors.APIError(code=503, err_code=10077, description="maximum bytes exceeded"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_broker_that_does_not_take_a_message_is_busy(
    trouble: Exception, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing or negative acknowledgement is a TransientError that names the subject."""
    Publishing(bus, monkeypatch, trouble)
    with pytest.raises(TransientError, match="did not accept workload"):
        await bus.tell(observed())


async def test_a_message_that_is_too_large_is_not_even_tried(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message beyond the limit is refused before it reaches the broker."""
    publishing = Publishing(bus, monkeypatch)
    with pytest.raises(PermanentError, match="KiB"):
        await bus.tell(observed(text="x" * 2 * MAX_MESSAGE_BYTES))
    assert publishing.published == []


async def test_a_consumer_is_durable_waits_for_confirmation_and_has_an_end(bus: Bus) -> None:
    """The consumer is durable, acknowledges explicitly and has a limit of deliveries."""

    async def on_last(*_: Any) -> None:
        raise AssertionError

    @bus.consumes(WorkloadObserved, on_last=on_last, workers=3, give_up_after=60)
    async def on_workload_observed(event: WorkloadObserved) -> None:
        raise AssertionError

    (config,) = bus._configs.values()
    assert (config.durable_name, config.filter_subject) == ("resolver-workload-observed", "workload.observed")
    assert str(config.ack_policy) in ("explicit", "AckPolicy.EXPLICIT")
    assert (config.ack_wait, config.max_deliver) == (7, 200)


def test_the_stream_takes_every_message_and_refuses_rather_than_drop() -> None:
    """The stream has the subjects of all messages, and a full one refuses new messages."""
    patterns = {f"{message.subject.split('.')[0]}.*" for message in MESSAGES}
    assert patterns == set(STREAM_CONFIG.subjects or ())
    assert (STREAM_CONFIG.discard, STREAM_CONFIG.retention) == ("new", "workqueue")
    assert (STREAM_CONFIG.max_msg_size or 0) >= MAX_MESSAGE_BYTES


@pytest.mark.parametrize(
    ("held", "allowed", "said"),
    [
        (0, 1024**3, None),
        (900 * 1024**2, 1024**3, None),
        (
            950 * 1024**2,
            1024**3,
            "its stream is nearly full, 950 of 1024 MiB; most are workload.resolved: is the service that reads them "
            "running?",
        ),
        (950 * 1024**2, -1, None),
    ],
)
def test_a_stream_that_is_nearly_full_is_told_of(held: int, allowed: int, said: str | None) -> None:
    """A stream that is nearly full is described by its size and its largest subject."""
    subjects = {"workload.observed": 3, "workload.resolved": 9000}
    state = StreamState(messages=9003, bytes=held, first_seq=1, last_seq=9003, consumer_count=5, subjects=subjects)
    assert crowded(StreamInfo(config=StreamConfig(max_bytes=allowed), state=state)) == said


class Subscription:
    """A pull subscription that always fails at once."""

    def __init__(self, fails: BaseException) -> None:
        self.asked = 0
        self._fails = fails

    async def fetch(self, batch: int, timeout: float | None) -> list[Any]:  # noqa: ASYNC109 - as nats-py has it
        self.asked += 1
        raise self._fails


@pytest.mark.parametrize(
    "trouble",
    [
        nats.js.errors.NotFoundError(),
        nats.js.errors.ServiceUnavailableError(),
        nats.errors.NoRespondersError(),
        nats.errors.ConnectionClosedError(),
        nats.errors.ConnectionReconnectingError(),
        OSError("gone"),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_asking_a_broker_that_has_nothing_to_give_is_no_hot_loop(trouble: Exception) -> None:
    """Errors of a fetch are followed by a pause, whatever the error."""
    subscription = Subscription(trouble)
    patient = _Patient(subscription, Drain())

    async def ask() -> None:
        while True:
            with pytest.raises(TimeoutError):
                await patient.fetch(1, 5.0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(), 0.6)
    assert 1 <= subscription.asked <= 4


async def test_a_service_that_ends_asks_for_nothing_more() -> None:
    """A service that shuts down fetches no further message."""
    subscription, drain = Subscription(AssertionError("asked")), Drain(draining=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_Patient(subscription, drain).fetch(1, 5.0), 0.3)
    assert subscription.asked == 0
