"""How the messages of one subject move: whether any service takes them up."""

import time
from dataclasses import dataclass

from nats.js.api import StreamInfo

from shared.process.metrics import OTHER, SUBJECT, gauge, known_subject

WAITING = gauge(
    "slipway_queue_messages",
    "Messages in the stream, as every watcher counts them",
    {**SUBJECT, "state": "`undelivered`: given to no service yet; `unconfirmed`: given to one that works on it"},
    ("watcher",),
)
STALLED = gauge(
    "slipway_queue_stalled_seconds",
    "Seconds since messages wait and no service takes any, as every watcher sees it",
    SUBJECT,
    ("watcher",),
)
STREAM_BYTES = gauge("slipway_stream_bytes", "Bytes of all messages in the stream", services=("watcher",))
STREAM_LIMIT = gauge(
    "slipway_stream_limit_bytes", "Bytes at which the stream refuses messages; 0 for none", services=("watcher",)
)


@dataclass(frozen=True)
class Queue:
    """Messages of one subject that were not given to any service, and the last one that was."""

    undelivered: int
    reached: int
    since: float
    """Since when (monotonic seconds) messages wait and none is given to a service."""

    @property
    def stuck(self) -> float:
        """Return the seconds since messages wait and none is given to a service."""
        return time.monotonic() - self.since if self.undelivered else 0.0


def show(subject: str, queue: Queue, unconfirmed: int) -> None:
    """Let /metrics show the queue of a subject; subjects of no known message are not shown."""
    if known_subject(subject) == OTHER:
        return
    WAITING.labels(subject, "undelivered").set(queue.undelivered)
    WAITING.labels(subject, "unconfirmed").set(unconfirmed)
    STALLED.labels(subject).set(queue.stuck)


def show_stream(info: StreamInfo) -> None:
    """Let /metrics show how full the stream is."""
    STREAM_BYTES.set(info.state.bytes)
    STREAM_LIMIT.set(max(0, info.config.max_bytes or 0))


def queue_now(before: Queue | None, undelivered: int, reached: int) -> Queue:
    """Return the queue as it is now; it moves if messages were given to a service, or none waited."""
    if before is None or not before.undelivered or reached != before.reached:
        return Queue(undelivered, reached, time.monotonic())
    return Queue(undelivered, reached, before.since)
