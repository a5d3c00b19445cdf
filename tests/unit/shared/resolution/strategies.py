"""Sources made up by Hypothesis: from the catalogue, from the API server's own schemas, and from thin air."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

from shared.parameters.derive import Parameter, parameters
from shared.parameters.kinds import KINDS, Kind
from tests.unit.shared.resolution.sources import LEAST

LABELS = ("a", "b", "c", "B_1", "example.com/d")
kinds = st.sampled_from(KINDS)

texts = st.text(max_size=6) | st.sampled_from(
    ["", " ", "-1", "0", "0.5", "1.5", "1e999", "1Gi", "9" * 64, "5m", "always", "NodePort", "a", "/a", "SECRET:", "'"]
)
numbers = st.integers(-2, 70000) | st.sampled_from([2**31, 2**63, -(2**63)])
junk = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)


def example(parameter: Parameter) -> Any:
    """A value, or an item's, as the catalogue itself shows it."""
    shown = yaml.safe_load(parameter.shown.example)
    return next(iter(shown.values()))["value"] if parameter.itemized else shown


@cache
def values(kind: Kind, name: str) -> st.SearchStrategy[Any]:
    """What somebody may write for a value: mostly what the catalogue shows, else anything."""
    parameter = parameters(kind)[name]
    usual = st.just(example(parameter))
    if parameter.members:
        members = st.dictionaries(st.sampled_from(list(parameter.members)), numbers | texts | junk, max_size=3)
        usual = usual | members
    return usual | usual | numbers | texts | junk


@cache
def entries(kind: Kind, name: str) -> st.SearchStrategy[Any]:
    """What somebody may write under a parameter's name in a workload."""
    value = values(kind, name)
    if not parameters(kind)[name].shown.wrapped:
        return value
    stated = st.fixed_dictionaries({"value": value})
    odd: st.SearchStrategy[Any] = st.just({}) | st.none() | junk
    if not parameters(kind)[name].itemized:
        return stated | stated | stated | odd
    deleted = st.fixed_dictionaries({"deleted": st.booleans()}, optional={"value": value})
    item: st.SearchStrategy[Any] = stated | stated | deleted | st.just({}) | st.none()
    items = st.fixed_dictionaries({"items": st.dictionaries(st.sampled_from(LABELS) | texts, item, max_size=4)})
    return items | items | items | odd


@cache
def specs(kind: Kind) -> st.SearchStrategy[Mapping[str, Any]]:
    """The spec of a workload: some parameters, under any of their names."""
    return _some(kind, entries)


@cache
def sound(kind: Kind) -> st.SearchStrategy[Mapping[str, Any]]:
    """The spec of a workload: a few parameters as the catalogue shows them, beside what the kind cannot do without."""
    chosen = st.lists(st.sampled_from(list(parameters(kind).values())), max_size=3)
    return chosen.map(lambda some: {"image": {"value": "ubuntu"}, **_shown(some), **LEAST.get(kind, {})})


def _shown(some: Iterable[Parameter]) -> Mapping[str, Any]:
    shown = {one.name: (one, yaml.safe_load(one.shown.example)) for one in some}
    return {
        name: {"items" if one.itemized else "value": value} if one.shown.wrapped else value
        for name, (one, value) in shown.items()
    }


_bounds = numbers | texts | st.none()
_options = st.lists(texts | st.fixed_dictionaries({"value": texts}, optional={"displayed": texts}) | junk, max_size=3)
rules = st.fixed_dictionaries(
    {},
    optional={
        "required": st.booleans() | st.none(),
        "canEdit": st.booleans() | st.none(),
        "canAdd": st.booleans(),
        "canRemove": st.booleans(),
        "min": _bounds,
        "max": _bounds,
        "step": _bounds,
        "options": _options | st.none(),
        "other": junk,
    },
)


@cache
def policy_entries(kind: Kind, name: str) -> st.SearchStrategy[Any]:
    """What somebody may write under a parameter's name in a policy, with rules that fit and rules that do not."""
    parameter, value = parameters(kind)[name], values(kind, name)
    members = st.sampled_from([*parameter.governed_members, "other"])
    of_members = st.dictionaries(members, rules | st.none() | junk, max_size=3)
    if not parameter.itemized:
        default = value | st.fixed_dictionaries({"value": value}) | st.none()
        parts = {"rules": rules | rules | junk, "value": default}
        if parameter.members:
            parts["memberRules"] = of_members | junk
        entry = st.fixed_dictionaries({}, optional=parts)
        return entry | entry | junk
    item = st.fixed_dictionaries({}, optional={"rules": rules, "value": value})
    items = st.dictionaries(st.sampled_from(LABELS), item | item | junk, max_size=3)
    parts = {"rules": rules | junk, "itemRules": of_members | junk, "items": items | st.none() | junk}
    entry = st.fixed_dictionaries({}, optional=parts)
    return entry | entry | junk


@cache
def policies(kind: Kind) -> st.SearchStrategy[Mapping[str, Any]]:
    """The spec of a policy."""
    return _some(kind, policy_entries)


def _some(kind: Kind, entry: Callable[[Kind, str], st.SearchStrategy[Any]]) -> st.SearchStrategy[Mapping[str, Any]]:
    stated = {alias: entry(kind, name) for name, one in parameters(kind).items() for alias in (name, *one.aliases)}
    names = st.lists(st.sampled_from([*stated]), max_size=6, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: stated[name] for name in chosen}))


def admitted(schema: Mapping[str, Any], hint: st.SearchStrategy[Any] = texts) -> st.SearchStrategy[Any]:
    """What the API server lets in under a structural schema, and some things that it does not."""
    if schema.get("x-kubernetes-int-or-string"):
        return numbers | texts
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        own = {name: admitted(inner) for name, inner in schema.get("properties", {}).items()}
        return texts | numbers | st.booleans() | st.fixed_dictionaries({}, optional=own)
    match schema.get("type"):
        case "object" if "additionalProperties" in schema:
            return st.dictionaries(
                st.sampled_from(LABELS) | texts, admitted(schema["additionalProperties"]), max_size=3
            )
        case "object":
            inner = {name: admitted(one) for name, one in schema.get("properties", {}).items()}
            return st.fixed_dictionaries({}, optional=inner)
        case "array":
            return st.lists(admitted(schema["items"]), max_size=3)
        case "boolean":
            return st.booleans()
        case "integer":
            return numbers
        case _:
            return hint
