"""What a workload has if it states nothing itself: from its base, from the policy, or built in. Pure."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from services.console.texts import Texts, payload, texts_of
from shared.parameters.derive import Parameter, Unreadable
from shared.parameters.kinds import Kind
from shared.parameters.rules import Required
from shared.parameters.secrecy import hidden
from shared.resolution.merge import Layer, Statement, Statements, merge, read_layer
from shared.resolution.model import Source
from shared.resolution.policy import NO_POLICY, ParameterRules, Policy

DELETED: Final = "deleted"
"""What an item says that is deleted."""
NO_RULES: Final = ParameterRules()
SECRET_LABEL: Final = "password"  # noqa: S105 - the label of one
"""Stands for a label that is not known yet."""


@dataclass(frozen=True)
class Inherited:
    """The statements of policy and base, the weaker first."""

    kind: Kind
    policy: Policy
    base: str
    """The name of the base workload; empty if there is none."""
    layer: Layer
    existing: Mapping[str, Mapping[str, Statements]]
    """The statements about each item that exists, or that the base deletes; by parameter and label."""

    def rules(self, name: str) -> ParameterRules:
        """The policy's rules for a parameter."""
        return self.policy.rules.get(name, NO_RULES)

    def demanded(self, name: str) -> frozenset[str]:
        """The members of a parameter that the policy requires."""
        members = self.rules(name).members
        return frozenset(one.member.name for one in members if any(isinstance(rule, Required) for rule in one.rules))

    def value(self, name: str) -> Statement | None:
        """The strongest statement about a parameter with a value; None if there is none."""
        statements = self.layer.values.get(name)
        return statements[-1] if statements else None

    def items(self, name: str) -> Mapping[str, Statements]:
        """All statements about each item of a parameter that exists, or that the base deletes; by label."""
        return self.existing.get(name, {})

    def said(self, parameter: Parameter) -> str:
        """What the control of a parameter says if neither the workload nor another value has a part in it."""
        statement = self.value(parameter.name)
        raw = statement.raw if statement else parameter.default
        return payload(parameter, texts_of(parameter, raw))

    def said_of_item(self, parameter: Parameter, label: str) -> str | None:
        """What the row of an item says; None if there is no such item."""
        said = self.items(parameter.name).get(label)
        if said is None:
            return None
        return DELETED if said[-1].deleted else payload(parameter, texts_of(parameter, last_of(said).raw))


def inherited(kind: Kind, policy: Policy | None, base: Source | None) -> Inherited:
    """What workloads of the kind inherit under the policy from the base, either of which may be missing."""
    policy = policy or NO_POLICY
    layer = merge(policy.layer, read_layer(kind, base)) if base else policy.layer
    existing = {name: _existing(items) for name, items in layer.items.items()}
    return Inherited(kind, policy, base.ref.name if base and base.ref else "", layer, existing)


def _existing(items: Mapping[str, Statements]) -> Mapping[str, Statements]:
    return {label: said for label, said in items.items() if not all(one.deleted for one in said)}


def last_of(said: Statements) -> Statement:
    """The last statement that is no deletion; there is one."""
    return next(one for one in reversed(said) if not one.deleted)


def real_texts(parameter: Parameter, raw: JsonValue) -> Texts:
    """The texts for a value as it is written, in canonical spelling, with the secrets in it."""
    with suppress(Unreadable):
        raw = parameter.write(parameter.read(raw))
    return texts_of(parameter, raw)


def hidden_texts(parameter: Parameter, texts: Texts, label: str = "") -> Texts:
    """Texts that were typed, without secrets; those of an item without a label may all be some."""
    known = label or (SECRET_LABEL if parameter.itemized else "")
    return {member: hidden(parameter.name, text, known, member) if text else text for member, text in texts.items()}


def shown_texts(parameter: Parameter, raw: JsonValue, label: str = "") -> Texts:
    """The texts that a form may show for a value as it is written: in canonical spelling, without secrets."""
    with suppress(Unreadable):
        raw = parameter.write(parameter.read(raw))
    return texts_of(parameter, hidden(parameter.name, raw, label))
