"""How the messages of one subject move: whether any service takes them up."""

import time
from dataclasses import dataclass


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


def queue_now(before: Queue | None, undelivered: int, reached: int) -> Queue:
    """Return the queue as it is now; it moves if messages were given to a service, or none waited."""
    if before is None or not before.undelivered or reached != before.reached:
        return Queue(undelivered, reached, time.monotonic())
    return Queue(undelivered, reached, before.since)
