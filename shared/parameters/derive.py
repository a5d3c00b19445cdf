"""Derives from the catalogue the reader, members, family and presentation of every parameter."""

import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.parameters import sentences
from shared.parameters.catalogue import Controls, Values
from shared.parameters.confidential import Confidential
from shared.parameters.kinds import Kind
from shared.parameters.relations import Called, described, excluded_by
from shared.parameters.shown import Cell, Shown, Suggests, shown_of
from shared.parameters.types import Amount, Choice, DecimalText, Duration, Family, Quantity, Text

__all__ = ["Family", "Member", "Mistake", "Parameter", "Unreadable", "amount", "controls", "parameters", "read", "same"]


ByMember = Mapping[str, type[Confidential]]
"""Types by the name of a member; the name is empty for the value itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a value; `path` leads from the value to the member, and is empty for the value itself."""

    path: tuple[str, ...]
    message: str


class Unreadable(ValueError):  # noqa: N818 - it describes a value, not an error of ours
    """A value cannot be read. `mistakes` lists everything that is wrong with it, and is never empty."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(": ".join([*mistake.path, mistake.message]) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a value that is an object: `name` as people write it, `field` as the value's attribute.

    An item that is not an object has one member, the value itself, with an empty `field` and no `cell`.
    """

    name: str
    field: str
    family: Family
    required: bool
    doc: str
    default: JsonValue
    type: Any
    adapter: TypeAdapter[Any]
    cell: Cell | None

    @property
    def suggests(self) -> Suggests | None:
        """What a form can suggest for the member."""
        return _suggested(self.cell.suggests if self.cell else None, self.type)

    @property
    def units(self) -> tuple[str, ...]:
        """Units that an amount is usually written with; none for a plain number or a value that is no amount."""
        return _units(self.type)

    @property
    def confidential(self) -> bool:
        """Whether its text may be a secret, or refer to one."""
        return issubclass(self.type, Confidential)

    @property
    def secret(self) -> bool:
        """Whether its text may be a secret itself."""
        return self.confidential and not self.type.public

    def of(self, value: Any) -> Any:
        """The member of `value`, or its default if it is left out."""
        return getattr(value, self.field) if self.field else value

    def stated_in(self, value: Any) -> Any:
        """The member of `value`; None if it is left out."""
        return self.of(value) if not self.field or self.field in value.model_fields_set else None

    def path(self, of_value: tuple[str, ...]) -> tuple[str, ...]:
        """The path of the member, given the path of its value."""
        return (*of_value, self.name) if self.field else of_value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of one kind of workload: `name` as people write it, `field` as the attribute of its values class.

    `type` and `adapter` are those of the value, or of an item if it is itemized; `label_...` those of an item's label.
    `members` is empty unless the value is an object. `default` is the built-in default as JSON, None if there is none.
    `beside` holds the parameters of the same kind of workload.
    """

    name: str
    field: str
    itemized: bool
    family: Family
    type: Any
    adapter: TypeAdapter[Any]
    label_type: Any
    label_adapter: TypeAdapter[Any] | None
    members: Mapping[str, Member]
    choices: tuple[str, ...]
    shown: Shown
    summary: str
    default: JsonValue
    beside: Collection[str]

    @property
    def doc(self) -> str:
        """What the parameter is and what it depends on."""
        return self.described()

    def described(self, called: Called = str) -> str:
        """The description, with other parameters under the names that people know."""
        return " ".join([self.summary, *described(self.name, self.shown, self.beside, called)])

    @property
    def excludes(self) -> Sequence[str]:
        """Parameters that exclude this one: only one of them takes effect."""
        return excluded_by(self.name)

    @property
    def units(self) -> tuple[str, ...]:
        """Units that an amount is usually written with; none for a plain number or a value that is no amount."""
        return _units(self.type)

    @property
    def suggests(self) -> Suggests | None:
        """What a form can suggest for a value, or for one item."""
        return _suggested(self.shown.suggests, self.type)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the parameter, which mean the same in a spec."""
        return self.shown.aliases

    @property
    def omissible(self) -> bool:
        """Whether an item may leave its value out; the value is then empty text."""
        return bool(getattr(self.type, "omissible", False))

    @property
    def confidential(self) -> ByMember:
        """The types that may hold a secret, by member; the name is empty for the value or item itself."""
        if issubclass(self.type, Confidential):
            return {"": self.type}
        found = {name: member.type for name, member in self.members.items() if member.confidential}
        return {**found, **{other: found[name] for other, name in self.spellings.items() if name in found}}

    @property
    def secret(self) -> bool:
        """Whether any text of a value may be a secret itself."""
        return any(not one.public for one in self.confidential.values())

    @property
    def spellings(self) -> Mapping[str, str]:
        """Other names of members, by the other name."""
        return self.type.spellings if self.members else {}

    @property
    def governed_members(self) -> Mapping[str, Member]:
        """The members that a policy can have rules for; an item without members has `value`, the item itself."""
        if self.members or not self.itemized:
            return self.members
        return {"value": Member("value", "", self.family, not self.omissible, "", None, self.type, self.adapter, None)}

    def meant(self, label: str, value: Any) -> Any:
        """The meaning of an item: its value, or what its label names if the value is left out."""
        if not value and self.omissible:
            return self.type(label)
        return value.under(label) if isinstance(value, Confidential) else value

    def absent(self, raw: JsonValue) -> bool:
        """Whether `raw` is empty text, which means the same as no value."""
        return issubclass(self.type, Text | Choice) and self.type.absent(raw)

    def read(self, raw: JsonValue) -> Any:
        """Read `raw` as a value, or as the value of an item. Raises Unreadable with all of its mistakes."""
        return read(self.adapter, raw)

    def read_label(self, label: str) -> str:
        """Read the label of an item. Raises Unreadable if it is invalid."""
        return str(read(self.label_adapter, label)) if self.label_adapter else label

    def write(self, value: Any) -> JsonValue:
        """The canonical JSON of a value from `read`, in Kubernetes' spelling, without members that were left out."""
        if isinstance(value, StrEnum):
            return value.value
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        return str(value) if isinstance(value, str) else value


@cache
def parameters(kind: Kind) -> Mapping[str, Parameter]:
    """Every parameter that `kind` has a value for, by name, in the order of the form."""
    return types.MappingProxyType(_parameters(kind.values))


@cache
def controls() -> Mapping[str, Parameter]:
    """The entries of every workload's spec that are not values: usage and baseWorkload."""
    return types.MappingProxyType(_parameters(Controls))


def same(one: Any, other: Any) -> bool:
    """Whether two values from `read` mean the same. Amounts, members and texts are each compared by their meaning."""
    return bool(meaning(one) == meaning(other))


def amount(family: Family, raw: JsonValue) -> Any:
    """`raw` as the Decimal of a family of amounts; None if it is not an amount, or the family has none."""
    readers: dict[Family, type[Amount]] = {
        Family.INTEGER: DecimalText,
        Family.NUMBER: Quantity,
        Family.QUANTITY: Quantity,
        Family.DURATION: Duration,
    }
    if family not in readers:
        return None
    try:
        return readers[family].read(raw).amount
    except ValueError:
        return None


def meaning(value: Any) -> Any:
    """The meaning of a value from `read`: equal for two values that mean the same."""
    if isinstance(value, Text):
        return value.meaning
    if isinstance(value, BaseModel):
        return {name: meaning(getattr(value, name)) for name in type(value).model_fields}
    return value


def read(adapter: TypeAdapter[Any], raw: Any) -> Any:
    """Read `raw` with any of our adapters. Raises Unreadable with all of its mistakes."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        raise Unreadable([_mistake(adapter, found) for found in error.errors(include_url=False)]) from None


def _mistake(adapter: TypeAdapter[Any], error: Any) -> Mistake:
    message = sentences.of_pydantic(error)
    if error["type"] == "extra_forbidden":
        schema = adapter.json_schema(by_alias=True)
        message = sentences.unknown_member(list(schema.get("properties", {})))
    return Mistake(tuple(str(step) for step in error["loc"]), message)


def _parameters(values: type[Values]) -> dict[str, Parameter]:
    names = frozenset(info.alias or field for field, info in values.model_fields.items())
    return {info.alias or field: _parameter(field, info, names) for field, info in values.model_fields.items()}


def _parameter(field: str, info: FieldInfo, beside: Collection[str]) -> Parameter:
    annotation = _without_none(info.annotation)
    itemized = get_origin(annotation) is dict
    label, value = get_args(annotation) if itemized else (None, _with_constraints(annotation, info))
    plain = _plain(value)
    return Parameter(
        name=info.alias or field,
        field=field,
        itemized=itemized,
        family=_family(plain),
        type=plain,
        adapter=TypeAdapter(value),
        label_type=label,
        label_adapter=TypeAdapter(label) if itemized else None,
        members=_members(plain),
        choices=tuple(plain) if issubclass(plain, StrEnum) else (),
        shown=shown_of(info),
        summary=_one_line(info.description),
        default=None if itemized else _json(info.default),
        beside=beside,
    )


def type_of(info: FieldInfo) -> Any:
    """The type of a field's values, without None and constraints."""
    return _plain(_without_none(info.annotation))


def _members(plain: Any) -> Mapping[str, Member]:
    if not issubclass(plain, BaseModel):
        return types.MappingProxyType({})
    found = {info.alias or field: _member(field, info) for field, info in plain.model_fields.items()}
    return types.MappingProxyType(found)


def _member(field: str, info: FieldInfo) -> Member:
    annotation = _with_constraints(_without_none(info.annotation), info)
    return Member(
        name=info.alias or field,
        field=field,
        family=_family(_plain(annotation)),
        required=info.is_required(),
        doc=_one_line(info.description),
        default=None if info.is_required() else _json(info.default),
        type=_plain(annotation),
        adapter=TypeAdapter(annotation),
        cell=next((extra for extra in info.metadata if isinstance(extra, Cell)), None),
    )


def _suggested(declared: Suggests | None, plain: type[Any]) -> Suggests | None:
    """The declared suggestions, or else Secrets if a value of the type can refer to them."""
    return declared or (Suggests.SECRETS if issubclass(plain, Confidential) else None)


def _units(plain: type[Any]) -> tuple[str, ...]:
    return plain.units if issubclass(plain, Amount) else ()


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
    return annotation


def _with_constraints(annotation: Any, info: FieldInfo) -> Any:
    """The annotation with the constraints that Pydantic took out of `Annotated`, without those for display only."""
    constraints = [extra for extra in info.metadata if not isinstance(extra, Shown | Cell)]
    return Annotated[annotation, *constraints] if constraints else annotation


def _plain(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _family(plain: type[Any]) -> Family:
    if issubclass(plain, BaseModel):
        return Family.OBJECT
    of_type: dict[Any, Family] = {bool: Family.BOOLEAN, int: Family.INTEGER}
    return plain.family if issubclass(plain, Text) else of_type.get(plain, Family.STRING)


def _json(default: Any) -> JsonValue:
    return default.value if isinstance(default, StrEnum) else default


def _one_line(doc: str | None) -> str:
    return " ".join((doc or "").split())
