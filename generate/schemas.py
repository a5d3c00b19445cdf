"""Structural schemas of the API server from the catalogue, for the specs of workloads and policies.

The API server checks only types and sizes. The resolver checks forms and rules, and lists all mistakes at once.
Therefore a template with a mistake can be stored, and is refused when it is used.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from shared.parameters import sentences
from shared.parameters.derive import Family, Parameter, controls, parameters
from shared.parameters.kinds import Kind
from shared.parameters.limits import LARGEST_TEXT, MOST_ITEMS
from shared.parameters.rules import OF_ITEMIZED, OF_ITEMS, Bound, Options, Rule, fitting
from shared.parameters.shown import When
from shared.parameters.types import Amount, Text

Schema = dict[str, Any]


KEPT: Final[Schema] = {"x-kubernetes-preserve-unknown-fields": True}
"""Of an object whose unknown fields the API server keeps, so that the resolver can refuse them: see decision 16."""
_DROPPED: Final = ("$defs", "title", "default", "additionalProperties")


def spec_of_workload(kind: Kind) -> Schema:
    """The schema of a workload's `spec`, with the rules that the API server itself enforces."""
    own = {name: _control(parameter) for name, parameter in controls().items()}
    described = "Values set by the workload itself; its base workload and the policy complete them."
    for name, parameter in _with_aliases(kind):
        own[name] = _described(_stated(parameter), _help(name, parameter))
    return {**_object(own, described), **KEPT, "x-kubernetes-validations": list(_spec_rules(kind))}


def spec_of_policy(kind: Kind) -> Schema:
    """The schema of a policy's `spec`: rules and a default for every parameter that has a value."""
    own = {}
    for name, parameter in _with_aliases(kind):
        if parameter.shown.wrapped:
            schema = _itemized_policy(parameter) if parameter.itemized else _value_policy(parameter)
            own[name] = _described(schema, _help(name, parameter))
    described = "Rules and default values of the parameters, which apply to every workload of the kind."
    return {**_object(own, described), **KEPT}


def structural(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Schema:
    """Pydantic's schema in the API server's form: references are inlined; null, titles and defaults are removed."""
    definitions = schema.get("$defs", definitions or {})
    if "$ref" in schema:
        target = structural(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {**target, **({"description": _line(schema["description"])} if "description" in schema else {})}
    if branches := [branch for branch in schema.get("anyOf", ()) if branch != {"type": "null"}]:
        (branch,) = branches
        outside = {key: value for key, value in schema.items() if key != "anyOf"}
        return structural({**branch, **outside}, definitions)
    return _tidied(schema, definitions)


def _tidied(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    tidy = {key: value for key, value in schema.items() if key not in _DROPPED}
    if isinstance(values := schema.get("additionalProperties"), dict):
        tidy["additionalProperties"] = structural(values, definitions)
    if "properties" in tidy:
        tidy["properties"] = {name: structural(inner, definitions) for name, inner in tidy["properties"].items()}
    if "items" in tidy:
        tidy["items"] = structural(tidy["items"], definitions)
    if "description" in tidy:
        tidy["description"] = _line(tidy["description"])
    return tidy


def _with_aliases(kind: Kind) -> Iterator[tuple[str, Parameter]]:
    for parameter in parameters(kind).values():
        for name in (parameter.name, *parameter.aliases):
            yield name, parameter


def _help(name: str, parameter: Parameter) -> str:
    return parameter.doc if name == parameter.name else f"The same as {parameter.name}. {parameter.doc}"


def _control(parameter: Parameter) -> Schema:
    schema = {**structural(parameter.adapter.json_schema()), "minLength": 1}
    if parameter.default is not None:
        schema["default"] = parameter.default
    return _described(schema, parameter.doc)


def _stated(parameter: Parameter) -> Schema:
    if not parameter.shown.wrapped:
        return _of_parameter(parameter)
    return _itemized(parameter) if parameter.itemized else _value(parameter)


def _value(parameter: Parameter) -> Schema:
    value = _of_parameter(parameter)
    if not parameter.members:
        return {**_object({"value": value}), "required": ["value"]}
    wrapped = {
        name: _described(_object({"value": member}), member["description"])
        for name, member in value["properties"].items()
    }
    values = {**_object(wrapped, "The same as value, with each member as {value: ...}."), **KEPT}
    return {**_object({"value": {**value, **KEPT}, "values": values}), **KEPT}


def _itemized(parameter: Parameter) -> Schema:
    deleted = {
        "type": "boolean",
        "description": "True removes the item that the base workload or the policy has under this label. Not together "
        "with a value.",
    }
    value = {**_of_parameter(parameter), **(KEPT if parameter.members else {})}
    item = {**_object({"value": value, "deleted": deleted}, "An item: its value, or that it is deleted."), **KEPT}
    return {**_object({"items": _map(item, _items_help(parameter))}), **KEPT}


def _value_policy(parameter: Parameter) -> Schema:
    rules = {**_rules(fitting(parameter.family), parameter.family, "Rules that the value must satisfy."), **KEPT}
    fields = {
        "rules": rules,
        "memberRules": _object(
            _of_members(parameter, "the value"), "Rules that each member of the value must satisfy."
        ),
        "value": _either_form(parameter),
    }
    return {**_object({name: schema for name, schema in fields.items() if schema.get("properties") != {}}), **KEPT}


def _itemized_policy(parameter: Parameter) -> Schema:
    item = _object(
        {
            "rules": _rules(OF_ITEMS, parameter.family, "What workloads may do with this item."),
            "value": _of_parameter(parameter),
        },
        "A default item, and what workloads may do with it.",
    )
    fields = {
        "rules": {**_rules(OF_ITEMIZED, parameter.family, "Rules of the items as a whole."), **KEPT},
        "itemRules": _object(
            _of_members(parameter, "every item"), "Rules that each member must satisfy, in every item."
        ),
        "items": _map(item, _items_help(parameter)),
    }
    return {**_object({name: schema for name, schema in fields.items() if schema.get("properties") != {}}), **KEPT}


def _of_members(parameter: Parameter, of_what: str) -> Schema:
    return {
        name: _rules(
            fitting(member.family),
            member.family,
            f"Rules of member {name} of {of_what}. {member.doc}" if member.field else f"Rules of {of_what}.",
        )
        for name, member in parameter.governed_members.items()
    }


def _items_help(parameter: Parameter) -> str:
    form = getattr(parameter.label_type, "form", "")
    return f"The items, by label. A label is: {form}."


def _either_form(parameter: Parameter) -> Schema:
    """A default as `value: X` or `value: {value: X}`. A structural schema has no union, but can restrict each shape."""
    value = _of_parameter(parameter)
    if parameter.members:
        described = (
            f"Default value; `value: {{...}}` and `value: {{value: {{...}}}}` mean the same. {value['description']}"
        )
        return {**value, "properties": {**value["properties"], "value": value}, "description": described}
    no_value = [[]] if parameter.family is Family.BOOLEAN else [[], True, False]
    return {
        "x-kubernetes-preserve-unknown-fields": True,
        "description": f"Default value; `value: X` and `value: {{value: X}}` mean the same. {value['description']}",
        "properties": {"value": value},
        "required": ["value"],
        "maxProperties": 1,
        "maxLength": value.get("maxLength", 64),
        "maxItems": 0,
        "not": {"enum": no_value},
    }


def _rules(known: Iterable[type[Rule]], family: Family, description: str) -> Schema:
    return _object({rule.name: _described(_rule(rule, family), rule.doc) for rule in known}, description)


def _rule(rule: type[Rule], family: Family) -> Schema:
    if issubclass(rule, Options):
        return {"type": "array", "items": _option(), "maxItems": MOST_ITEMS, "x-kubernetes-list-type": "atomic"}
    if issubclass(rule, Bound) and family is not Family.INTEGER:
        return {"x-kubernetes-int-or-string": True, "maxLength": Amount.longest}
    return {"type": "integer" if issubclass(rule, Bound) else "boolean"}


def _option() -> Schema:
    """A string, or an object with the text that the form shows. A structural schema restricts each shape separately."""
    text = {"type": "string", "maxLength": Text.longest}
    return {
        "x-kubernetes-preserve-unknown-fields": True,
        "description": "A value, or an object with the value and the text that the form displays for it.",
        "properties": {
            "value": {**text, "description": "The value."},
            "displayed": {**text, "description": "What the form displays for it."},
        },
        "required": ["value"],
        "maxProperties": 2,
        "maxLength": Text.longest,
        "maxItems": 0,
        "not": {"enum": [[], True, False]},
    }


def _of_parameter(parameter: Parameter) -> Schema:
    """The schema of a value, or of an item's; with the switches that mean a value of a member."""
    schema = _of_type(parameter.adapter)
    if parameter.members:
        switches = {
            switch: {"type": "boolean", "description": f"True means the same as {member}: {meant}."}
            for switch, (member, meant) in parameter.type.switches.items()
        }
        others = {
            other: _described(schema["properties"][name], f"The same as {name}.")
            for other, name in parameter.spellings.items()
        }
        required = [name for name in schema.get("required", ()) if name not in parameter.spellings.values()]
        schema = {**schema, "properties": {**schema["properties"], **switches, **others}, "required": required}
    return {key: value for key, value in schema.items() if value != []}


def _of_type(adapter: TypeAdapter[Any]) -> Schema:
    """The schema of a value: its type, and a description even if the type itself has none."""
    return _shape(structural(adapter.json_schema(by_alias=True)))


def _shape(schema: Schema) -> Schema:
    schema = {key: value for key, value in schema.items() if key not in ("minimum", "maximum")}
    if "properties" in schema:
        schema["properties"] = {name: _shape(member) for name, member in schema["properties"].items()}
    plain = {"boolean": sentences.TRUE_OR_FALSE, "integer": sentences.WHOLE_NUMBER}.get(schema.get("type", ""))
    return {"description": sentences.described(plain), **schema} if plain else schema


def _object(properties: Schema, description: str = "") -> Schema:
    return {"type": "object", "properties": properties, **({"description": description} if description else {})}


def _map(values: Schema, description: str) -> Schema:
    return {"type": "object", "additionalProperties": values, "maxProperties": MOST_ITEMS, "description": description}


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": _line(description)}


def _line(text: str) -> str:
    return " ".join(text.split())


def _spec_rules(kind: Kind) -> Iterator[Schema]:
    """The rules that the API server enforces with our messages: usage, a single submission, and size."""
    for name, control in controls().items():
        if isinstance(condition := control.shown.only_with, When):
            yield {
                "rule": f"self.{condition.parameter} == '{condition.value}' || !has(self.{name})",
                "message": sentences.TEMPLATE_WITH_BASE,
                "fieldPath": f".{name}",
            }
    yield {"rule": "self.usage == oldSelf.usage", "message": sentences.USAGE_IMMUTABLE, "fieldPath": ".usage"}
    yield {
        "rule": "oldSelf.usage != 'Submit' || self.usage != 'Submit' || self == oldSelf",
        "message": sentences.SPEC_IMMUTABLE,
    }
    texts = [_text_of_items(parameter) for parameter in parameters(kind).values() if parameter.itemized]
    yield {"rule": f"{' + '.join(texts)} <= {LARGEST_TEXT}", "message": sentences.TOO_LARGE}


def _text_of_items(parameter: Parameter) -> str:
    """CEL for the bytes of text in a parameter's items; items of numbers count only by their labels."""
    items = f"self.{parameter.name}.items"
    value = " + ".join(_text_of_value(parameter))
    each = f"size(label) + (has(item.value) ? {value} : 0)" if value else "size(label)"
    # iterates over items with their labels, since looking up each item costs the API server ten times as much
    return f"(has(self.{parameter.name}) && has({items}) ? {items}.transformList(label, item, {each}).sum() : 0)"


def _text_of_value(parameter: Parameter) -> Iterator[str]:
    if parameter.family is Family.STRING:
        yield "size(bytes(item.value))"
    for name, member in parameter.members.items():
        if member.family is Family.STRING:
            text = f"size(bytes(item.value.{name}))"
            certain = member.required and name not in parameter.spellings.values()  # the resolver counts other names
            yield text if certain else f"(has(item.value.{name}) ? {text} : 0)"
