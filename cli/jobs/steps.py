"""The page of `runai timeline`: a table of all steps of a submission. Pure."""

from typing import TYPE_CHECKING, Final

from cli.printing.tables import table
from shared.inquiry.texts import printable

if TYPE_CHECKING:
    from shared.inquiry.timeline import Timeline

HEADER: Final = ("STEP", "TIME (UTC)", "AFTER", "BY", "WHAT")
TOTALS: Final = (("Submitted", "Submitted"), ("Failed", "Failed"), ("Pod running", "running"))
"""Steps whose distance from the creation is printed below the table, each with its word."""


def page(found: "Timeline") -> list[str]:
    """The lines of the page."""
    rows = [
        (one.step, one.when, one.gap or "-", one.by, ": ".join(filter(None, (one.what, " ".join(one.words.split())))))
        for one in found.entries
    ]
    totals = [f"{word} after {gap}" for step, word in TOTALS if (gap := found.since_begin(step))]
    lines = [*table(HEADER, rows), *(["", f"{', '.join(totals)}."] if totals else [])]
    return [*lines, *(["", *(printable(f"Note: {note}") for note in found.notes)] if found.notes else [])]
