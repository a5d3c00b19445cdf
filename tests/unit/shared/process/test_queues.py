"""Whether anybody takes up the messages of a subject."""

import pytest

from shared.process.queues import Queue, queue_now


@pytest.mark.parametrize(
    ("before", "undelivered", "reached", "stands"),
    [
        (None, 5, 0, False),
        (Queue(5, 0, 1.0), 5, 0, True),
        (Queue(5, 0, 1.0), 9, 0, True),
        (Queue(5, 0, 1.0), 9, 3, False),
        (Queue(0, 7, 1.0), 1, 7, False),
    ],
    ids=["new", "same", "more wait", "some were taken", "none waited before"],
)
def test_a_queue_stands_while_messages_wait_and_none_is_taken(
    before: Queue | None, undelivered: int, reached: int, stands: bool
) -> None:
    """The time counts from the first message that nobody takes, and begins anew with every one taken."""
    now = queue_now(before, undelivered, reached)
    assert (now.since == 1.0) is stands
    assert (now.stuck > 1.0) is stands


def test_an_empty_queue_is_never_stuck() -> None:
    """Nothing waits, so nobody is missing."""
    assert Queue(0, 7, 1.0).stuck == 0.0
