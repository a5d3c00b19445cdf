"""Count the deliveries of messages, and how long messages take."""

import time
from typing import Final

from faststream.nats import NatsMessage

from shared.process.metrics import CONSUMERS, ON_BUS, SLOW, SUBJECT, counter, gauge, histogram

SETTLED: Final = ("done", "last", "dropped")
"""Verdicts after which a message is not delivered again."""
VERDICTS: Final = (
    "`done`; `again`: tried again later, since the cluster is busy; `failed`: the same after an internal error; "
    "`last`: ended with a reason; `handed back`: to another replica or until there is room; `unreadable`; `dropped`: "
    "reported again by the watcher"
)
HANDLED = counter(
    "slipway_messages_total", "Deliveries by what became of them", {**SUBJECT, "verdict": VERDICTS}, ON_BUS
)
REDELIVERED = counter(
    "slipway_redeliveries_total",
    "Deliveries of messages that had been delivered before, to any replica",
    SUBJECT,
    CONSUMERS,
)
IN_HAND = gauge("slipway_messages_in_hand", "Messages being handled now", services=CONSUMERS)
SECONDS = histogram("slipway_handling_seconds", "Seconds from a delivery to its verdict", SUBJECT, CONSUMERS)
HOP = histogram(
    "slipway_hop_seconds",
    "Seconds from the broker's receipt of a message until it is settled: waiting, handling and all tries; by the "
    "clocks of broker and service",
    SUBJECT,
    CONSUMERS,
    SLOW,
)


def count_again(subject: str, message: NatsMessage) -> None:
    """Count a delivery if the message was delivered before."""
    if (message.raw_message.metadata.num_delivered or 1) > 1:
        REDELIVERED.labels(subject).inc()


def count(subject: str, message: NatsMessage, verdict: str, seconds: float) -> None:
    """Count a delivery by what became of it after that many seconds."""
    HANDLED.labels(subject, verdict).inc()
    SECONDS.labels(subject).observe(seconds)
    if verdict in SETTLED:
        HOP.labels(subject).observe(max(0.0, time.time() - message.raw_message.metadata.timestamp.timestamp()))
