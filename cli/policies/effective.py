"""The page and the document that `runai policy effective` prints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from cli.printing.tables import table
from cli.shell.exits import note
from shared.inquiry.allowed import in_words
from shared.inquiry.texts import printable
from shared.names import GLOBAL_NAMESPACE
from shared.objects import JsonObject
from shared.parameters.secrecy import OF_MEMBERS, hidden_default, hidden_rules

if TYPE_CHECKING:
    from shared.inquiry.sources import Effective
    from shared.parameters.derive import Parameter
    from shared.parameters.kinds import Kind

NONE: Final = "-"


def one_parameter(kind: "Kind", name: str) -> "Parameter":
    """The parameter with that name; a usage error with similar names if there is none."""
    from difflib import get_close_matches

    from shared.resolution.merge import names

    known = names(kind)
    if name not in known:
        close = get_close_matches(name, known, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"{name} is not a parameter of {kind.name} workloads{hint}")
    return known[name]


def page(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> list[str]:
    """The lines of the page: the policy in effect, and a row for each rule and default."""
    if effective is None:
        lines = [f"No {kind.policy} is in force for project {project}: neither the project nor the cluster has one."]
        return lines + ([_unsaid(about)] if about else [])
    lines = [_whence(kind, project, effective)]
    if effective.shadowed:
        note(f"ignored, because an older policy of the kind exists: {', '.join(effective.shadowed)}")
    rows = [row for name, entry in _entries(kind, effective, about).items() for row in _rows(name, entry)]
    if rows:
        return [*lines, "", *table(["PARAMETER", "DEFAULT", "RULES"], rows)]
    return [*lines, "", _unsaid(about) if about else "It has no rules and no defaults."]


def _whence(kind: "Kind", project: str, effective: "Effective") -> str:
    ref = effective.ref
    reason = f"; project {project} has none of its own" if ref.namespace == GLOBAL_NAMESPACE else ""
    version = f"uid {ref.uid}, version {ref.resource_version}"
    return printable(f"{kind.policy} {ref.name} in namespace {ref.namespace} ({version}){reason}")


def _unsaid(about: "Parameter") -> str:
    built_in = f"; its default is {_text(about.default)}" if about.default is not None else ""
    return f"No policy mentions {about.name}{built_in}."


def _entries(kind: "Kind", effective: "Effective", about: "Parameter | None") -> dict[str, Mapping[str, Any]]:
    """The policy's entries by parameter name, in the order of the form."""
    from shared.parameters.derive import parameters
    from shared.resolution.merge import names

    known = names(kind)
    said = {
        known[name].name: _without_secrets(known[name].name, entry)
        for name, entry in effective.spec.items()
        if name in known and isinstance(entry, Mapping)
    }
    return {name: said[name] for name in parameters(kind) if name in said and about in (None, parameters(kind)[name])}


def _without_secrets(name: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter's entry in the policy, with secret defaults hidden."""
    shown = {**entry, **({"value": hidden_default(name, entry["value"])} if "value" in entry else {})}
    shown |= _rules_of(name, entry)
    shown |= hidden_rules(name, {key: entry[key] for key in OF_MEMBERS if key in entry})
    if isinstance(items := entry.get("items"), Mapping):
        shown["items"] = {label: _item(name, label, item) for label, item in items.items()}
    return shown


def _rules_of(name: str, entry: Mapping[str, Any], label: str = "") -> Mapping[str, Any]:
    """The member `rules` of an entry or of an item, if there is one, without secrets."""
    rules = entry.get("rules")
    return {"rules": hidden_rules(name, rules, label)} if isinstance(rules, Mapping) else {}


def _item(name: str, label: str, item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    shown = {**item, **({"value": hidden_default(name, item["value"], label)} if "value" in item else {})}
    return {**shown, **_rules_of(name, item, label)}


def _rows(name: str, entry: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """The rows of a parameter: one for itself, one for each member with rules, and one for each item."""
    rows = [(name, _default(entry), in_words(_mapping(entry.get("rules")), entry.get("value")) or NONE)]
    for member, rules in _mapping(entry.get("itemRules")).items():
        rows.append((f"{name}.*.{member}", NONE, in_words(_mapping(rules), None) or NONE))
    for label, item in _mapping(entry.get("items")).items():
        rules = in_words(_mapping(_mapping(item).get("rules")), _mapping(item).get("value")) or NONE
        rows.append((f"{name}.{label}", _default(_mapping(item)), rules))
    return rows if len(rows) == 1 or rows[0][1:] != (NONE, NONE) else rows[1:]


def _default(entry: Mapping[str, Any]) -> str:
    value = entry.get("value")
    inner = value["value"] if isinstance(value, Mapping) and value.keys() == {"value"} else value
    return NONE if inner is None else _text(inner)


def _text(value: Any) -> str:
    from shared.inquiry.texts import text_of

    return text_of(value)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def document(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> JsonObject:
    """The page as a JSON object."""
    policy = {"kind": kind.policy, **effective.ref.to_json()} if effective else None
    said = dict(_entries(kind, effective, about)) if effective else {}
    return {"project": project, "policy": policy, "spec": said}
