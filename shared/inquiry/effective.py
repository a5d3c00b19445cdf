"""The policy in force in words: where it comes from, and a row for each rule and default. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.inquiry.allowed import in_words
from shared.inquiry.texts import printable, text_of
from shared.names import GLOBAL_NAMESPACE
from shared.parameters.secrecy import OF_MEMBERS, hidden_default, hidden_rules

if TYPE_CHECKING:
    from shared.inquiry.sources import Effective
    from shared.parameters.derive import Parameter
    from shared.parameters.kinds import Kind

NONE: Final = "-"
"""No default, or no rules."""
HEADER: Final = ("PARAMETER", "DEFAULT", "RULES")


def nothing(kind: "Kind", project: str) -> str:
    """The sentence that no policy is in force."""
    return f"No {kind.policy} is in force for project {project}: neither the project nor the cluster has one."


def ignored(effective: "Effective") -> str:
    """The sentence about policies that have no effect; empty if there are none."""
    if not effective.shadowed:
        return ""
    return f"ignored, because an older policy of the kind exists: {', '.join(effective.shadowed)}"


def rows(kind: "Kind", effective: "Effective", about: "Parameter | None" = None) -> list[tuple[str, str, str]]:
    """A row for each rule and default, in the order of the form; only those about one parameter, if it is given."""
    return [row for name, entry in entries(kind, effective, about).items() for row in _rows(name, entry)]


def whence(kind: "Kind", project: str, effective: "Effective") -> str:
    """Which policy it is, and why it is this one."""
    ref = effective.ref
    reason = f"; project {project} has none of its own" if ref.namespace == GLOBAL_NAMESPACE else ""
    version = f"uid {ref.uid}, version {ref.resource_version}"
    return printable(f"{kind.policy} {ref.name} in namespace {ref.namespace} ({version}){reason}")


def unsaid(about: "Parameter") -> str:
    """The sentence about a parameter that the policy does not mention."""
    built_in = f"; its default is {text_of(about.default)}" if about.default is not None else ""
    return f"No policy mentions {about.name}{built_in}."


def entries(kind: "Kind", effective: "Effective", about: "Parameter | None") -> dict[str, Mapping[str, Any]]:
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


def secretless(kind: "Kind", spec: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's spec as it can be shown: secret defaults are hidden."""
    from shared.resolution.merge import names

    known = names(kind)
    return {
        name: _without_secrets(known[name].name, entry) if name in known and isinstance(entry, Mapping) else entry
        for name, entry in spec.items()
    }


def restored(kind: "Kind", edited: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The spec that was shown and edited, with the secrets of the entries that nobody has changed."""
    shown = secretless(kind, stored)
    return {name: stored[name] if name in stored and entry == shown[name] else entry for name, entry in edited.items()}


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
    return NONE if inner is None else text_of(inner)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}
