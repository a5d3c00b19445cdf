"""The log of readiness: a line when it changes, and one per interval while it does not."""

from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from shared.process.readiness import CHANGE_AFTER, REPEAT_EVERY, Readiness


@dataclass
class Moment:
    """A clock that a test sets, and what is wrong."""

    now: float = 0.0
    need: str | None = None
    other: str | None = None


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def readiness(moment: Moment) -> Readiness:
    """A service with one need and one other check."""
    return Readiness([lambda: moment.need], [lambda: moment.other], clock=lambda: moment.now)


def test_only_what_is_needed_counts_until_the_first_message(moment: Moment, readiness: Readiness) -> None:
    """What follows from a missing need is not named beside it; later, everything is."""
    moment.need, moment.other = "no key", "not connected"
    assert readiness.wrong() == ["no key"]
    readiness.starting = False
    assert readiness.wrong() == ["no key", "not connected"]


def test_a_reason_is_logged_when_it_changes_and_once_per_interval(moment: Moment, readiness: Readiness) -> None:
    """P8: nobody waits for a word, and nobody gets a line each second."""
    with capture_logs() as logs:
        for second in range(300):
            moment.now, moment.need = float(second), "a" if second < 150 else "b" if second < 290 else None
            readiness.note(readiness.wrong())
    told = [(line.get("reason", line["event"]), line.get("seconds")) for line in logs]
    assert told == [("a", 0), ("a", 60), ("a", 120), ("b", 150), ("b", 210), ("b", 270), ("ready", None)]
    assert REPEAT_EVERY == 60


def test_reasons_that_alternate_quickly_do_not_fill_the_log(moment: Moment, readiness: Readiness) -> None:
    """A text with a number in it changes at each look."""
    with capture_logs() as logs:
        for second in range(100):
            moment.now, moment.need = float(second), f"{second} messages wait"
            readiness.note(readiness.wrong())
    assert len(logs) == 100 / CHANGE_AFTER


def test_what_must_hold_once_counts_until_work_is_taken() -> None:
    """A service that can explain what is wrong starts only when all is well, and stays ready later."""
    readiness, away = Readiness([], [], [lambda: "cluster: away"]), ["cluster: away"]
    assert (readiness.missing(), readiness.wrong()) == (away, away)
    readiness.starting = False
    assert (readiness.missing(), readiness.wrong()) == ([], [])
