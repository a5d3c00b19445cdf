"""Each value of an explained workload in words: where it comes from, what it overrode, which rules apply. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from shared.inquiry.allowed import in_words
from shared.inquiry.authors import in_words as authors_in_words
from shared.inquiry.explanation import CLAIMED, FAILED, FROZEN, NOW, Explanation
from shared.inquiry.texts import text_of
from shared.parameters.secrecy import hidden, hidden_rules

HOW: Final = {
    FROZEN: "as frozen when it was submitted",
    CLAIMED: "as its job's ConfigMap has them, which is not known to be what was decided",
    NOW: "as of now, with the current policy and base workload",
}


class ExplainedValue(NamedTuple):
    """One value, or one item of an itemized parameter."""

    path: str
    """The parameter, and the label of an item after a dot."""
    text: str
    origin: str
    overrode: tuple[str, ...]
    """What lost against it, each with its origin."""
    rules: str


def values_of(explained: Explanation) -> Iterator[ExplainedValue]:
    """All values with their origins, without secrets."""
    for name in explained.provenance:
        yield from _values(explained, name)


def facts_of(explained: Explanation) -> list[tuple[str, str]]:
    """What the values come from and, for a failed workload, the reason: names and texts."""
    facts = [("Workload", f"{explained.kind.workload} {explained.name} in namespace {explained.namespace}")]
    if authors := authors_in_words(explained.stamps):
        facts.append(("Written", authors))
    if explained.phase == FAILED:
        facts += [("Status", FAILED), *(("Reason", one) for one in explained.reasons)]
    if explained.job:
        facts.append(("Job", explained.job))
    facts.append(("Values", HOW[explained.decided]))
    if explained.seal:
        facts.append(("Seal", explained.seal.sentence))
    facts.append(("Policy", _reference(explained.kind.policy, explained.policy)))
    facts.append(("Base", _reference(explained.kind.workload, explained.base)))
    return [*facts, ("Scheduler", explained.scheduler)] if explained.scheduler else facts


def _values(explained: Explanation, name: str) -> Iterator[ExplainedValue]:
    found, value = explained.provenance[name], explained.values.get(name)
    if "items" not in found or "origin" in found:
        yield _value(name, hidden(name, value), found, hidden_rules(name, found.get("rules") or {}), name)
        return
    shared = found.get("rules") or {}
    for label, item in found["items"].items():
        rules = hidden_rules(name, {**shared, **(item.get("rules") or {})}, label)
        own = (value or {}).get(label)
        yield _value(f"{name}.{label}", hidden(name, own, label), item, rules, name, label)


def _value(
    path: str, value: Any, found: Mapping[str, Any], rules: Mapping[str, Any], name: str, label: str = ""
) -> ExplainedValue:
    shown = "(deleted)" if found.get("deleted") else text_of(value)
    beat = tuple(_beaten(one, name, label) for one in found.get("beat") or [])
    default = value if found["origin"] == "policy default" else None
    return ExplainedValue(path, shown, found["origin"], beat, _rules(rules, default))


def _rules(rules: Mapping[str, Any], default: Any) -> str:
    """The rules in words, with those of members under the member's name."""
    of_members = rules.get("itemRules")
    parts = [in_words(rules, default)]
    if isinstance(of_members, Mapping):
        parts += [f"{member} {words}" for member, own in of_members.items() if (words := in_words(own, None))]
    return "; ".join(part for part in parts if part)


def _beaten(one: Mapping[str, Any], name: str, label: str) -> str:
    other = one.get("parameter") or name
    raw = one.get("value")
    text = f"{one['origin']} {text_of(hidden(other, raw, label)) if raw is not None else '(deleted)'}"
    return f"{text} of {other}" if other != name else text


def _reference(kind: str, ref: Mapping[str, str] | None) -> str:
    if not ref:
        return "none"
    which = {"uid": ref.get("uid"), "version": ref.get("resourceVersion")}
    exactly = ", ".join(f"{word} {value}" for word, value in which.items() if value)
    authors = authors_in_words(ref)
    where = f"{kind} {ref['name']} in namespace {ref['namespace']}" + (f" ({exactly})" if exactly else "")
    return f"{where}, {authors}" if authors else where
