"""Compiles a policy: its defaults become the weakest layer, its rules become objects. Done once per version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from shared.parameters import sentences
from shared.parameters.derive import Family, Member, Parameter, Unreadable
from shared.parameters.kinds import Kind
from shared.parameters.rules import OF_ITEMIZED, OF_ITEMS, CanEdit, Rule, Subject, fitting, make_rules
from shared.parameters.secrecy import AsWritten, hidden
from shared.resolution.merge import Layer, Reader, names
from shared.resolution.model import JsonObject, Origin, Path, SetBy, SourceRef

POLICY_FORM: Final = "{rules: {...}, value: ...}"
POLICY_OBJECT_FORM: Final = "{rules: {...}, memberRules: {...}, value: ...}"
OF_VALUE: Final = ("rules", "memberRules", "value")
OF_ITEMS_AND_ALL: Final = ("rules", "itemRules", "items")
"""What a policy may say of a parameter with a value, or with items."""
POLICY_ITEMS_FORM: Final = "{rules: {...}, itemRules: {...}, items: {<label>: {rules: {...}, value: ...}}}"


@dataclass(frozen=True, slots=True)
class MemberRules:
    """The rules of one member of a value, or of every item; `frozen` if the policy's own member cannot be changed."""

    member: Member
    rules: tuple[Rule, ...]
    frozen: CanEdit | None


@dataclass(frozen=True, slots=True)
class ItemRules:
    """An item of the policy: its value as it was read, its rules, and the rules as they were written.

    `rules` are those of the items as a whole, followed by its own.

    `default` is None if the policy only has rules for the label, and AsWritten if it cannot be read.
    """

    default: Any = None
    rules: tuple[Rule, ...] = ()
    written: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """The policy's rules for one parameter: for its value or its items as a whole, per member and per label.

    `other_items` holds the rules for items whose labels the policy does not mention.
    """

    default: Any = None
    rules: tuple[Rule, ...] = ()
    members: tuple[MemberRules, ...] = ()
    items: Mapping[str, ItemRules] = field(default_factory=dict)
    other_items: ItemRules = field(default_factory=ItemRules)
    written: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled policy. `rules` has every parameter that the policy mentions, and no other."""

    layer: Layer = field(default_factory=Layer)
    rules: Mapping[str, ParameterRules] = field(default_factory=dict)
    ref: SourceRef | None = None
    set_by: SetBy | None = None
    """The policy that violations of its rules name; None if it is not stored."""


def compile_policy(kind: Kind, spec: Mapping[str, JsonValue], ref: SourceRef | None = None) -> Policy:
    """Compile the policy in `spec`. What cannot be understood is refused when it applies."""
    compiler = _Compiler(kind, ref)
    for name, entry in spec.items():
        if entry is not None:
            compiler.take(name, entry)
    return Policy(compiler.reader.layer(), compiler.rules, ref, SetBy(kind.policy, ref) if ref else None)


NO_POLICY: Final = Policy()
"""The policy without defaults and rules, used if no policy applies."""


class _Compiler:
    def __init__(self, kind: Kind, ref: SourceRef | None) -> None:
        self.kind = kind
        self.reader = Reader(kind, Origin.POLICY, ref.name if ref else "")
        self.rules: dict[str, ParameterRules] = {}

    def take(self, name: str, entry: JsonValue) -> None:
        parameter = names(self.kind).get(name)
        if parameter is None:
            self.reader.refuse((name,), sentences.unknown_parameter(self.kind.name))
        elif not parameter.shown.wrapped:
            self.reader.refuse((name,), sentences.not_governed())
        elif not isinstance(entry, dict):
            self.reader.refuse((parameter.name,), sentences.written_as(_form(parameter)))
        else:
            compile_one = self._itemized if parameter.itemized else self._primitive
            compiled = compile_one(parameter, name, entry)
            earlier = self.rules.get(parameter.name)  # under another name
            self.rules[parameter.name] = _both(earlier, compiled) if earlier else compiled

    def _primitive(self, parameter: Parameter, name: str, entry: Mapping[str, JsonValue]) -> ParameterRules:
        self.reader.known((name,), entry, OF_VALUE)
        default = _unwrapped(parameter, entry.get("value"))
        if default is not None:
            self.reader.state(parameter, name, default)
        rules = self._object((parameter.name,), entry.get("rules"), _form(parameter))
        per_member = self._object((parameter.name,), entry.get("memberRules"), _form(parameter))
        return ParameterRules(
            default=_read(parameter, default),
            rules=make_rules(
                rules, fitting(parameter.family), Subject(parameter.family, parameter.read, secret=parameter.secret)
            ),
            members=self._members(parameter, "memberRules", per_member),
            written={**rules, **({"memberRules": per_member} if per_member else {})},
        )

    def _itemized(self, parameter: Parameter, name: str, entry: Mapping[str, JsonValue]) -> ParameterRules:
        form = POLICY_ITEMS_FORM
        self.reader.known((name,), entry, OF_ITEMS_AND_ALL)
        rules = self._object((parameter.name,), entry.get("rules"), form)
        per_member = self._object((parameter.name,), entry.get("itemRules"), form)
        items = self._object((parameter.name,), entry.get("items"), form)
        values = {label: _value(item) for label, item in items.items()}
        if stated := {label: value for label, value in values.items() if value is not None}:
            self.reader.take(name, {"items": {label: {"value": value} for label, value in stated.items()}})
        subject = Subject(parameter.family, parameter.read, secret=parameter.secret)
        shared: JsonObject = {**rules, **({"itemRules": per_member} if per_member else {})}
        of_all = make_rules(rules, OF_ITEMIZED, subject)
        return ParameterRules(
            rules=of_all,
            members=self._members(parameter, "itemRules", per_member),
            items={label: self._item(parameter, label, item, of_all, shared) for label, item in items.items()},
            other_items=ItemRules(None, of_all, shared),
            written=shared,
        )

    def _members(self, parameter: Parameter, place: str, written: Mapping[str, JsonValue]) -> tuple[MemberRules, ...]:
        made, members = [], parameter.governed_members
        for name, entry in written.items():
            path, member = (parameter.name, place, name), members.get(name)
            if member is None:
                message = sentences.unknown_member(list(members)) if members else sentences.no_members()
                self.reader.refuse(path, message)
                continue
            rules = self._object(path, entry, "{<rule>: ...}")
            subject = Subject(member.family, member.adapter.validate_python, secret=member.secret)
            found = make_rules(rules, fitting(member.family), subject)
            frozen = next((rule for rule in found if isinstance(rule, CanEdit)), None)
            made.append(MemberRules(member, tuple(rule for rule in found if rule is not frozen), frozen))
        return tuple(made)

    def _item(
        self,
        parameter: Parameter,
        label: str,
        item: JsonValue,
        of_all: tuple[Rule, ...],
        shared: Mapping[str, JsonValue],
    ) -> ItemRules:
        path = parameter.name, label
        entry = self._object(path, item, POLICY_FORM)
        rules = self._object(path, entry.get("rules"), POLICY_FORM)
        default = _read(parameter, entry.get("value"), label)
        return ItemRules(
            default=None if default is None else parameter.meant(label, default),
            rules=of_all + make_rules(rules, OF_ITEMS, Subject(Family.OBJECT, parameter.read, parameter.secret)),
            written={**shared, **rules} if rules else shared,
        )

    def _object(self, path: Path, raw: JsonValue, form: str) -> JsonObject:
        """The object at a path, without members that are null; empty if it is not an object."""
        if isinstance(raw, dict):
            return {name: inner for name, inner in raw.items() if inner is not None}
        if raw is not None:
            self.reader.refuse(path, sentences.written_as(form))
        return {}


def _form(parameter: Parameter) -> str:
    if parameter.itemized:
        return POLICY_ITEMS_FORM
    return POLICY_OBJECT_FORM if parameter.members else POLICY_FORM


def _value(item: JsonValue) -> JsonValue:
    return item.get("value") if isinstance(item, dict) else None


def _unwrapped(parameter: Parameter, raw: JsonValue) -> JsonValue:
    """The default of both `value: X` and `value: {value: X}`. A parameter's own member `value` is not unwrapped."""
    wrapped = isinstance(raw, dict) and raw.keys() == {"value"} and "value" not in parameter.members
    return raw["value"] if wrapped and isinstance(raw, dict) else raw


def _read(parameter: Parameter, raw: JsonValue, label: str = "") -> Any:
    """The default as it is compared; if it cannot be read, it is like no value, and is shown as it was written."""
    try:
        return None if raw is None else parameter.read(raw)
    except Unreadable:
        return AsWritten(hidden(parameter.name, raw, label))


def _both(one: ParameterRules, other: ParameterRules) -> ParameterRules:
    """All rules of a parameter that the policy mentions under two names."""
    return ParameterRules(
        default=other.default if one.default is None else one.default,
        rules=one.rules + other.rules,
        members=one.members + other.members,
        items={**one.items, **other.items},
        other_items=ItemRules(None, one.rules + other.rules, {**one.written, **other.written}),
        written={**one.written, **other.written},
    )
