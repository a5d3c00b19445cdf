"""The New Job form as data: sections of fields, with the value of each, its origin and what is wrong with it. Pure.

The templates only draw it. `fields` makes it from the catalogue, the policy and the provenance of the values.

A control that is `locked` is shown read-only, and its text is posted all the same: as a hidden field if the browser
would not post the control. A switch comes after a hidden field of its name that says `false`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from services.console.widgets import Control
from shared.objects import JsonObject
from shared.parameters.shown import Rank
from shared.resolution.model import Path, Violation


class Whose(StrEnum):
    """Who a value comes from."""

    POLICY = "policy"
    BASE = "base"
    MINE = "mine"
    BUILT_IN = "builtin"
    NOBODY = ""


class From(NamedTuple):
    """Where a value comes from; `text` says it to people."""

    whose: Whose
    text: str


NOWHERE = From(Whose.NOBODY, "")


class Beat(NamedTuple):
    """A value that a stronger one replaced; `parameter` is its title if it belongs to another parameter."""

    origin: From
    text: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place of the form."""

    violation: Violation
    anchor: str
    """The id of the control, of the row's label or of the table; empty if the form has no such place."""
    title: str
    """The place as the form calls it."""
    allowed: str = ""
    """What the policy allows there, such as `1 to 4`."""
    set_by: str = ""
    """The policy that sets the rule; empty for the system."""

    @property
    def message(self) -> str:
        """The sentence, without the place."""
        return self.violation.message

    def __str__(self) -> str:
        return str(self.violation)


Problems = tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One control: of a value, or of a member."""

    path: Path
    member: str
    """The member that it is for; empty for the value itself."""
    name: str
    """Its name and id: `v.gpu`, `v.ports.2.container`."""
    title: str
    help: str
    unit: str
    control: Control
    text: str
    required: bool = False
    locked: bool = False
    empty: str = ""
    """The name of the hidden field that says that empty text is the value; without a name, there is none."""
    allowed: str = ""
    problems: Problems = ()


@dataclass(frozen=True, slots=True)
class Row:
    """An item of a parameter; `key` is the row's number. The label of a new item can be typed, and has no mark."""

    key: str
    parameter: str
    label: str
    cells: tuple[Cell, ...]
    mark: str = ""
    pinned: bool = False
    pinnable: bool = False
    """Whether pinning it would change anything: it is the inherited one."""
    removed: bool = False
    """Whether it is deleted; it stays in sight, and can be restored."""
    origin: From = NOWHERE
    beat: tuple[Beat, ...] = ()
    locked: bool = False
    keeps: str = ""
    """Why it cannot be removed; empty if it can."""
    loose: bool = False
    """Whether something is wrong with it so that it is no part of the workload yet."""
    allowed: str = ""
    problems: Problems = ()
    """What is wrong with the row itself; the cells have their own."""
    said: str = field(default="", repr=False)
    """What it says by inheritance: never to be shown, since it may hold a secret."""

    @property
    def name(self) -> str:
        """The end of the names of its fields: `ports.2`."""
        return f"{self.parameter}.{self.key}"

    @property
    def inherited(self) -> bool:
        """Whether policy or base have an item of this label, so that the label cannot be changed."""
        return bool(self.mark)

    @property
    def mine(self) -> bool:
        """Whether the workload itself states it or deletes it."""
        return self.origin.whose is Whose.MINE


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter. One with a value has a cell, or one for each member; an itemized one has rows."""

    name: str
    title: str
    help: str
    section: str
    rank: Rank
    unit: str
    itemized: bool
    cells: tuple[Cell, ...] = ()
    rows: tuple[Row, ...] = ()
    blank: Row | None = None
    """An empty row for a new item; None if the policy allows none. No other row has its key."""
    headings: tuple[str, ...] = ()
    """Of the rows: that of the label first."""
    mark: str = ""
    pinned: bool = False
    pinnable: bool = False
    """Whether pinning it would change anything: it has the inherited value."""
    origin: From = NOWHERE
    beat: tuple[Beat, ...] = ()
    locked: bool = False
    required: bool = False
    allowed: str = ""
    set_by: str = ""
    """The policy that governs it; empty if none does."""
    full: str = ""
    """Why no item can be added; empty if some can."""
    group: tuple[str, ...] = ()
    """The parameters of which only one counts, this one among them; empty if it stands for itself."""
    picked: bool = False
    """Whether it is the one of its group that counts."""
    needs: str = ""
    """What it has no use without, if that is missing: `Only with MPI.`"""
    folded: bool = False
    """Whether there is no reason to show it unless somebody asks."""
    problems: Problems = ()
    """What is wrong with the parameter itself; cells and rows have their own."""
    said: str = field(default="", repr=False)
    """What it says by inheritance: never to be shown, since it may hold a secret."""
    given_up: bool = False
    """Whether its inherited value gives way to another parameter of its group."""

    @property
    def mine(self) -> bool:
        """Whether the workload itself states something of it."""
        return self.origin.whose is Whose.MINE or any(row.mine for row in self.rows)

    @property
    def is_set(self) -> bool:
        """Whether anybody states it: the workload, its base or the policy."""
        return self.origin.whose not in (Whose.BUILT_IN, Whose.NOBODY) or any(not row.removed for row in self.rows)

    def all_problems(self) -> Iterator[Problem]:
        """Everything that is wrong with it, in the order of the form."""
        yield from self.problems
        for one in self.cells:
            yield from one.problems
        for row in self.rows:
            yield from row.problems
            for one in row.cells:
                yield from one.problems


@dataclass(frozen=True, slots=True)
class Section:
    """A group of fields, in the order of the catalogue."""

    title: str
    sentence: str
    fields: tuple[Field, ...]

    @property
    def mine(self) -> int:
        """How many of its fields the workload states."""
        return sum(one.mine for one in self.fields)

    @property
    def set(self) -> int:
        """How many of its fields anybody states."""
        return sum(one.is_set for one in self.fields)

    @property
    def wrong(self) -> int:
        """How many mistakes there are in it."""
        return sum(1 for one in self.fields for _ in one.all_problems())


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form."""

    sections: tuple[Section, ...]
    problems: Problems
    """All problems in the order of the form, those of no place of it first: for the summary."""

    def fields(self) -> Iterator[Field]:
        """All fields, in the order of the form."""
        for section in self.sections:
            yield from section.fields

    def field(self, name: str) -> Field:
        """The field of a parameter; raises KeyError if there is none."""
        return {one.name: one for one in self.fields()}[name]


def problem_json(problem: Problem) -> JsonObject:
    """A problem as JSON: the violation with what the policy allows."""
    return {**problem.violation.to_json(), **({"allowed": problem.allowed} if problem.allowed else {})}
