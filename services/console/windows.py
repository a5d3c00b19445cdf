"""The part of a list that a page shows, and how to turn one such part into the next. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import blake2b
from itertools import takewhile
from typing import Final

from services.console.list_rows import Columns, Row
from services.console.query import Place, Query, marked, place_in

SIZE: Final = 200
"""Rows of a page: more are read by nobody, and each live change costs time per row."""
MOST_USERS: Final = 100
"""Users that a filter offers."""


@dataclass(frozen=True)
class Window:
    """The rows of a page, with what is known of all others."""

    rows: tuple[Row, ...] = ()
    first: int = 0
    """The number of its first row among all that match, from 1; 0 if there is none."""
    matching: int = 0
    """How many rows match the query."""
    counts: tuple[tuple[str, int], ...] = ()
    """How many rows have each status, among those that match all of the query but its status."""
    users: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    earlier: str = ""
    """The place before which the page before this one is; empty if there is none."""
    later: str = ""

    @property
    def last(self) -> int:
        """The number of its last row among all that match."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def any_status(self) -> int:
        """How many rows match all of the query but its status."""
        return sum(count for _, count in self.counts)

    @property
    def digest(self) -> str:
        """A text that differs if anything that the page shows differs."""
        return blake2b(repr(self).encode(errors="backslashreplace"), digest_size=9).hexdigest()


def window(rows: Iterable[Row], query: Query, columns: Columns, size: int = SIZE) -> Window:
    """The page that the query asks for."""
    every = list(rows)
    alike = [row for row in every if _matches(row, query)]
    found = [row for row in alike if query.status in ("", row.status)]
    name, backwards = columns.order(query.sort)

    def place(row: Row) -> Place:
        return columns.value(row, name), row.name, row.key

    found.sort(key=place, reverse=backwards)
    start = _start([place(row) for row in found], query, size, backwards=backwards)
    shown = found[start : start + size]
    return Window(
        rows=tuple(shown),
        first=start + 1 if shown else 0,
        matching=len(found),
        counts=_counted(alike),
        users=tuple(sorted({row.user for row in every if row.user})[:MOST_USERS]),
        kinds=tuple(sorted({row.kind for row in every if row.kind})),
        earlier=marked(place(shown[0])) if shown and start else "",
        later=marked(place(shown[-1])) if start + size < len(found) else "",
    )


def _matches(row: Row, query: Query) -> bool:
    if query.kind not in ("", row.kind) or query.user not in ("", row.user):
        return False
    return not query.q or all(word in row.text for word in query.q.lower().split())


def _counted(rows: Sequence[Row]) -> tuple[tuple[str, int], ...]:
    """Each status with its count, the most frequent first; statuses as frequent are in the order of the alphabet."""
    counted = Counter(row.status for row in rows if row.status)
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _start(places: Sequence[Place], query: Query, size: int, *, backwards: bool) -> int:
    """The index of the first row to show: the rows are in order, and the one at the place may be gone."""
    wanted = place_in(query.after or query.before)
    if wanted is None:
        return 0
    until = wanted  # what is before it in this order
    ahead = sum(1 for _ in takewhile(lambda one: one > until if backwards else one < until, places))
    if query.after:
        return ahead + (places[ahead : ahead + 1] == [until])
    return max(0, ahead - size)


@dataclass(frozen=True)
class Removed:
    """A row leaves the page."""

    key: str


@dataclass(frozen=True)
class Changed:
    """A row stays where it is, and shows something else."""

    row: Row


@dataclass(frozen=True)
class Placed:
    """Rows come in before the row of that key, which stays; at the end for None."""

    rows: tuple[Row, ...]
    before: str | None


Step = Removed | Changed | Placed


def steps(before: Sequence[Row], after: Sequence[Row]) -> list[Step]:
    """What turns the first rows into the second, to be done in this order.

    A row that moves leaves and comes in again; every other one keeps its element, so what a person does with it stays.
    """
    old, new = [row.key for row in before], [row.key for row in after]
    known = {row.key: row for row in before}
    gone: list[Step] = []
    placed: list[Step] = []
    changed: list[Step] = []
    for tag, start, end, at, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            changed += [Changed(row) for row in after[at:until] if known[row.key] != row]
            continue
        gone += [Removed(key) for key in old[start:end]]
        if at < until:
            placed.append(Placed(tuple(after[at:until]), old[end] if end < len(old) else None))
    return [*gone, *placed, *changed]
