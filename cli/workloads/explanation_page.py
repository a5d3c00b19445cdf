"""The page of `runai explain`: every value of a workload, and where it comes from. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cli.printing.tables import table
from shared.inquiry.allowed import in_words
from shared.inquiry.authors import in_words as authors_in_words
from shared.inquiry.explanation import CLAIMED, FAILED, FROZEN, NOW, Explanation
from shared.inquiry.texts import printable, text_of
from shared.parameters.secrecy import hidden, hidden_rules

NOTHING: Final = "-"
HEADER: Final = ("PARAMETER", "VALUE", "ORIGIN", "OVERRODE", "RULES")
HOW: Final = {
    FROZEN: "as frozen when it was submitted",
    CLAIMED: "as its job's ConfigMap has them, which is not known to be what was decided",
    NOW: "as of now, with the current policy and base workload",
}


def page(explained: Explanation) -> list[str]:
    """The lines of the page: the sources, and a table with every value."""
    rows = [row for name in explained.provenance for row in _rows(explained, name)]
    notes = [f"Note:      {printable(note)}" for note in explained.notes]
    return [*head(explained), *notes, "", *table(HEADER, rows)] if rows else [*head(explained), *notes]


def head(explained: Explanation) -> list[str]:
    """The sources of the values and, for a failed workload, the reason."""
    lines = [f"Workload:  {explained.kind.workload} {explained.name} in namespace {explained.namespace}"]
    if authors := authors_in_words(explained.stamps):
        lines.append(f"Written:   {authors}")
    if explained.phase == FAILED:
        lines += [f"Status:    {FAILED}", *(f"Reason:    {one}" for one in explained.reasons)]
    if explained.job:
        lines.append(f"Job:       {explained.job}")
    lines.append(f"Values:    {HOW[explained.decided]}")
    if explained.seal:
        lines.append(f"Seal:      {explained.seal.sentence}")
    lines.append(f"Policy:    {_reference(explained.kind.policy, explained.policy)}")
    lines.append(f"Base:      {_reference(explained.kind.workload, explained.base)}")
    if explained.scheduler:
        lines.append(f"Scheduler: {explained.scheduler}")
    return [printable(line) for line in lines]


def _rows(explained: Explanation, name: str) -> Iterator[Sequence[str]]:
    found, value = explained.provenance[name], explained.values.get(name)
    if "items" not in found or "origin" in found:
        yield _row(name, hidden(name, value), found, hidden_rules(name, found.get("rules") or {}), name)
        return
    shared = found.get("rules") or {}
    for label, item in found["items"].items():
        rules = hidden_rules(name, {**shared, **(item.get("rules") or {})}, label)
        own = (value or {}).get(label)
        yield _row(f"{name}.{label}", hidden(name, own, label), item, rules, name, label)


def _row(
    path: str, value: Any, found: Mapping[str, Any], rules: Mapping[str, Any], name: str, label: str = ""
) -> Sequence[str]:
    shown = "(deleted)" if found.get("deleted") else text_of(value)
    beat = [_beaten(one, name, label) for one in found.get("beat") or []]
    default = value if found["origin"] == "policy default" else None
    return path, shown, found["origin"], "; ".join(beat) or NOTHING, _rules(rules, default) or NOTHING


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
