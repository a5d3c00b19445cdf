"""The page of `runai why`: the outlook of a job, and every cause. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from shared.inquiry.texts import printable
from shared.inquiry.times import age

if TYPE_CHECKING:
    from shared.inquiry.why import Answer
    from shared.inquiry.witnesses import Cause


def page(answer: "Answer", now: datetime) -> list[str]:
    """The lines of the page."""
    lines = [f"{answer.name}: {answer.status}. {answer.outlook.headline}"]
    for cause in answer.causes:
        lines += ["", *_cause(cause, now)]
    lines += ["", *(f"Note: {note}" for note in answer.notes)] if answer.notes else []
    return [printable(line) for line in lines]


def _cause(cause: "Cause", now: datetime) -> Iterator[str]:
    yield f"{cause.sentence[:1].upper()}{cause.sentence[1:]}."
    since = f" for {age(cause.since, now)}" if cause.since else ""
    yield f"  About:  {cause.about}{since}"
    said = " ".join(cause.words.split())
    yield f"  By:     {cause.by}{': ' if said else ''}{said}"
    if cause.remedy:
        yield f"  To do:  {cause.remedy}"
