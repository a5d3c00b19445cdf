"""The admission policies for fields that no workload or policy has, which the API server keeps.

A request with strict validation, such as `kubectl apply`, is refused at once, in the API server's own words. Any other
request is stored, and the workload, or every workload under the policy, fails with the unknown fields among its
violations.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from generate.schemas import spec_of_policy
from shared.objects import Manifest
from shared.parameters import sentences
from shared.parameters.derive import Parameter, controls, parameters
from shared.parameters.kinds import DISTRIBUTED, KINDS, Kind
from shared.resolution.merge import UNSUPPORTED

STRICT: Final = "request.?options.?fieldValidation.orValue('') == 'Strict'"
"""CEL for whether the client asks to refuse unknown fields."""
SUBMITTED: Final = "request.operation == 'UPDATE' && oldObject.spec.?usage.orValue('Submit') == 'Submit'"
OF_MEMBERS: Final = "!(key in variables.members[name])"
UNCHANGED: Final = "request.operation == 'UPDATE' && object.spec == oldObject.spec"


def fields() -> Manifest:
    """Refuse unknown fields of a strict request, and any change of them in a submitted workload."""
    frozen = {"expression": f"({UNCHANGED}) || !({SUBMITTED})", "message": sentences.SPEC_IMMUTABLE}
    return _checking({**_known(), **_said()}, {**frozen, "reason": "Invalid"})


def fields_of_policies() -> Manifest:
    """Refuse unknown fields of a strict request to write a policy, down to the names of its rules."""
    specs = {kind.policy: spec_of_policy(kind)["properties"] for kind in KINDS}
    every = {name: entry["properties"] for spec in specs.values() for name, entry in spec.items()}
    rules = {name: [*entry["rules"]["properties"]] for name, entry in every.items()}
    of_rules = _unknown("object.spec[name].rules", "!(key in variables.rules[name])", _path("name", "'rules'"))
    variables = {
        "known": f"{_cel({kind: [*spec] for kind, spec in specs.items()})}[request.kind.kind]",
        "fields": _cel({name: [*entry] for name, entry in every.items()}),
        "rules": _cel(rules),
        "given": "variables.known.filter(name, name in object.spec)",
        "ofGiven": _each("given", _unknown("object.spec[name]", "!(key in variables.fields[name])", _path("name"))),
        "ofRules": _each("given", f"'rules' in object.spec[name] ? {of_rules} : ''"),
    }
    names = _unknown("object.spec", "!(key in variables.known)", _path())
    variables["unknown"] = _joined(f"([{names}] + variables.ofGiven + variables.ofRules)")
    return _checking(variables)


def _checking(variables: Mapping[str, str], *more: Manifest) -> Manifest:
    """What refuses a strict request if the variable `unknown` says anything."""
    strict = {
        "expression": f"!({STRICT}) || ({UNCHANGED}) || variables.unknown == ''",
        "messageExpression": "'strict decoding error: ' + variables.unknown",
        "reason": "Invalid",
    }
    named = [{"name": name, "expression": expression} for name, expression in variables.items()]
    return {"variables": named, "validations": [strict, *more]}


def _known() -> dict[str, str]:
    """Variables that say which fields there are."""
    names = {kind.workload: [*_names(kind)] for kind in KINDS}
    every = dict(one for kind in KINDS for one in _by_name(kind))
    members = {name: [*one.members, *one.type.switches, *one.spellings] for name, one in every.items() if one.members}
    given = "filter(name, name in object.spec)"
    return {
        "known": f"{_cel(names)}[request.kind.kind]",
        "members": _cel(members),
        "itemized": f"{_cel([name for name, one in every.items() if one.itemized])}.{given}",
        "objects": f"{_cel([name for name in members if not every[name].itemized])}.{given}",
    }


def _said() -> dict[str, str]:
    """Variables with what is said of the fields at each place; `unknown` joins them."""
    of_member = _unknown("item.value", OF_MEMBERS, _path("name", "'items'", "label", "'value'"))
    each_form = "['value', 'values'].filter(form, form in object.spec[name]).map(form, {})"
    of_form = each_form.format(_unknown("object.spec[name][form]", OF_MEMBERS, _path("name", "form")))
    said = {
        "ofItemized": _each("itemized", _unknown("object.spec[name]", "key != 'items'", _path("name"))),
        "ofItems": _of_items(_unknown("item", "!(key in ['value', 'deleted'])", _path("name", "'items'", "label"))),
        "ofItemValues": _of_items(f"name in variables.members && 'value' in item ? {of_member} : ''"),
        "ofObjects": _each("objects", _unknown("object.spec[name]", "!(key in ['value', 'values'])", _path("name"))),
        "ofValues": _each("objects", _joined(of_form)),
    }
    names = _unknown("object.spec", "!(key in variables.known)", _path())
    together = " + ".join(f"variables.{name}" for name in said)
    return {**said, "unknown": _joined(f"([{names}] + {together})")}


def _names(kind: Kind) -> Iterator[str]:
    """Everything that a spec may hold, and what the resolver refuses with a sentence of its own."""
    yield from controls()
    yield from (name for name, _ in _by_name(kind))
    if kind is DISTRIBUTED:
        yield from UNSUPPORTED


def _by_name(kind: Kind) -> Iterator[tuple[str, Parameter]]:
    for parameter in parameters(kind).values():
        yield from ((name, parameter) for name in (parameter.name, *parameter.aliases))


def _of_items(each: str) -> str:
    """CEL for a list of what is said of each item: `label` and `item` are those of an item, `name` its parameter."""
    said = _joined(f"object.spec[name].items.transformList(label, item, {each})")
    return _each("itemized", f"'items' in object.spec[name] ? {said} : ''")


def _each(names: str, said: str) -> str:
    """CEL for a list of what is said of each parameter that the variable `names` lists."""
    return f"variables.{names}.map(name, {said})"


def _joined(texts: str) -> str:
    """CEL for one text of several, without the empty ones."""
    return f"{texts}.filter(said, said != '').join(', ')"


def _unknown(place: str, condition: str, path: str) -> str:
    """CEL for what is said of the fields of an object for which the condition holds; empty if there are none."""
    return f"{place}.filter(key, {condition}).map(key, 'unknown field \"' + {path} + '.' + key + '\"').join(', ')"


def _path(*steps: str) -> str:
    return " + '.' + ".join(["'spec'", *steps])


def _cel(value: Sequence[str] | dict[str, Any]) -> str:
    """A literal of CEL, whose lists, maps and plain texts are those of JSON."""
    return json.dumps(value).replace('"', "'")
