"""What is known of a draft besides the value of a parameter: relations, rules and mistakes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from services.console.form import Problem
from services.console.inherited import Inherited, inherited
from services.console.marks import Marks
from services.console.stated import Loose
from shared.inquiry.allowed import in_words
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import Member, Parameter, Unreadable, parameters, same
from shared.parameters.kinds import Kind
from shared.parameters.relations import never_with, only_if
from shared.parameters.rules import Required
from shared.parameters.secrecy import hidden_default, hidden_rules
from shared.parameters.shown import Condition, Either, Rank
from shared.resolution.cross_relations import known_unmet, met
from shared.resolution.merge import Layer, Statements, read_layer
from shared.resolution.model import JsonObject, Origin, Path, Refused, Resolved, Source, Violation
from shared.resolution.policy import Policy

OF_MEMBERS: Final = ("memberRules", "itemRules")
"""Rules that are about members and not about the value itself."""
BY_STRENGTH: Final = (Origin.POLICY, Origin.BASE, Origin.WORKLOAD)


@dataclass(frozen=True)
class Draft:
    """A workload as the person has it now, and the verdict on it."""

    kind: Kind
    spec: JsonObject
    """What it states, by any of the parameters' names."""
    policy: Policy | None
    base: Source | None
    result: Resolved | Refused
    """The verdict on the spec over the base and the policy."""
    loose: Sequence[Loose] = ()
    """What was typed and is no part of the spec."""
    problems: Sequence[Violation] = ()
    """What is wrong besides, such as names of parameters that the kind does not have."""
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The numbers that the rows of a form have already, by parameter and label."""


class Known:
    """Everything that the fields of one form have in common."""

    def __init__(self, draft: Draft, marks: Marks) -> None:
        self.draft, self.marks, self.kind = draft, marks, draft.kind
        self.under: Inherited = inherited(draft.kind, draft.policy, draft.base)
        self.mine: Layer = read_layer(draft.kind, Source(Origin.WORKLOAD, None, draft.spec))
        of_verdict = draft.result.violations if isinstance(draft.result, Refused) else ()
        self.violations = tuple(dict.fromkeys((*draft.problems, *of_verdict)))
        self._at: dict[Path, list[Violation]] = {}
        for one in self.violations:
            for length in range(1, len(one.path) + 1):
                self._at.setdefault(one.path[:length], []).append(one)
        self.set_by = str(self.under.policy.set_by) if self.under.policy.set_by else ""

    # ------------------------------------------------------------ the other values
    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The values that the relations between parameters look at, as they were read."""
        known, found = parameters(self.kind), self.draft.result.values_set
        return {name: known[name].read(found[name]) for name in _related(known.values()) if name in found}

    @cached_property
    def stated(self) -> frozenset[str]:
        """The parameters with a value that any source states."""
        return frozenset({*self.mine.values, *self.under.layer.values})

    def titled(self, name: str) -> str:
        """The title of a parameter of the kind; its name if the kind does not have it."""
        parameter = parameters(self.kind).get(name)
        return parameter.shown.title if parameter else name

    def needs(self, parameter: Parameter) -> str:
        """Why the parameter has no use at the moment; empty if it has."""
        shown = parameter.shown
        if shown.only_with and known_unmet(shown.only_with, self.values, self.stated):
            return only_if(shown.only_with, self.titled)
        switch = next((one for one in shown.not_with if self.values.get(one)), None)
        return never_with(switch, self.titled) if switch else ""

    def required(self, parameter: Parameter) -> bool:
        """Whether there must be a value at the moment."""
        condition = parameter.shown.required_with
        by_condition = condition is not None and met(condition, self.values.get(condition.parameter))
        by_policy = any(isinstance(rule, Required) for rule in self.under.rules(parameter.name).rules)
        return parameter.shown.required or by_condition or by_policy

    # ------------------------------------------------------------ parameters that exclude each other
    def statements(self, name: str) -> Statements:
        """All statements about a parameter with a value, the weakest first."""
        return (*self.under.layer.values.get(name, ()), *self.mine.values.get(name, ()))

    def given_up(self, name: str) -> bool:
        """Whether its value gives way to another one of its group, which a stronger source states."""
        said = {one: found[-1].origin for one in group_of(name) if (found := self.statements(one))}
        strength = {one: BY_STRENGTH.index(origin) for one, origin in said.items()}
        return name in strength and any(one > strength[name] for one in strength.values())

    def picked(self, name: str) -> bool:
        """Whether it is the parameter of its group that counts: the one that is stated, or the first usual one.

        If several are stated, none counts until the person picks one.
        """
        group = group_of(name)
        counting = [one for one in group if self.statements(one) and not self.given_up(one)]
        usual = next((one for one in group if parameters(self.kind)[one].shown.rank is not Rank.RARE), name)
        return bool(group) and (counting or [usual]) == [name]

    # ------------------------------------------------------------ problems
    def wrong(self, *path: str) -> list[Violation]:
        """The violations at exactly this path."""
        return [one for one in self.within(*path) if len(one.path) == len(path)]

    def within(self, *path: str) -> Sequence[Violation]:
        """The violations at this path and at those that it leads to."""
        return self._at.get(path, ())

    def problems(self, found: Sequence[Violation], anchor: str, title: str, allowed: str = "") -> tuple[Problem, ...]:
        """The violations as problems at one place of the form."""
        return tuple(
            Problem(one, anchor, title, allowed if one.rule else "", str(one.set_by) if one.set_by else "")
            for one in found
        )

    def elsewhere(self) -> tuple[Problem, ...]:
        """What is wrong at no place of the form."""
        found = [one for one in self.violations if one.path[0] not in parameters(self.kind)]
        return tuple(Problem(one, "", one.parameter, "", str(one.set_by) if one.set_by else "") for one in found)

    # ------------------------------------------------------------ rules
    def governed(self, name: str) -> bool:
        """Whether the policy says anything about the parameter."""
        return name in self.under.policy.rules

    def allowed(self, parameter: Parameter, label: str = "") -> str:
        """What the policy allows of the value, or of the item with this label besides all others, in words."""
        name, rules = parameter.name, self.under.rules(parameter.name)
        written = rules.written
        if label:
            item = rules.items.get(label)
            written = {key: rule for key, rule in item.written.items() if key not in written} if item else {}
        layer = self.under.policy.layer
        of_policy = layer.items.get(name, {}).get(label, ()) if label else layer.values.get(name, ())
        default = of_policy[-1].raw if of_policy else None
        own = {key: rule for key, rule in written.items() if key not in OF_MEMBERS}
        return in_words(hidden_rules(name, own, label), hidden_default(name, default, label))

    def written_of(self, parameter: Parameter, member: str, label: str) -> Mapping[str, Any]:
        """The policy's rules for a member, without secrets; for the value itself if `member` is empty."""
        name, written = parameter.name, self.under.rules(parameter.name).written
        if not member and not parameter.itemized:
            return hidden_rules(name, written, label)
        inner = written.get("itemRules" if parameter.itemized else "memberRules")
        rules = inner.get(member or "value") if isinstance(inner, Mapping) else None
        return hidden_rules(name, rules, label, member) if isinstance(rules, Mapping) else {}

    def frozen(self, parameter: Parameter, member: Member, label: str, raw: Any) -> bool:
        """Whether the policy lets nobody change a member, which has the policy's value."""
        rules = self.under.rules(parameter.name)
        if not any(one.frozen and one.member.name == member.name for one in rules.members):
            return False
        default = (rules.items[label].default if label in rules.items else None) if label else rules.default
        try:
            value = parameter.read(raw)
        except Unreadable:
            return False
        if isinstance(default, parameter.type):
            return same(member.of(default), member.of(value))
        return not parameter.itemized and member.stated_in(value) is None


def group_of(name: str) -> tuple[str, ...]:
    """The parameters of which only one counts, the named one among them; empty if it stands for itself."""
    return next((group for group in EXCLUSIVE if name in group), ())


def _related(known: Any) -> set[str]:
    """The parameters that the conditions of others look at."""
    shown = [one.shown for one in known]
    conditions: list[Condition | None] = [one for each in shown for one in (each.only_with, each.required_with)]
    found = {one for each in shown for one in each.not_with}
    for condition in conditions:
        if condition:
            found |= {one.parameter for one in (condition.conditions if isinstance(condition, Either) else [condition])}
    return found
