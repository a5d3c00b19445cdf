"""The page of `runai explain`: every value of a workload, and where it comes from. Pure."""

from typing import Final

from cli.printing.tables import table
from shared.inquiry.explained_values import facts_of, values_of
from shared.inquiry.explanation import Explanation
from shared.inquiry.texts import printable

NOTHING: Final = "-"
HEADER: Final = ("PARAMETER", "VALUE", "ORIGIN", "OVERRODE", "RULES")
WIDTH: Final = len("Scheduler: ")


def page(explained: Explanation) -> list[str]:
    """The lines of the page: the sources, and a table with every value."""
    rows = [
        (one.path, one.text, one.origin, "; ".join(one.overrode) or NOTHING, one.rules or NOTHING)
        for one in values_of(explained)
    ]
    notes = [_line("Note", note) for note in explained.notes]
    return [*head(explained), *notes, "", *table(HEADER, rows)] if rows else [*head(explained), *notes]


def head(explained: Explanation) -> list[str]:
    """The sources of the values and, for a failed workload, the reason."""
    return [_line(name, text) for name, text in facts_of(explained)]


def _line(name: str, text: str) -> str:
    return f"{name + ':':<{WIDTH}}{printable(text)}"
