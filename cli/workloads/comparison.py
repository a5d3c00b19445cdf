"""Compares a workload's frozen values with those it would get if submitted again now. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from cli.printing.tables import table
from shared.inquiry.explanation import Explanation
from shared.inquiry.texts import text_of
from shared.objects import JsonObject
from shared.parameters.secrecy import hidden

HEADER: Final = ("PARAMETER", "SUBMITTED", "NOW", "ORIGIN")
NOTHING: Final = "-"


class Side(NamedTuple):
    """A value and where it comes from; `origin` is None if there is no value."""

    value: Any = None
    """The value as decided."""
    origin: str | None = None
    shown: Any = None
    """The value as it may be shown."""


class Change(NamedTuple):
    """One value or item that would change."""

    path: str
    then: Side
    now: Side

    def to_json(self) -> JsonObject:
        """The change as JSON."""
        sides = {"submitted": self.then, "now": self.now}
        shown = {name: {"value": side.shown, "origin": side.origin} for name, side in sides.items() if side.origin}
        return {"parameter": self.path, **shown}

    def row(self) -> Sequence[str]:
        """The change as a row of the table."""
        now, then = self.now.origin, self.then.origin
        origin = now or NOTHING
        return (
            self.path,
            _text(self.then),
            _text(self.now),
            origin if now == then else f"{origin} (was {then or 'unset'})",
        )


def changes(then: Explanation, now: Explanation) -> list[Change]:
    """Every value that differs, in the order of the catalogue; a different origin alone is not a change."""
    before, after = dict(_values(then)), dict(_values(now))
    paths = dict.fromkeys([*before, *after])
    found = (Change(path, before.get(path, Side()), after.get(path, Side())) for path in paths)
    return [change for change in found if change.then.value != change.now.value]


def lines(found: Sequence[Change]) -> list[str]:
    """The lines of the table."""
    return table(HEADER, [change.row() for change in found])


def _values(explained: Explanation) -> Iterator[tuple[str, Side]]:
    """Every value by its path; items separately, without deleted ones."""
    for name, found in explained.provenance.items():
        value = explained.values.get(name)
        if "origin" in found:
            yield name, Side(value, found["origin"], hidden(name, value))
            continue
        for label, item in found["items"].items():
            if not item.get("deleted"):
                own = (value or {}).get(label)
                yield f"{name}.{label}", Side(own, item["origin"], hidden(name, own, label))


def _text(side: Side) -> str:
    return NOTHING if side.origin is None else text_of(side.shown)
