"""Makes the form from the catalogue, the policy and the provenance of the values. Pure.

A parameter that is added to the catalogue appears in the form without any change here or in the templates.
"""

from dataclasses import replace
from typing import Any

from services.console.form import Field, Form, Section
from services.console.known import Draft, Known
from services.console.marks import Marks
from services.console.rows import table
from services.console.valued import valued
from shared.parameters.derive import Parameter, parameters
from shared.parameters.shown import SECTIONS, Rank


def form_of(draft: Draft, marks: Marks) -> Form:
    """The form that shows the draft."""
    known = Known(draft, marks)
    fields = [_field(known, parameter) for parameter in parameters(draft.kind).values()]
    sections = tuple(
        Section(title, sentence, found)
        for title, sentence in SECTIONS
        if (found := tuple(one for one in fields if one.section == title))
    )
    inside = [problem for section in sections for one in section.fields for problem in one.all_problems()]
    return Form(sections, (*known.elsewhere(), *inside))


def _field(known: Known, parameter: Parameter) -> Field:
    made = (table if parameter.itemized else valued)(known, parameter, _common(known, parameter))
    idle = not made.is_set and not any(made.all_problems())
    return replace(made, folded=idle and (made.rank is Rank.RARE or bool(made.needs)))


def _common(known: Known, parameter: Parameter) -> dict[str, Any]:
    """What every field has."""
    shown = parameter.shown
    return {
        "name": parameter.name,
        "title": shown.title,
        "help": parameter.described(known.titled),
        "section": shown.section,
        "rank": shown.rank,
        "unit": shown.unit,
        "itemized": parameter.itemized,
        "required": known.required(parameter),
        "allowed": known.allowed(parameter),
        "set_by": known.set_by if known.governed(parameter.name) else "",
        "needs": known.needs(parameter),
    }
