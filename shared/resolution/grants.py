"""What the policy that applies grants: what reaches beyond a workload's own pods needs an explicit rule of it. Pure.

A policy grants by a rule that it states, and not by mentioning a parameter:

- `canEdit: true` of a value or of one item, and `canAdd: true` of the items as a whole, grant any value;
- `options` of a value, or of the member of items that decides, grant the values of the list;
- a value or an item of the policy's own is the administrator's decision: exactly that value is granted.

Everything else grants nothing: an empty entry, `value: false`, `required`, bounds, and items for other labels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue

from shared.parameters.derive import parameters, same
from shared.parameters.kinds import Kind
from shared.parameters.rules import Broken, CanAdd, Max, Min, Options, Rule, Step
from shared.resolution.policy import ItemRules, MemberRules, ParameterRules

NO_RULES: Final = ParameterRules()
NO_ITEM: Final = ItemRules()
LIMITING: Final = (Min, Max, Step, Options, Broken)
"""Rules that limit a stated value. The others also refuse a value that gives way to that of a sibling."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What the rules of a policy grant to workloads of a kind. `rules` is by parameter."""

    kind: Kind
    rules: Mapping[str, ParameterRules]
    of_project: bool = False
    """Whether the policy applies to one project only, so that what it lists belongs to that project."""

    def value(self, name: str, value: Any) -> bool:
        """Whether the policy grants this value of a parameter without items, or judges it by a list of its own."""
        rules = self.rules.get(name, NO_RULES)
        return _any(rules.rules, Options) or self.allows(name, value)

    def allows(self, name: str, value: Any) -> bool:
        """Whether the policy grants this value of a parameter without items."""
        rules = self.rules.get(name, NO_RULES)
        listed = any(isinstance(rule, Options) and rule.check(value, None) is None for rule in rules.rules)
        return listed or rules.written.get("canEdit") is True or _is(rules.default, value)

    def item(self, name: str, label: str, value: Any, member: str = "") -> bool:
        """Whether the policy grants any item, this label, or what the list for the `member` that decides has.

        Also if a rule of its own refuses the item: one sentence is enough.
        """
        any_item = self.rules.get(name, NO_RULES).written.get("canAdd") is True
        return any_item or self.label(name, label, value) or self.member(name, member)

    def label(self, name: str, label: str, value: Any) -> bool:
        """Whether the policy lists the item's label: with any value, or with exactly this one.

        Also if it allows no items but its own: one sentence is enough.
        """
        rules = self.rules.get(name, NO_RULES)
        item = rules.items.get(label, NO_ITEM)
        refused = item.default is None and _any(rules.rules, CanAdd)
        return refused or item.written.get("canEdit") is True or self.own(name, label, value)

    def own(self, name: str, label: str, value: Any) -> bool:
        """Whether the item is the policy's own, unchanged."""
        item = self.rules.get(name, NO_RULES).items.get(label, NO_ITEM)
        return _is(item.default, parameters(self.kind)[name].meant(label, value))

    def member(self, name: str, member: str) -> bool:
        """Whether the policy lists the values of a member; all others are refused."""
        return any(_any(found.rules, Options) for found in self._members(name, member))

    def governs(self, name: str, member: str) -> bool:
        """Whether the policy has rules for a member of the items."""
        return bool(self._members(name, member))

    def limits(self, name: str) -> bool:
        """Whether the policy limits the values of a parameter; to forbid the parameter as a whole is no such limit."""
        return any(isinstance(rule, LIMITING) for rule in self.rules.get(name, NO_RULES).rules)

    def most(self, name: str) -> tuple[Max, ...]:
        """The upper bounds of a parameter."""
        return tuple(rule for rule in self.rules.get(name, NO_RULES).rules if isinstance(rule, Max))

    def _members(self, name: str, member: str) -> list[MemberRules]:
        return [one for one in self.rules.get(name, NO_RULES).members if one.member.name == member]


def _is(default: Any, value: Any) -> bool:
    return default is not None and same(default, value)


def _any(rules: Iterable[Rule], of: type[Rule]) -> bool:
    return any(isinstance(rule, of) for rule in rules)


def granting(name: str, rules: JsonValue) -> str:
    """The rule of a policy that grants something of a parameter, as its author writes it."""
    return f"{name}: {_flow(rules)}"


def _flow(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return "true" if value is True else str(value)
