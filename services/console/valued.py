"""The field of a parameter with a single value. Pure."""

from typing import Any

from pydantic import JsonValue

from services.console.cells import Content, cells_of
from services.console.form import NOWHERE, Beat, Field, From
from services.console.inherited import hidden_texts, shown_texts
from services.console.known import Known, group_of
from services.console.origins import MINE, beaten, from_provenance, from_source
from services.console.stated import place_of
from services.console.texts import is_empty, payload, texts_of
from shared.parameters.derive import Parameter, parameters
from shared.parameters.rules import CanEdit
from shared.resolution.cross_relations import FOLLOWED
from shared.resolution.merge import Statement, names
from shared.resolution.model import Beaten, Origin, Provenance, Source
from shared.resolution.resolve import resolve


def valued(known: Known, parameter: Parameter, common: dict[str, Any]) -> Field:
    """The field; `common` is what every field has."""
    name = parameter.name
    loose = next((one for one in known.draft.loose if one.parameter == name), None)
    mine = (known.mine.values.get(name) or (None,))[-1]
    raw, origin = (mine.raw, MINE) if mine else _now(known, parameter)
    said = payload(parameter, texts_of(parameter, _alone(known, parameter) if mine else raw))
    locked = not mine and not loose and _locked(known, parameter)
    texts = hidden_texts(parameter, loose.texts) if loose else shown_texts(parameter, raw)
    cells = cells_of(known, Content(parameter, "", f"v.{name}", texts, raw, locked))
    placed = {problem.violation for cell in cells for problem in cell.problems}
    rest = [one for one in known.within(name) if one not in placed]
    return Field(
        **common,
        cells=cells,
        mark=known.marks.of(place_of(name), said, locked=locked),
        pinned=mine is not None and payload(parameter, texts_of(parameter, mine.raw)) == said,
        pinnable=mine is None and not locked and not is_empty(parameter, texts),
        origin=MINE if loose else origin,
        beat=_beat(known, parameter, stated=mine is not None),
        locked=locked,
        group=group_of(name),
        picked=known.picked(name),
        problems=known.problems([*rest, *([loose.violation] if loose else [])], cells[0].name, common["title"]),
        said=said,
        given_up=mine is None and known.given_up(name),
    )


def _now(known: Known, parameter: Parameter) -> tuple[JsonValue, From]:
    """The value that the parameter has while the workload does not state it, and where it comes from."""
    base, found = known.under.base, known.draft.result.provenance.get(parameter.name)
    if isinstance(found, Provenance):
        return found.value, from_provenance(parameter, found, base, known.titled)
    statement = known.under.value(parameter.name)
    if statement is None or known.given_up(parameter.name):
        return None, NOWHERE
    return statement.raw, from_source(statement.origin, base)


def _alone(known: Known, parameter: Parameter) -> JsonValue:
    """What the parameter would be if the workload did not state it."""
    statement = known.under.value(parameter.name)
    if statement or parameter.name not in FOLLOWED:
        return statement.raw if statement else parameter.default
    own, draft = names(known.kind), known.draft
    rest = {name: one for name, one in draft.spec.items() if own.get(name) is not parameter}
    mine = Source(Origin.WORKLOAD, None, rest)
    return resolve(known.kind, mine, draft.base, draft.policy).values_set.get(parameter.name)


def _locked(known: Known, parameter: Parameter) -> bool:
    """Whether the policy lets nobody change the value, which is as the policy wants it."""
    rules = known.under.rules(parameter.name).rules
    return any(isinstance(rule, CanEdit) for rule in rules) and not known.wrong(parameter.name)


def _beat(known: Known, parameter: Parameter, *, stated: bool) -> tuple[Beat, ...]:
    """What the value replaced, the strongest first: of this parameter, then of those that gave way to it."""
    weaker = known.under.layer.values.get(parameter.name, ())
    own = beaten(parameter, reversed(weaker if stated else weaker[:-1]), known.under.base)
    found = known.draft.result.provenance.get(parameter.name)
    others = [one for one in found.beat if one.parameter] if isinstance(found, Provenance) else []
    return (*own, *(_beat_other(known, one) for one in others))


def _beat_other(known: Known, one: Beaten) -> Beat:
    parameter = parameters(known.kind)[one.parameter or ""]
    (made,) = beaten(parameter, [Statement(one.origin, "", one.value)], known.under.base)
    return made._replace(parameter=parameter.shown.title)
