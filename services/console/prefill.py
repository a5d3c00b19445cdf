"""Links that fill the form: parameters in the address, and never a secret. Pure.

`?gpu=2&environment.BATCH=50&ports.web.container=8080`. A label may contain dots, so the last step is a member if the
parameter has members.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from services.console.inherited import shown_texts
from services.console.texts import raw_of, texts_of
from shared.objects import JsonObject
from shared.parameters import sentences
from shared.parameters.derive import Parameter, parameters
from shared.parameters.kinds import Kind
from shared.parameters.secrecy import HIDDEN
from shared.resolution.merge import names

Fields = tuple[tuple[str, str], ...]
"""The fields of a form, each with its name and text."""


class Prefilled(NamedTuple):
    """What an address fills in."""

    fields: Fields
    notes: tuple[str, ...]
    """What it does not fill in, and why."""


def prefilled(kind: Kind, query: Iterable[tuple[str, str]]) -> Prefilled:
    """The fields that the parameters of an address state."""
    known, fields, notes = names(kind), list[tuple[str, str]](), list[str]()
    rows: dict[tuple[str, str], str] = {}
    for name, text in query:
        first, _, rest = name.partition(".")
        parameter = known.get(first)
        if parameter is None:
            notes.append(f"{first}: {sentences.unknown_parameter(kind.name)}")
            continue
        label, member = _steps(parameter, rest)
        if _is_secret(parameter, label, member, text):
            notes.append(f"{name}: is not taken from a link, since an address is no place for a secret")
            continue
        fields += _fields(parameter, label, member, text, rows)
    return Prefilled(tuple(fields), tuple(notes))


def link_query(kind: Kind, spec: JsonObject) -> list[tuple[str, str]]:
    """The parameters of an address that fills in what the spec states, without secrets and without deletions."""
    found: list[tuple[str, str]] = []
    for name, parameter in parameters(kind).items():
        for label, raw in _stated(parameter, spec.get(name)):
            shown = shown_texts(parameter, raw, label)
            for member, text in texts_of(parameter, raw).items():
                if text and HIDDEN not in shown[member]:
                    found.append((".".join(step for step in (name, label, member) if step), text))
    return found


def _stated(parameter: Parameter, entry: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if entry is None:
        return
    if not parameter.itemized:
        yield "", entry.get("value") if parameter.shown.wrapped and isinstance(entry, dict) else entry
        return
    items = entry.get("items") if isinstance(entry, dict) else None
    for label, item in items.items() if isinstance(items, dict) else ():
        if isinstance(item, dict) and not item.get("deleted"):
            yield label, item.get("value")


def _steps(parameter: Parameter, rest: str) -> tuple[str, str]:
    """The label and the member that the rest of a name leads to, each empty if there is none."""
    if not parameter.itemized:
        return "", rest
    if not parameter.members:
        return rest, ""
    label, _, member = rest.rpartition(".")
    return label, member


def _is_secret(parameter: Parameter, label: str, member: str, text: str) -> bool:
    """Whether a page would not show the text."""
    raw = raw_of(parameter, {member: text})
    return HIDDEN in shown_texts(parameter, raw, label).get(member, "")


def _fields(
    parameter: Parameter, label: str, member: str, text: str, rows: dict[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    name = parameter.name
    if not parameter.itemized:
        yield ".".join(["v", name, *([member] if member else [])]), text
        return
    key = rows.setdefault((name, label), f"link{len(rows)}")
    yield f"l.{name}.{key}", label
    yield ".".join(["v", name, key, *([member] if member else [])]), text
