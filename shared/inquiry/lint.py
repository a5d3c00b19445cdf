"""Finds problems in a single policy, and between several policies. Pure.

A contradiction, which makes values or whole workloads impossible, is an error. A rule that may be intended
but often is not is a warning. A note tells what a rule also means.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final, NamedTuple, TypeVar

from shared.inquiry import granting
from shared.inquiry.written import Written
from shared.names import GLOBAL_NAMESPACE, project_of
from shared.objects import JsonObject
from shared.parameters import sentences
from shared.parameters.derive import Parameter, Unreadable, parameters
from shared.parameters.rules import (
    Broken,
    CanAdd,
    CanEdit,
    CanRemove,
    Max,
    Min,
    Options,
    Required,
    Rule,
    Step,
    shown,
)
from shared.parameters.secrecy import hidden
from shared.parameters.types import Family
from shared.resolution.choice import applying
from shared.resolution.merge import Statement
from shared.resolution.model import Origin, Refused, Source
from shared.resolution.policy import ItemRules, MemberRules, ParameterRules, Policy, compile_policy
from shared.resolution.resolve import resolve

NO_VALUE_FITS: Final = "so no value fits"
NOTHING: Final = Source(Origin.WORKLOAD, None, {})
"""A workload that sets nothing."""
R = TypeVar("R", bound=Rule)


class Weight(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Problem(NamedTuple):
    """One problem at `path` in a policy's spec; the path is empty for the policy as a whole."""

    weight: Weight
    path: str
    message: str


class Finding(NamedTuple):
    """A problem and the policy that has it."""

    policy: Written
    problem: Problem

    def to_json(self) -> JsonObject:
        """The finding as JSON."""
        place = {"kind": self.policy.kind.policy, "namespace": self.policy.namespace, "name": self.policy.name}
        return {
            "severity": self.problem.weight.value,
            "policy": place,
            "path": self.problem.path,
            "message": self.problem.message,
        }


def lint(policies: Sequence[Written]) -> list[Finding]:
    """All problems of the policies, alone and in combination: policy by policy, errors first."""
    found: list[Finding] = []
    for number, policy in enumerate(policies):
        said = dict.fromkeys([*by_itself(policy), *_beside_others(policies, number)])
        found += [Finding(policy, one) for one in sorted(said, key=lambda one: list(Weight).index(one.weight))]
    return found


# ------------------------------------------------------------ one policy
def by_itself(written: Written) -> list[Problem]:
    """Problems of one policy that do not depend on others."""
    policy = compile_policy(written.kind, written.spec)
    found = [_error(violation.parameter, violation.message) for violation in policy.layer.violations]
    for name, rules in policy.rules.items():
        parameter = parameters(written.kind)[name]
        found += _items(parameter, rules, policy) if parameter.itemized else _value(parameter, rules, policy)
    found += _together(written, policy, {said.path for said in found})
    found += [_warning(*said) for said in (*granting.only_mentioned(policy), *granting.never_theirs(policy))]
    return [*found, *(Problem(Weight.NOTE, *said) for said in granting.unbound(written.kind, policy))]


def _value(parameter: Parameter, rules: ParameterRules, policy: Policy) -> Iterator[Problem]:
    name = parameter.name
    yield from _rules(name, rules.rules, parameter.family)
    if statements := policy.layer.values.get(name):
        yield from _default(parameter, "", statements[-1], rules.rules, rules.default)
    elif _first(rules.rules, CanEdit):
        if _first(rules.rules, Required):
            yield _error(
                name, "is required, but canEdit is false and the policy has no value: no workload can satisfy it"
            )
        else:
            yield _warning(name, "canEdit is false and the policy has no value: no workload can set it")


def _items(parameter: Parameter, rules: ParameterRules, policy: Policy) -> Iterator[Problem]:
    name, values = parameter.name, policy.layer.items.get(parameter.name, {})
    yield from _rules(name, rules.rules, parameter.family)
    for member in rules.members:
        yield from _rules(f"{name}.itemRules.{member.member.name}", member.rules, member.member.family)
        if member.frozen and not values:
            yield _warning(
                f"{name}.itemRules.{member.member.name}", "canEdit is false, but the policy has no items to keep"
            )
    for label, item in rules.items.items():
        path = f"{name}.{label}"
        yield from _label(parameter, path, label)
        yield from _rules(path, item.rules, Family.OBJECT)
        if label in values:
            yield from _item(parameter, label, values[label][-1], item, rules.members)
        else:
            yield from _without_value(path, item)
    if not values and _first(rules.rules, CanAdd):
        if _first(rules.rules, Required):
            yield _error(
                name, "is required, but canAdd is false and the policy has no items: no workload can satisfy it"
            )
        else:
            yield _warning(name, "canAdd is false and the policy has no items: no workload can have any")


def _label(parameter: Parameter, path: str, label: str) -> Iterator[Problem]:
    try:
        parameter.read_label(label)
    except Unreadable as error:
        yield from (_error(path, mistake.message) for mistake in error.mistakes)


def _without_value(path: str, item: ItemRules) -> Iterator[Problem]:
    if _first(item.rules, CanEdit):
        yield _warning(path, "canEdit is false and the policy has no value: no workload can have this item")
    if _first(item.rules, CanRemove):
        yield _warning(path, "canRemove is false, but the policy has no value to keep")


def _item(
    parameter: Parameter, label: str, statement: Statement, item: ItemRules, members: Iterable[MemberRules]
) -> Iterator[Problem]:
    yield from _default(parameter, label, statement, item.rules, item.default)
    if not isinstance(item.default, parameter.type):
        return
    for one in members:
        path, raw = one.member.path((parameter.name, label)), hidden(parameter.name, statement.raw, label)
        yield from _checked(".".join(path), one.rules, one.member.stated_in(item.default), None, raw)


def _default(
    parameter: Parameter, label: str, statement: Statement, rules: Iterable[Rule], default: Any
) -> Iterator[Problem]:
    """Check that the policy's own value, or that of an item, is valid and satisfies the policy's own rules."""
    path = f"{parameter.name}.{label}" if label else parameter.name
    if statement.mistake:
        yield _error(path, statement.mistake)
        return
    try:
        value = parameter.meant(label, parameter.read(statement.raw))
    except Unreadable as error:
        yield from (_error(".".join([path, *mistake.path]), mistake.message) for mistake in error.mistakes)
    else:
        yield from _checked(path, rules, value, default, hidden(parameter.name, statement.raw, label))


def _checked(path: str, rules: Iterable[Rule], value: Any, default: Any, raw: Any) -> Iterator[Problem]:
    for rule in rules:
        if not isinstance(rule, Broken) and (message := rule.check(value, default)):
            own = shown(raw if value is None else value)
            yield _error(path, sentences.own_default(message, own or ""))


def _together(written: Written, policy: Policy, reported: set[str]) -> Iterator[Problem]:
    """Contradicting defaults: the violations of a workload that sets nothing, caused by the policy.

    Required values without a default are left to the workload.
    """
    bare, governed = (resolve(written.kind, NOTHING, None, one) for one in (None, policy))
    before = bare.violations if isinstance(bare, Refused) else ()
    after = governed.violations if isinstance(governed, Refused) else ()
    for violation in after:
        known = violation in before or any(_within(violation.parameter, path) for path in reported)
        if not known and not violation.message.startswith(sentences.cannot_be_blank()):
            yield _warning(violation.parameter, f"a workload that does not set it is refused: {violation.message}")


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.")


# ------------------------------------------------------------ rules among themselves
def _rules(path: str, rules: Sequence[Rule], family: Family) -> Iterator[Problem]:
    for rule in rules:
        if isinstance(rule, Broken):
            yield _error(path, rule.sentence)
    least, most, step = _first(rules, Min), _first(rules, Max), _first(rules, Step)
    if most and most.amount < 0:
        yield _error(path, f"max {most.written} is below zero, {NO_VALUE_FITS}")
    elif least and most and least.amount > most.amount:
        yield _error(path, f"min {least.written} is greater than max {most.written}, {NO_VALUE_FITS}")
    elif family is Family.INTEGER and not _whole_number(least, most, step):
        yield _error(path, f"no whole number satisfies min, max and step, {NO_VALUE_FITS}")
    elif step and most:
        yield from _steps(path, step, most)
    if options := _first(rules, Options):
        yield from _options(path, options)


def _steps(path: str, step: Step, most: Max) -> Iterator[Problem]:
    start = step.start.amount if step.start else Decimal(0)
    count = floor((Fraction(most.amount) - Fraction(start)) / Fraction(step.amount))
    largest = start + count * step.amount
    if largest == most.amount:
        return
    if count == 0:
        yield _warning(path, f"step {step.written} exceeds the range up to max {most.written}: only {start} is allowed")
    else:
        yield _warning(
            path,
            f"max {most.written} is never reached in steps of {step.written} from {start}: the largest is {largest}",
        )


def _whole_number(least: Min | None, most: Max | None, step: Step | None) -> bool:
    """Whether any whole number satisfies the rules."""
    start = Fraction(least.amount) if least else Fraction(0)
    if not step:
        return most is None or ceil(start) <= Fraction(most.amount)
    size = Fraction(step.amount)
    # the fractional parts of the steps repeat after `denominator` steps
    counts = range(size.denominator)
    first = next((start + count * size for count in counts if (start + count * size).denominator == 1), None)
    return first is not None and (most is None or first <= Fraction(most.amount))


def _options(path: str, options: Options) -> Iterator[Problem]:
    if not options.written:
        yield _error(path, f"options is an empty list, {NO_VALUE_FITS}")
    elif not options.values:
        yield _error(path, f"none of the options is a valid value, {NO_VALUE_FITS}")
    elif len(options.values) < len(options.written):
        yield _warning(path, "some of the options are not valid values")


def _first(rules: Iterable[Rule], of: type[R]) -> R | None:
    return next((rule for rule in rules if isinstance(rule, of)), None)


# ------------------------------------------------------------ several policies
def _beside_others(policies: Sequence[Written], number: int) -> Iterator[Problem]:
    mine = policies[number]
    if not mine.namespace:
        return
    project = project_of(mine.namespace)
    if project is None and mine.namespace != GLOBAL_NAMESPACE:
        yield _warning("", f"namespace {mine.namespace} does not belong to a project: the policy has no effect")
        return
    of_kind = [one for one in policies if one.kind == mine.kind]
    if not_counted := list(_second(mine, [one for one in of_kind if one.namespace == mine.namespace])):
        yield from not_counted
        return
    everyones = [one for one in of_kind if one.namespace == GLOBAL_NAMESPACE]
    if project and everyones:
        yield from _shadowed(mine, project, everyones)


def _second(mine: Written, beside: Sequence[Written]) -> Iterator[Problem]:
    """A warning for each policy that has no effect if it is known which one has, else for each but the first."""
    ordered = applying([one.resource for one in beside], mine.namespace)
    known = all(one["metadata"].get("creationTimestamp") for one in ordered)
    counts = ordered[0] if known else beside[0].resource
    if counts is mine.resource:
        return
    if known:
        others = [str(one["metadata"]["name"]) for one in ordered[1:]]
        yield _error("", sentences.several_policies(mine.namespace, str(counts["metadata"]["name"]), others))
    else:
        named = ", ".join(one.name for one in beside)
        yield _error(
            "",
            f"namespace {mine.namespace} would have several policies of the kind, and only the oldest counts: {named}",
        )


def _shadowed(mine: Written, project: str, everyones: Sequence[Written]) -> Iterator[Problem]:
    resource = applying([one.resource for one in everyones], GLOBAL_NAMESPACE)[0]
    general = next(one for one in everyones if one.resource is resource)
    lost = [name for name in compile_policy(general.kind, general.spec).rules if name not in _mentioned(mine)]
    if lost:
        yield _warning(
            "",
            f"replaces the global policy {general.name} entirely: its entries for {sentences.listed(lost)} do not "
            f"apply in project {project}",
        )


def _mentioned(written: Written) -> Iterable[str]:
    return compile_policy(written.kind, written.spec).rules


def _error(path: str, message: str) -> Problem:
    return Problem(Weight.ERROR, path, message)


def _warning(path: str, message: str) -> Problem:
    return Problem(Weight.WARNING, path, message)


def counted(findings: Iterable[Finding]) -> dict[Weight, int]:
    """How many findings there are of each weight."""
    counts: dict[Weight, int] = defaultdict(int)
    for finding in findings:
        counts[finding.problem.weight] += 1
    return counts
