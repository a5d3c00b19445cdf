"""What the catalogue implies: for every parameter its reader, its members, its family and how people meet it."""

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
from shared.parameters.types import Amount, DecimalText, Duration, Family, Quantity, Text

__all__ = ["Family", "Member", "Mistake", "Parameter", "Unreadable", "amount", "controls", "parameters", "read", "same"]


ByMember = Mapping[str, type[Confidential]]
"""Types by the name of a member, which is empty for the value itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong with a value; `path` leads from the value to the member, and is empty for the value itself."""

    path: tuple[str, ...]
    message: str


class Unreadable(ValueError):  # noqa: N818 - said of a value, not of us
    """A value cannot be read: `mistakes` lists all that is wrong with it, never nothing."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(": ".join([*mistake.path, mistake.message]) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a value that is an object: `name` as people write it, `field` as the value's attribute.

    An item that is no object has one member, the value itself, whose `field` is empty; its `cell` is None.
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
        """What a form can suggest for it."""
        return _suggested(self.cell.suggests if self.cell else None, self.type)

    @property
    def units(self) -> tuple[str, ...]:
        """Units that an amount is usually written with; none for a plain number or a value that is no amount."""
        return _units(self.type)

    @property
    def confidential(self) -> bool:
        """Whether its text may be a secret."""
        return issubclass(self.type, Confidential)

    def of(self, value: Any) -> Any:
        """The member of `value`, its default where it is left out."""
        return getattr(value, self.field) if self.field else value

    def stated_in(self, value: Any) -> Any:
        """The member of `value`; None where it is left out."""
        return self.of(value) if not self.field or self.field in value.model_fields_set else None

    def path(self, of_value: tuple[str, ...]) -> tuple[str, ...]:
        """The path of the member of the value at a path."""
        return (*of_value, self.name) if self.field else of_value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of one kind of workload: `name` as people write it, `field` as the attribute of its values class.

    `type` and `adapter` are of one value, or of one item where it is itemized; `label_...` those of an item's label.
    `members` is empty unless the value is an object. `default` is the built-in one as JSON, None where there is none.
    `beside` are the parameters of the same kind of workload.
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
        """The same, with the other parameters as people call them."""
        return " ".join([self.summary, *described(self.name, self.shown, self.beside, called)])

    @property
    def excludes(self) -> Sequence[str]:
        """Parameters of which only one counts together with this one."""
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
        """Whether an item may leave its value out, which then is empty text."""
        return bool(getattr(self.type, "omissible", False))

    @property
    def confidential(self) -> ByMember:
        """The types of what may be a secret: of members by name; of the value or item itself without one."""
        if issubclass(self.type, Confidential):
            return {"": self.type}
        return {name: member.type for name, member in self.members.items() if member.confidential}

    @property
    def governed_members(self) -> Mapping[str, Member]:
        """What a policy has rules for inside a value: its members; an item without any has `value`, which it is."""
        if self.members or not self.itemized:
            return self.members
        return {"value": Member("value", "", self.family, not self.omissible, "", None, self.type, self.adapter, None)}

    def meant(self, label: str, value: Any) -> Any:
        """What an item stands for: its value, or what its label names where the value is left out."""
        if not value and self.omissible:
            return self.type(label)
        return value.under(label) if isinstance(value, Confidential) else value

    def read(self, raw: JsonValue) -> Any:
        """The value, or the value of one item, that `raw` writes; Unreadable with everything wrong with it."""
        return read(self.adapter, raw)

    def read_label(self, label: str) -> str:
        """`label` where it can be an item's; Unreadable otherwise."""
        return str(read(self.label_adapter, label)) if self.label_adapter else label

    def write(self, value: Any) -> JsonValue:
        """The canonical JSON of a value that `read` gave, in Kubernetes' spelling, without members left out."""
        if isinstance(value, StrEnum):
            return value.value
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        return str(value) if isinstance(value, str) else value


@cache
def parameters(kind: Kind) -> Mapping[str, Parameter]:
    """Every parameter that `kind` has a value for, by name, in the order the form shows them."""
    return types.MappingProxyType(_parameters(kind.values))


@cache
def controls() -> Mapping[str, Parameter]:
    """What stands in the spec of every workload without being a value: usage and baseWorkload."""
    return types.MappingProxyType(_parameters(Controls))


def same(one: Any, other: Any) -> bool:
    """Whether two values that `read` gave mean the same: amounts by amount, members one by one, text by text."""
    return bool(_meaning(one) == _meaning(other))


def amount(family: Family, raw: JsonValue) -> Any:
    """The Decimal that `raw` writes in a family of amounts, or None where it writes none or the family has none."""
    readers: dict[Family, type[Amount]] = {
        Family.INTEGER: DecimalText,
        Family.NUMBER: DecimalText,
        Family.QUANTITY: Quantity,
        Family.DURATION: Duration,
    }
    if family not in readers:
        return None
    try:
        return readers[family].read(raw).amount
    except ValueError:
        return None


def _meaning(value: Any) -> Any:
    if isinstance(value, Text):
        return value.meaning
    if isinstance(value, BaseModel):
        return {name: _meaning(getattr(value, name)) for name in type(value).model_fields}
    return value


def read(adapter: TypeAdapter[Any], raw: Any) -> Any:
    """The value that `raw` writes for any adapter of ours; Unreadable with everything wrong with it."""
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
    """What is declared, or the Secrets that a value of such a type can refer to."""
    return declared or (Suggests.SECRETS if issubclass(plain, Confidential) else None)


def _units(plain: type[Any]) -> tuple[str, ...]:
    return plain.units if issubclass(plain, Amount) else ()


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
    return annotation


def _with_constraints(annotation: Any, info: FieldInfo) -> Any:
    """The annotation with what Pydantic took out of `Annotated`; what is only shown makes no difference to a value."""
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
