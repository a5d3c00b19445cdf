"""The template that keeps what a draft and its base state. Pure.

A template has no base of its own, so it states everything that both do. The policy's defaults are left to the policy.
"""

from typing import Final

from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import parameters
from shared.parameters.kinds import Kind
from shared.resolution.merge import Layer, Statements, merge, read_layer
from shared.resolution.model import JsonObject, Origin, Source
from shared.resolution.policy import NO_POLICY, Policy
from shared.resolution.verdict import TEMPLATE

STRENGTH: Final = (Origin.BASE, Origin.WORKLOAD)


def template_spec(kind: Kind, workload: Source, base: Source | None, policy: Policy | None) -> JsonObject:
    """The spec of a template whose user gets what a user of the draft gets, under the same policy."""
    layer = merge(*([read_layer(kind, base)] if base else []), read_layer(kind, workload))
    below = (policy or NO_POLICY).layer
    spec: JsonObject = {"usage": TEMPLATE}
    idle = _given_up(layer)
    for name, parameter in parameters(kind).items():
        if parameter.itemized:
            known = below.items.get(name, {})
            items = {label: _item(said, known.get(label)) for label, said in layer.items.get(name, {}).items()}
            kept: JsonObject = {label: item for label, item in items.items() if item is not None}
            if kept:
                spec[name] = {"items": kept}
        elif (said := layer.values.get(name)) and name not in idle:
            spec[name] = {"value": said[-1].raw} if parameter.shown.wrapped else said[-1].raw
    return spec


def _given_up(layer: Layer) -> set[str]:
    """The parameters that the base states and that give way to another one, which the draft states."""
    found: set[str] = set()
    for group in EXCLUSIVE:
        strengths = {name: STRENGTH.index(layer.values[name][-1].origin) for name in group if name in layer.values}
        found |= {name for name, strength in strengths.items() if strength < max(strengths.values())}
    return found


def _item(said: Statements, below: Statements | None) -> JsonObject | None:
    """The item as the template states it; None if nothing is left to state, as only the base had it."""
    last = said[-1]
    if last.deleted:
        return {"deleted": True} if below else None
    return {"value": last.raw}
