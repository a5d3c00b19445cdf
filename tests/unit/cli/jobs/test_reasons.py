"""The pages of `runai why` and `runai timeline`."""

from datetime import UTC, datetime

from cli.jobs.reasons import page
from cli.jobs.steps import page as steps_page
from shared.inquiry.sayings import Outlook
from shared.inquiry.timeline import Entry, Timeline
from shared.inquiry.why import Answer
from shared.inquiry.witnesses import Cause

NOW = datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)


def test_a_reason_has_its_witness_and_its_remedy() -> None:
    """Who says so is quoted on one line, and control characters are text."""
    cause = Cause(
        Outlook.NEVER,
        "it is too big",
        "scheduler s",
        "Pod p",
        "no\n\x1b[31mroom",
        "2026-01-05T09:58:00Z",
        "ask for less",
    )
    assert page(Answer("j", "runai-a", "Pending", [cause], ["events are not known"]), NOW) == [
        "j: Pending. It can never run as it is.",
        "",
        "It is too big.",
        "  About:  Pod p for 2m",
        "  By:     scheduler s: no \\x1b[31mroom",
        "  To do:  ask for less",
        "",
        "Note: events are not known",
    ]


def test_steps_are_a_table_with_totals() -> None:
    """The first question is how long it took until it was submitted, and until it ran."""
    begin = Entry("Created", NOW, "ann", "TrainingWorkload w")
    end = Entry("Submitted", NOW.replace(second=3), "status", after=3.0, roughly=True)
    assert steps_page(Timeline("w", "runai-a", [begin, end], ["a note"])) == [
        "STEP       TIME (UTC)           AFTER  BY      WHAT",
        "Created    2026-01-05 10:00:00  -      ann     TrainingWorkload w",
        "Submitted  2026-01-05 10:00:03  ~3s    status  ",
        "",
        "Submitted after ~3s.",
        "",
        "Note: a note",
    ]
