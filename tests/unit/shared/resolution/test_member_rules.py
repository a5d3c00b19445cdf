"""Every rule for every member of every item and value: a valid value is accepted, an invalid one refused in place."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import pytest
import yaml

from shared.parameters import confidential, placement, sentences, storage, types
from shared.parameters.derive import Member, Parameter, parameters, read
from shared.parameters.kinds import KINDS, Kind
from shared.parameters.rules import fitting
from tests.unit.shared.resolution.sources import LEAST, refused
from tests.unit.shared.resolution.strategies import example

TWO: Mapping[type[types.Text], tuple[str, str]] = {
    confidential.EnvironmentValue: ("a", "b"),
    confidential.Token: ("a", "b"),
    types.LabelValue: ("a", "b"),
    types.AnnotationValue: ("a", "b"),
    types.SourcePath: ("/a", "/b"),
    types.MountPath: ("/a", "/b"),
    types.TargetPath: ("/a", "/b"),
    types.Host: ("a", "b"),
    types.Line: ("a", "b"),
    types.LabelKey: ("a", "b"),
    storage.ResourceText: ("a", "b"),
    storage.Size: ("1Gi", "2G"),
    storage.RepositoryAddress: ("https://example.com/a", "https://example.com/b"),
    storage.Revision: ("a", "b"),
    confidential.SecretName: ("a", "b"),
    confidential.Credential: ("SECRET:a,b", "SECRET:a,c"),
    storage.Bucket: ("images", "models"),
    storage.Address: ("https://example.com", "https://example.org"),
    placement.Capability: ("NET_ADMIN", "SYS_PTRACE"),
    placement.WholeQuantity: ("1", "2"),
    placement.PublicAddress: ("https://example.com", "https://example.org"),
}
"""Two values of a type, the smaller one first if they are amounts."""

GRANTED = {"serviceType": {"rules": {"canEdit": True}}}
"""What a policy grants to every trial besides items, so that the rule alone decides."""


class Trial(NamedTuple):
    """A rule as a policy writes it, with a member's value that keeps it and one that breaks it; None if there is none.

    `said` is the sentence for the one that breaks it; `default` is the policy's own value if the rule needs one.
    """

    rule: Mapping[str, Any]
    kept: Any
    broken: Any
    said: str
    default: Any = None


def two(member: Member) -> tuple[Any, Any]:
    """Two values of a member, both of its form."""
    if issubclass(member.type, StrEnum):
        low, high, *_ = member.type
    elif member.type is bool:
        low, high = False, True
    elif member.type is int:
        low = member.adapter.json_schema()["minimum"]
        high = low + 1
    else:
        low, high = TWO[member.type]
    assert read(member.adapter, low) != read(member.adapter, high)
    return low, high


def trials(member: Member) -> Iterator[Trial]:
    """One for every rule that fits the member's type."""
    low, high = two(member)
    shown = sentences.written(low)
    for rule in fitting(member.family):
        match rule.name:
            case "required":
                yield Trial({"required": True}, low, None, sentences.cannot_be_blank())
            case "canEdit":
                yield Trial({"canEdit": False}, low, high, sentences.cannot_be_changed(shown), default=low)
            case "min":
                yield Trial({"min": high}, high, low, sentences.no_less_than(high))
            case "max":
                yield Trial({"max": low}, low, high, sentences.no_greater_than(low))
            case "step":
                even, odd = sorted((low, high), key=lambda number: number % 2)
                yield Trial({"step": 2}, even, odd, sentences.multiple_of("2"))
            case "options":
                yield Trial({"options": [low]}, low, high, sentences.not_an_option([shown]))
            case other:
                raise AssertionError(f"say what keeps and what breaks {other}")


GOVERNED = [
    (kind, parameter) for kind in KINDS for parameter in parameters(kind).values() if parameter.governed_members
]


@pytest.mark.parametrize(("kind", "parameter"), GOVERNED, ids=[f"{kind.name}-{one.name}" for kind, one in GOVERNED])
def test_every_rule_for_every_member(kind: Kind, parameter: Parameter) -> None:
    """For every member of every item, each rule refuses what breaks it and accepts what keeps it."""
    for member in parameter.governed_members.values():
        for trial in trials(member):
            place = f"{member.name} {trial.rule}"
            assert difference(kind, parameter, member, trial, trial.kept) == set(), place
            if trial.broken is None and parameter.omissible:
                continue  # if the value is left out, the label replaces it
            path = (parameter.name, label_of(parameter)) if parameter.itemized else (parameter.name,)
            told = {f"{'.'.join(member.path(path))}: {trial.said}"}
            assert difference(kind, parameter, member, trial, trial.broken) == told, place


def difference(kind: Kind, parameter: Parameter, member: Member, trial: Trial, value: Any) -> set[str]:
    """The sentences about the value with the rule but not without it.

    A member that is required anyway is reported in the same words, with or without a rule.
    """
    spec = {**LEAST.get(kind, {}), parameter.name: stating(parameter, member, value)}
    own = {} if trial.default is None else stating(parameter, member, trial.default)
    default = {**own, **({"rules": {"canAdd": True}} if parameter.itemized else {})}
    place = "itemRules" if parameter.itemized else "memberRules"
    without = (
        set()
        if member.required and value is None
        else set(refused(spec, None, {**GRANTED, parameter.name: default}, kind))
    )
    found = refused(spec, None, {**GRANTED, parameter.name: {**default, place: {member.name: trial.rule}}}, kind)
    assert without <= set(found)
    return set(found) - without


def stating(parameter: Parameter, member: Member, value: Any) -> Mapping[str, Any]:
    """The parameter as the catalogue shows it, with this value of the member; None leaves the member out."""
    if not member.field:
        stated = {} if value is None else {"value": value}
    else:
        others = {name: other for name, other in example(parameter).items() if name != member.name}
        stated = {"value": others if value is None else {**others, member.name: value}}
    return {"items": {label_of(parameter): stated}} if parameter.itemized else stated


def label_of(parameter: Parameter) -> str:
    """The label of the item that the catalogue shows."""
    return str(next(iter(yaml.safe_load(parameter.shown.example))))


def test_there_are_hundreds() -> None:
    """The table of members and rules is not empty."""
    itemized = [member for _, one in GOVERNED if one.itemized for member in one.governed_members.values()]
    assert sum(1 for member in itemized for _ in trials(member)) > 600
