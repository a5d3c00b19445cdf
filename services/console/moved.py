"""Values that changed beneath an open form, since its policy or its base was changed. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from services.console.form import NOWHERE, Cell, Field, Form, From, Row
from services.console.inherited import DELETED, Inherited
from services.console.marks import Marks
from services.console.posted import Entry, Posted
from services.console.stated import is_hidden, place_of
from services.console.texts import carried, payload
from shared.inquiry.sources import Sources
from shared.objects import JsonObject
from shared.parameters.derive import Parameter, parameters
from shared.resolution.cross_relations import FOLLOWED
from shared.resolution.model import Path, spelled

NOTHING: Final = "nothing"
SEEN: Final = "seen"
"""The field of the form that says which policy and base it shows."""


class Moved(NamedTuple):
    """A value that the form showed, and what it is now."""

    path: Path
    title: str
    was: str
    now: str
    origin: From

    def __str__(self) -> str:
        whose = f", {self.origin.text}" if self.origin.text else ""
        return f"{self.title}: {self.was or NOTHING} → {self.now or NOTHING}{whose}"

    def to_json(self) -> JsonObject:
        """The change for programs."""
        told = {"parameter": spelled(self.path), "was": self.was, "now": self.now, "origin": self.origin.whose.value}
        return {"path": list(self.path), **told}


def references(sources: Sources) -> str:
    """The policy and the base that values rest on, exactly as they were read."""
    refs = [sources.policy.resource, sources.base] if sources.policy else [None, sources.base]
    return " ".join(f"{one['metadata']['uid']}:{one['metadata']['resourceVersion']}" if one else "-" for one in refs)


def moved_in(form: Form, under: Inherited, posted: Posted, marks: Marks) -> Sequence[Moved]:
    """What a form showed and the person left alone, and is something else now."""
    known = parameters(under.kind)
    found: list[Moved] = []
    for one in form.fields():
        if one.itemized:
            found += _rows(one, known[one.name], posted.rows.get(one.name, {}).values(), marks)
        else:
            found += _value(one, known[one.name], posted.values.get(one.name, Entry()), under, marks)
    return found


def _value(of: Field, parameter: Parameter, entry: Entry, under: Inherited, marks: Marks) -> Iterator[Moved]:
    place = place_of(of.name)
    follows = of.name in FOLLOWED and under.value(of.name) is None
    same = any(marks.fits(entry.mark, place, said) for said in (of.said, under.said(parameter)))
    untouched = _untouched(parameter, place, entry, marks) and not of.mine
    unseen = not entry.mark and not entry.texts and of.is_set and not of.mine and not of.given_up
    if unseen or (entry.mark and untouched and not same and not follows):
        yield Moved((of.name,), of.title, _said(entry), _now(of.cells), of.origin)


def _rows(of: Field, parameter: Parameter, entries: Iterable[Entry], marks: Marks) -> Iterator[Moved]:
    rows = {carried(row.label): row for row in of.rows if row.inherited}
    known: set[str] = set()
    for entry in entries:
        known.add(carried(entry.label))
        place, row = place_of(of.name, entry.label), rows.get(carried(entry.label))
        if entry.mark and _untouched(parameter, place, entry, marks):
            if row is None:
                yield Moved((of.name, entry.label), _title(of, entry.label), _said(entry), "", NOWHERE)
            elif not row.mine and not marks.fits(entry.mark, place, row.said):
                was = DELETED if entry.removed else _said(entry)
                yield Moved((of.name, row.label), _title(of, row.label), was, _row_now(row), row.origin)
    for label, row in rows.items():
        if label not in known and not row.removed:
            yield Moved((of.name, row.label), _title(of, row.label), "", _row_now(row), row.origin)


def _untouched(parameter: Parameter, place: str, entry: Entry, marks: Marks) -> bool:
    said = DELETED if entry.removed else payload(parameter, entry.texts)
    hidden = any(map(is_hidden, entry.texts.values())) and not entry.removed
    return entry.locked or hidden or marks.fits(entry.mark, place, said)


def _title(of: Field, label: str) -> str:
    return f"{of.title} {label}"


def _said(entry: Entry) -> str:
    """What the form said, in one line."""
    return _line(entry.texts.items())


def _now(cells: Sequence[Cell]) -> str:
    return _line((cell.path[-1] if len(cells) > 1 else "", cell.text) for cell in cells)


def _row_now(row: Row) -> str:
    named = len(row.cells) > 1
    return DELETED if row.removed else _line((cell.path[-1] if named else "", cell.text) for cell in row.cells)


def _line(texts: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}={text}" if name else text for name, text in texts if text)
