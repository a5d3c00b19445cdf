"""Resolves sources into the values set of a workload with its provenance, or every reason why it is refused.

Pure. The resolver, the command line and the form all give this answer. Never raises, neither on what the API server
admits nor on any other JSON.
"""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from pydantic import JsonValue, ValidationError
from pydantic_core import PydanticCustomError

from shared.names import GLOBAL_NAMESPACE
from shared.objects import json_size
from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.confidential import mentions
from shared.parameters.derive import Parameter, Unreadable, parameters
from shared.parameters.kinds import Kind
from shared.parameters.limits import LARGEST_DECISION, LARGEST_VALUES_SET
from shared.parameters.rules import Broken, CanEdit, CanRemove, Required, Rule, shown
from shared.parameters.secrecy import hidden
from shared.parameters.types import Text
from shared.reasons import Reason
from shared.resolution.chosen import Chosen
from shared.resolution.cross import cross_notes, cross_violations
from shared.resolution.cross_relations import implied
from shared.resolution.grants import Grants
from shared.resolution.merge import Layer, Statement, Statements, merge, read_layer
from shared.resolution.model import (
    Beaten,
    JsonObject,
    Origin,
    Path,
    Provenance,
    Refused,
    Resolved,
    SecretRights,
    SecretUse,
    Source,
    Violation,
    provenance_json,
    spelled,
)
from shared.resolution.policy import NO_POLICY, ItemRules, MemberRules, ParameterRules, Policy
from shared.resolution.project import Hosts
from shared.schedulers import Scheduler

STRENGTH: Final = (Origin.BUILT_IN, Origin.POLICY, Origin.BASE, Origin.WORKLOAD)
LONGEST_CACHED: Final = 256
"""Characters of a label that is kept in memory after its workload."""
NO_RULES: Final = ParameterRules()


def resolve(
    kind: Kind,
    workload: Source,
    base: Source | None,
    policy: Policy | None = None,
    *,
    scheduler: Scheduler | None = None,
    rights: SecretRights | None = None,
    hosts: Hosts | None = None,
) -> Resolved | Refused:
    """The values set of `workload` over `base` over the policy's defaults, or all its violations.

    `scheduler` is the scheduler of the job, `rights` says which Secrets the submitter may read, and `hosts` are those
    of the project; if one is None, nothing is refused or noted because of it.
    """
    policy = policy or NO_POLICY
    layers = [policy.layer, *([read_layer(kind, base)] if base else []), read_layer(kind, workload)]
    return _Resolution(kind, policy, merge(*layers), Known(scheduler, rights, hosts)).result()


class Known(NamedTuple):
    """What is known besides the sources; nothing is refused because of what is None."""

    scheduler: Scheduler | None
    rights: SecretRights | None
    hosts: Hosts | None


class _Resolution:
    """The state of one resolution: the values chosen so far, and their violations."""

    def __init__(self, kind: Kind, policy: Policy, layer: Layer, known: Known) -> None:
        self.kind, self.policy, self.layer = kind, policy, layer
        self.scheduler, self.rights, self.hosts = known
        self.values: dict[str, Any] = {}
        self.values_set: JsonObject = {}
        self.provenance: dict[str, Provenance | Mapping[str, Provenance]] = {}
        self.violations = list(layer.violations)
        self.notes: list[str] = []
        self.implied: dict[str, Statement] = {}  # built-in defaults that follow from other values
        self.stated: set[str] = set()
        self.beaten: dict[str, tuple[Beaten, ...]] = {}  # by the exclusive parameter that stays
        self.given_up: set[str] = set()
        self.secrets: list[SecretUse] = []

    def result(self) -> Resolved | Refused:
        """Choose the values, judge them, and check their combinations."""
        self._exclude()
        for parameter in parameters(self.kind).values():
            if parameter.itemized:
                self._choose_items(parameter)
            else:
                self._choose_value(parameter)
        self._imply()
        self._find_secrets()
        ref = self.policy.ref
        grants = Grants(self.kind, self.policy.rules, ref is not None and ref.namespace != GLOBAL_NAMESPACE)
        chosen = Chosen(self.values, self.stated, grants, self.kind.name, self.scheduler, self.hosts)
        self.notes.extend(cross_notes(chosen))
        for where, message in cross_violations(chosen):
            self._refuse(where if isinstance(where, tuple) else (where,), message)
        if self.violations:
            return self._refused(_in_order(self.kind, self.violations))
        if limit := self._over_limit():
            return self._refused((Violation(("spec",), sentences.too_large(limit)),), Reason.TOO_LARGE)
        return Resolved(self.values_set, self.provenance, tuple(self.notes), tuple(self.secrets))

    def _refused(self, violations: tuple[Violation, ...], reason: Reason = Reason.POLICY_VIOLATION) -> Refused:
        return Refused(violations, tuple(self.notes), self.values_set, self.provenance, reason, tuple(self.secrets))

    # ------------------------------------------------------------ choosing and judging, parameter by parameter
    def _exclude(self) -> None:
        """Keep the parameter that the strongest source states, of those that exclude each other."""
        for group in EXCLUSIVE:
            last = {name: self.layer.values[name][-1] for name in group if name in self.layer.values}
            if len(last) < 2:
                continue
            strength = max(_strength(statement) for statement in last.values())
            kept, *others = (name for name, statement in last.items() if _strength(statement) == strength)
            for other in others:
                self._refuse((other,), sentences.together_with(kept))
            for weaker in (name for name, statement in last.items() if _strength(statement) < strength):
                self.given_up.add(weaker)
                self.beaten[kept] = self.beaten.get(kept, ()) + _beaten(self.layer.values[weaker], weaker)
                self.notes.append(sentences.gives_way(weaker, kept))

    def _choose_value(self, parameter: Parameter) -> None:
        name, rules = parameter.name, self.policy.rules.get(parameter.name, NO_RULES)
        statements = self.layer.values.get(name)
        if statements is None or name in self.given_up:
            if rules.rules:
                self._judge((name,), rules.rules, None, rules.default)
            if parameter.default is not None:  # already canonical
                self.values[name] = self.values_set[name] = parameter.default
                self.provenance[name] = Provenance(Origin.BUILT_IN, parameter.default, (), rules.written)
            return
        winner = statements[-1]
        self.stated.add(name)
        path = (name,)
        found, value = self._read(parameter, path, winner)
        if found:
            self._judge(path, rules.rules, value, rules.default)
            for member in rules.members:
                self._judge_member(path, member, value, rules.default)
                if member.frozen and rules.default is None:
                    stated = member.member.stated_in(value)
                    self._judge(member.member.path(path), [member.frozen], stated, None)
            beat = _beaten(statements[:-1]) + self.beaten.get(name, ())
            self._set(parameter, value, winner.origin, beat, rules.written)

    def _set(
        self,
        parameter: Parameter,
        value: Any,
        origin: Origin,
        beat: tuple[Beaten, ...],
        rules: Mapping[str, JsonValue],
    ) -> None:
        written = parameter.write(value)
        self.values[parameter.name] = value
        self.values_set[parameter.name] = written
        self.provenance[parameter.name] = Provenance(origin, written, beat, rules)

    def _choose_items(self, parameter: Parameter) -> None:
        name, rules = parameter.name, self.policy.rules.get(parameter.name, NO_RULES)
        values: dict[str, Any] = {}
        written: dict[str, JsonValue] = {}
        provenance: dict[str, Provenance] = {}
        present = False
        for label, statements in self.layer.items.get(name, {}).items():
            path, item, winner = (name, label), rules.items.get(label) or rules.other_items, statements[-1]
            if winner.deleted:
                if self._delete(path, item, statements):
                    provenance[label] = Provenance(
                        winner.origin, None, _beaten(statements[:-1]), item.written, deleted=True
                    )
                continue
            present = True
            found, value = self._read(parameter, path, winner, label)
            if found:
                self._judge_item(path, rules, item, parameter.meant(label, value))
                values[label], written[label] = value, parameter.write(value)
                provenance[label] = Provenance(winner.origin, written[label], _beaten(statements[:-1]), item.written)
        if present:
            self.stated.add(name)
        if rules.rules:
            self._judge((name,), [rule for rule in rules.rules if isinstance(rule, Required)], present or None, None)
        self.values[name] = values
        if written:
            self.values_set[name] = written
        if provenance:
            self.provenance[name] = provenance

    def _delete(self, path: Path, item: ItemRules, statements: Statements) -> bool:
        """Judge the deletion of an item, and return whether there was anything to delete."""
        if all(statement.deleted for statement in statements):
            self.notes.append(sentences.nothing_to_delete(spelled(path), statements[-1].origin is Origin.BASE))
            return False
        for rule in item.rules:
            if isinstance(rule, CanRemove) and (message := rule.check(None, item.default)):
                self._refuse(path, message, rule.name)
        return True

    def _judge_item(self, path: Path, rules: ParameterRules, item: ItemRules, value: Any) -> None:
        if item.rules:
            self._judge(path, item.rules, value, item.default)
        for member in rules.members:
            self._judge_member(path, member, value, item.default)

    def _judge_member(self, path: Path, rules: MemberRules, value: Any, default: Any) -> None:
        member = rules.member
        stated = member.stated_in(value)
        for rule in rules.rules:
            if message := rule.check(stated, None):
                self._broken(member.path(path), rule, message, stated)
        if rules.frozen and isinstance(default, type(value)):
            self._judge(member.path(path), [rules.frozen], member.of(value), member.of(default))

    def _judge(self, path: Path, rules: Iterable[Rule], value: Any, default: Any) -> None:
        for rule in rules:
            if message := rule.check(value, default):
                self._broken(path, rule, message, value)

    def _broken(self, path: Path, rule: Rule, message: str, value: Any) -> None:
        if isinstance(rule, Broken):  # the policy is wrong, wherever the value comes from
            self._violate(path, message, rule.key, self._winner(path))
        else:
            self._refuse(path, message, rule.name, value)

    def _read(self, parameter: Parameter, path: Path, winner: Statement, label: str | None = None) -> tuple[bool, Any]:
        """Whether the statement can be read, and its value."""
        wrong_label = label is not None and _wrong_label(parameter.label_type, label)
        if wrong_label:
            self._refuse(path, wrong_label)
        if winner.mistake:
            self._refuse(path, winner.mistake)
            return False, None
        try:
            return not wrong_label, parameter.adapter.validator.validate_python(winner.raw)
        except ValidationError:
            self._unreadable(parameter, path, winner)
            return False, None

    def _unreadable(self, parameter: Parameter, path: Path, winner: Statement) -> None:
        try:
            parameter.read(winner.raw)
        except Unreadable as error:
            for mistake in error.mistakes:
                self._refuse((*path, *mistake.path), mistake.message)

    def _imply(self) -> None:
        """Add built-in defaults that follow from other values. The policy's rules bind them: nobody states them."""
        for name, raw in implied(self.values, self.stated).items():
            parameter, rules = parameters(self.kind)[name], self.policy.rules.get(name, NO_RULES)
            value = parameter.read(raw)
            self._set(parameter, value, Origin.BUILT_IN, (), rules.written)
            self.implied[name] = Statement(Origin.BUILT_IN, "", raw)
            self._judge((name,), [rule for rule in rules.rules if not isinstance(rule, CanEdit)], value, rules.default)

    # ------------------------------------------------------------ Secrets
    def _find_secrets(self) -> None:
        """Collect the references to Secrets, and refuse those that the submitter may not read."""
        for name in _confidential(self.kind):
            if (value := self.values.get(name)) is None:
                continue
            for path, text, secret in mentions((name,), value):
                self.secrets.append(SecretUse(path, secret.name))
                if denied := self._denied(secret.name):
                    self._refuse(path, denied, value=text)

    def _denied(self, secret: str) -> str | None:
        if self.rights is None or secret in self.rights.readable:
            return None
        user = self.rights.user
        return sentences.secret_denied(secret, user) if user else sentences.submitter_unknown(secret)

    # ------------------------------------------------------------ reporting
    def _refuse(self, path: Path, message: str, rule: str | None = None, value: Any = None) -> None:
        """Report that `path` is wrong, and where its value comes from unless the workload itself states it.

        `rule` is the policy's rule that it breaks; None if the system itself sets it.
        """
        winner = self._winner(path)
        said = self._with_origin(path, message, winner, against_policy=rule is not None, value=value)
        self._violate(path, said, rule, winner)

    def _violate(self, path: Path, message: str, rule: str | None, winner: Statement | None) -> None:
        set_by = self.policy.set_by if rule else None
        self.violations.append(Violation(path, message, rule, winner.origin if winner else None, set_by))

    def _with_origin(
        self, path: Path, message: str, winner: Statement | None, *, against_policy: bool, value: Any
    ) -> str:
        if winner is None or winner.origin is Origin.WORKLOAD:
            return message
        label = path[1] if len(path) > 1 and path[0] in self.layer.items else ""
        raw = shown(hidden(path[0], winner.raw, label) if value is None else value)
        if winner.deleted:
            return sentences.deleted_by_base(message, winner.source)
        if winner.origin is Origin.POLICY:
            return sentences.own_default(message, raw) if raw else sentences.in_policy(message)
        if winner.origin is Origin.BUILT_IN:
            return sentences.built_in(message, raw or "")
        if raw is None:
            return sentences.in_base(message, winner.source)
        return sentences.of_base(message, winner.source, raw, against_policy)

    def _winner(self, path: Path) -> Statement | None:
        """The winning statement for a path: that of the value, the item, or the item with the member."""
        name = path[0]
        if name in self.implied:
            return self.implied[name]
        if labels := self.layer.items.get(name):
            statements = labels.get(path[1]) if len(path) > 1 else None
        else:
            statements = None if name in self.given_up else self.layer.values.get(name)
        return statements[-1] if statements else None

    def _over_limit(self) -> int | None:
        """The limit, in KiB, that the values set or the whole decision exceeds; None if none is exceeded."""
        size = json_size(self.values_set)
        if size > LARGEST_VALUES_SET * 1024:
            return LARGEST_VALUES_SET
        if size > LARGEST_VALUES_SET * 1024 // 4:
            whole = size + json_size(provenance_json(Resolved(self.values_set, self.provenance)))
            return LARGEST_VALUES_SET if whole > LARGEST_DECISION * 1024 else None
        return None


def _wrong_label(label_type: type[Text], label: str) -> str:
    """What is wrong with an item's label; empty if it is valid."""
    return (_wrong_short_label if len(label) <= LONGEST_CACHED else _wrong_any_label)(label_type, label)


@lru_cache(maxsize=8192)
def _wrong_short_label(label_type: type[Text], label: str) -> str:
    """The same, cached, since workloads use the same few labels; only short ones, which cannot fill the memory."""
    return _wrong_any_label(label_type, label)


def _wrong_any_label(label_type: type[Text], label: str) -> str:
    try:
        label_type.read(label)
    except PydanticCustomError as error:
        return error.message()
    return ""


@cache
def _confidential(kind: Kind) -> tuple[str, ...]:
    """The parameters whose values may refer to Secrets."""
    return tuple(name for name, parameter in parameters(kind).items() if parameter.confidential)


def _strength(statement: Statement) -> int:
    return STRENGTH.index(statement.origin)


def _beaten(statements: Statements, parameter: str | None = None) -> tuple[Beaten, ...]:
    """The statements that lost, the strongest first; a deletion that lost has no value."""
    return (
        ()
        if not statements
        else tuple([Beaten(statement.origin, statement.raw, parameter) for statement in reversed(statements)])
    )


def _in_order(kind: Kind, violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Each violation once, by parameter in the catalogue's order.

    If policy and system set the same rule, only the policy's violation is kept, since the policy is checked first.
    """
    places, once = _places(kind), dict[tuple[Path, str], Violation]()
    for violation in violations:
        once.setdefault((violation.path, violation.message), violation)
    return tuple(sorted(once.values(), key=lambda v: places.get(v.path[0], len(places))))


@cache
def _places(kind: Kind) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(parameters(kind))}
