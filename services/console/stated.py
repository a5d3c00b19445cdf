"""What a workload must state so that it has what a form shows: only what its reader changed. Pure.

An item is stated whole, with all of its members. A value that means the same as the inherited one is not stated, unless
it is pinned. Empty text means the inherited value, since nothing can unset a value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from services.console.inherited import DELETED, Inherited, last_of, shown_texts
from services.console.marks import Marks
from services.console.posted import Entry, Posted
from services.console.texts import Texts, carried, is_empty, payload, raw_of, texts_of
from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import Parameter, parameters
from shared.parameters.secrecy import HIDDEN
from shared.resolution.cross_relations import FOLLOWED
from shared.resolution.model import JsonObject, Origin, Path, Violation

Kept = Mapping[Path, str]
"""Texts of the person's own that the form did not show, by parameter, label (or row) and member; see `keeping`."""
NOTHING_KEPT: Final[Kept] = {}
PART_HIDDEN: Final = re.compile(rf":{re.escape(HIDDEN)}@")
NOTHING: Final = Entry()


@dataclass(frozen=True, slots=True)
class Loose:
    """What was typed and is no part of the spec, since something about it is wrong; `row` is empty for a value."""

    parameter: str
    row: str
    label: str
    texts: Texts
    violation: Violation


@dataclass(frozen=True, slots=True)
class Stated:
    """The values that the workload states, and what could not be taken into them."""

    spec: JsonObject
    loose: tuple[Loose, ...] = ()
    unknown: tuple[Violation, ...] = ()

    @property
    def problems(self) -> tuple[Violation, ...]:
        """Everything that is wrong with the form itself; the rest is for the verdict on the spec."""
        return (*self.unknown, *(one.violation for one in self.loose))


def stated(under: Inherited, posted: Posted, marks: Marks, kept: Kept = NOTHING_KEPT) -> Stated:
    """The values that a workload states over the inherited ones so that it has what was posted."""
    return _Reading(under, posted, marks, kept).result()


def path_of(parameter: Parameter, label: str, member: str) -> Path:
    """The path of a text, without empty steps."""
    return tuple(step for step in (parameter.name, label, member) if step)


def row_path(parameter: Parameter, row: str, member: str) -> Path:
    """The place of a text in a row that is no part of the workload yet, so that its label does not find it."""
    return parameter.name, "", row, member


def place_of(*path: str) -> str:
    """The place of a value or of an item, as its mark knows it."""
    return "\n".join(map(carried, path))


class _Reading:
    """One reading of a form."""

    def __init__(self, under: Inherited, posted: Posted, marks: Marks, kept: Kept) -> None:
        self.under, self.posted, self.marks, self.kept = under, posted, marks, kept
        self.spec: JsonObject = {}
        self.loose: list[Loose] = []

    def result(self) -> Stated:
        """Everything that is stated, in the order of the catalogue."""
        for name, parameter in parameters(self.under.kind).items():
            if parameter.itemized:
                self._items(parameter, self.posted.rows.get(name, {}))
            elif name in self.posted.values and not self._passed_over(name):
                self._value(parameter, self.posted.values[name])
        message = sentences.unknown_parameter(self.under.kind.name)
        unknown = tuple(Violation((name,), message, origin=Origin.WORKLOAD) for name in self.posted.unknown)
        return Stated(self.spec, tuple(self.loose), unknown)

    def _passed_over(self, name: str) -> bool:
        """Whether the person chose another one of the parameters that exclude this one."""
        group = next((group for group in EXCLUSIVE if name in group), (name,))
        return self.posted.picked.get(group[0], name) != name

    # ------------------------------------------------------------ values
    def _value(self, parameter: Parameter, entry: Entry) -> None:
        statement = self.under.value(parameter.name)
        below = statement.raw if statement else parameter.default
        if entry.locked or (is_empty(parameter, entry.texts) and not entry.empty):
            return
        texts = self._shown(parameter, "", "", entry.texts, below)
        if texts is None:
            self._let_go(parameter, "", entry, sentences.hidden_part())
        elif entry.pinned or (texts and self._changed(parameter, entry, texts)):
            raw = raw_of(parameter, texts, self.under.demanded(parameter.name), entry.empty)
            self.spec[parameter.name] = {"value": raw} if parameter.shown.wrapped else raw

    def _changed(self, parameter: Parameter, entry: Entry, texts: Texts) -> bool:
        said = payload(parameter, texts)
        if self.marks.fits(entry.mark, place_of(parameter.name), said):
            return False
        return bool(entry.mark and self._depends(parameter.name)) or said != self.under.said(parameter)

    def _depends(self, name: str) -> bool:
        """Whether other values of the form have a part in what a parameter is without being stated."""
        if name in FOLLOWED and self.under.value(name) is None:
            return True
        others = next((group for group in EXCLUSIVE if name in group), ())
        return any(other != name and other in self.posted.values and self._counts(other) for other in others)

    def _counts(self, other: str) -> bool:
        """Whether the person states another one of the parameters that exclude each other."""
        entry = self.posted.values[other]
        parameter = parameters(self.under.kind)[other]
        if self._passed_over(other) or entry.locked or is_empty(parameter, entry.texts):
            return False
        return not self.marks.fits(entry.mark, place_of(other), payload(parameter, entry.texts))

    # ------------------------------------------------------------ items
    def _items(self, parameter: Parameter, rows: Mapping[str, Entry]) -> None:
        items: JsonObject = {}
        present: set[str] = set()
        labels = {carried(label): label for label in self.under.items(parameter.name)}
        for row, entry in rows.items():
            label = labels.get(carried(entry.label), entry.label) if entry.mark else entry.label.strip()
            if not entry.mark and not entry.pinned and (entry.removed or _is_blank(parameter, label, entry)):
                continue
            item = self._item(parameter, label, row, entry)
            if isinstance(item, str):
                self._let_go(parameter, row, entry, item)
            elif not entry.mark and (not label or (label in present and not entry.removed)):
                self._let_go(parameter, row, entry, sentences.label_twice() if label else sentences.no_label())
            else:
                items |= {} if item is None else {label: item}
                present |= set() if entry.removed else {label}
        if items:
            self.spec[parameter.name] = {"items": items}

    def _item(self, parameter: Parameter, label: str, row: str, entry: Entry) -> JsonObject | str | None:
        """What is stated of an item; None for nothing, and a sentence if that cannot be said."""
        known, place = self.under.said_of_item(parameter, label), place_of(parameter.name, label)
        if entry.removed:
            same = known in (None, DELETED) or self.marks.fits(entry.mark, place, DELETED)
            return None if same and not entry.pinned else {"deleted": True}
        if entry.locked:
            return None
        below = last_of(self.under.items(parameter.name)[label]).raw if known else None
        texts = self._shown(parameter, label, row, entry.texts, below)
        if texts is None:
            return sentences.hidden_part()
        said = payload(parameter, texts)
        if not texts or (not entry.pinned and (said == known or self.marks.fits(entry.mark, place, said))):
            return None
        raw = raw_of(parameter, texts, self.under.demanded(parameter.name), entry.empty)
        return {} if raw == "" and parameter.omissible else {"value": raw}

    # ------------------------------------------------------------ secrets, and what is wrong
    def _shown(self, parameter: Parameter, label: str, row: str, texts: Texts, below: JsonValue) -> Texts | None:
        """The texts with the secrets that the form did not show, empty if all were inherited; None if one is lost."""
        if not any(map(is_hidden, texts.values())):
            return texts
        shown, real = shown_texts(parameter, below, label), texts_of(parameter, below)
        found: dict[str, str] = {}
        for member, text in texts.items():
            own = self.kept.get(path_of(parameter, label, member))
            kept = self.kept.get(row_path(parameter, row, member), own)
            if not is_hidden(text):
                found[member] = text
            elif kept is not None:
                found[member] = kept
            elif text == shown[member]:
                found[member] = real[member]
            elif text != HIDDEN or _hides(parameter, label, member):
                return {} if all(one in (HIDDEN, "") for one in texts.values()) else None
            else:
                found[member] = text
        return found

    def _let_go(self, parameter: Parameter, row: str, entry: Entry, message: str) -> None:
        label = entry.label if entry.mark else entry.label.strip()
        path = (parameter.name, label) if label else (parameter.name,)
        violation = Violation(path, message, origin=Origin.WORKLOAD)
        self.loose.append(Loose(parameter.name, row, label, dict(entry.texts), violation))


def is_hidden(text: str) -> bool:
    """Whether a text may stand for one that the form did not show."""
    return text == HIDDEN or PART_HIDDEN.search(text) is not None


def _hides(parameter: Parameter, label: str, member: str) -> bool:
    """Whether a form never shows the text of a member."""
    if parameter.itemized and not label:
        return bool(parameter.confidential)
    of_type = parameter.confidential.get(member)
    return of_type is not None and of_type.hides(label)


def _is_blank(parameter: Parameter, label: str, entry: Entry) -> bool:
    """Whether nothing was typed into a new row."""
    return not label and is_empty(parameter, entry.texts) and not entry.empty
