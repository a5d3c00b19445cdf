"""The field of a parameter with items: a row for each. Pure."""

from itertools import count
from typing import Any

from services.console.cells import Content, cells_of, title_of
from services.console.form import Field, Row
from services.console.inherited import DELETED, hidden_texts, last_of, shown_texts
from services.console.known import Known
from services.console.origins import MINE, beaten, from_source
from services.console.stated import Loose, place_of
from services.console.texts import payload, texts_of
from shared.parameters import sentences
from shared.parameters.derive import Parameter
from shared.parameters.rules import CanAdd, CanEdit, CanRemove
from shared.resolution.merge import Statement, Statements
from shared.resolution.model import Violation

NONE: Statements = ()


def table(known: Known, parameter: Parameter, common: dict[str, Any]) -> Field:
    """The field; `common` is what every field has. Inherited items come first, then those of the person's own."""
    name, title = parameter.name, common["title"]
    below, mine = known.under.items(name), known.mine.items.get(name, {})
    labels = dict.fromkeys((*below, *mine))
    loose = [one for one in known.draft.loose if one.parameter == name]
    given = known.draft.keys.get(name, {})
    taken = {*given.values(), *(one.row for one in loose)}
    free = (str(number) for number in count() if str(number) not in taken)
    rows = [_row(known, parameter, given.get(label) or next(free), label) for label in labels]
    rows += [_loose_row(known, parameter, one) for one in loose]
    key = next(free)
    here = known.within(name)
    placed = {id(one.violation) for row in rows for one in (*row.problems, *(p for c in row.cells for p in c.problems))}
    rest = [one for one in here if id(one) not in placed]
    full = any(isinstance(rule, CanAdd) for rule in known.under.rules(name).rules)
    blank = Content(parameter, "", f"v.{name}.{key}", texts_of(parameter, None), None)
    return Field(
        **common,
        rows=tuple(rows),
        blank=None if full else Row(key, name, "", cells_of(known, blank)),
        headings=_headings(parameter),
        full=sentences.items_cannot_be_added() if full else "",
        problems=known.problems(rest, f"t.{name}", title, common["allowed"]),
    )


def _headings(parameter: Parameter) -> tuple[str, ...]:
    """The headings of label and controls."""
    label = parameter.shown.headings[0]
    if parameter.members:
        return (label, *(title_of(parameter, member) for member in parameter.members.values()))
    return (label, title_of(parameter, None))


def _row(known: Known, parameter: Parameter, key: str, label: str) -> Row:
    name, place = parameter.name, place_of(parameter.name, label)
    below: Statements = known.under.items(name).get(label, NONE)
    mine = _mine(known, parameter, label)
    top = mine or below[-1]
    said = known.under.said_of_item(parameter, label)
    raw = top.raw if not top.deleted else last_of(below).raw if below else None
    item = known.under.rules(name).items.get(label)
    wrong = known.wrong(name, label)
    locked = not mine and not wrong and _has(item, CanEdit)
    content = Content(parameter, label, f"v.{name}.{key}", shown_texts(parameter, raw, label), raw, locked)
    allowed = known.allowed(parameter, label)
    cells = cells_of(known, content)
    return Row(
        key=key,
        parameter=name,
        label=label,
        cells=cells,
        mark="" if said is None else known.marks.of(place, said, locked=locked),
        pinned=mine is not None and _same(parameter, mine, said),
        pinnable=mine is None and not locked,
        removed=top.deleted,
        origin=MINE if mine else from_source(top.origin, known.under.base),
        beat=tuple(beaten(parameter, reversed(below if mine else below[:-1]), known.under.base, label)),
        locked=locked,
        keeps=sentences.cannot_be_removed() if _has(item, CanRemove) else "",
        allowed=allowed,
        problems=known.problems([*wrong, *_deeper(known, parameter, label)], f"l.{name}.{key}", label, allowed),
        said=said or "",
    )


def _mine(known: Known, parameter: Parameter, label: str) -> Statement | None:
    statements = known.mine.items.get(parameter.name, {}).get(label)
    return statements[-1] if statements else None


def _same(parameter: Parameter, mine: Statement, said: str | None) -> bool:
    """Whether the person's own statement says what is inherited anyway."""
    if mine.deleted:
        return said in (None, DELETED)
    return payload(parameter, texts_of(parameter, mine.raw)) == said


def _has(item: Any, rule: type[CanEdit | CanRemove]) -> bool:
    """Whether the policy has an item that this rule protects."""
    return item is not None and item.default is not None and any(isinstance(one, rule) for one in item.rules)


def _deeper(known: Known, parameter: Parameter, label: str) -> list[Violation]:
    """What is wrong with members that the form does not know."""
    found = (one for one in known.within(parameter.name, label) if len(one.path) > 2)
    return [one for one in found if one.path[2] not in parameter.members]


def _loose_row(known: Known, parameter: Parameter, loose: Loose) -> Row:
    """A row that was typed and is no part of the workload yet."""
    name, key = parameter.name, loose.row
    content = Content(parameter, "", f"v.{name}.{key}", hidden_texts(parameter, loose.texts, loose.label), None)
    problems = known.problems([loose.violation], f"l.{name}.{key}", loose.label or parameter.shown.title)
    return Row(key, name, loose.label, cells_of(known, content), origin=MINE, loose=True, problems=problems)
