"""What a form keeps for a person without showing it: secrets that they typed. Pure.

A page never holds a secret in plain. What was typed comes back with the page sealed, and is used when the form says
`(hidden)` at its place.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson
from pydantic import JsonValue

from services.console.inherited import hidden_texts, shown_texts
from services.console.stated import Kept, Loose, path_of, row_path
from services.console.texts import texts_of
from shared.objects import JsonObject
from shared.parameters.derive import Parameter
from shared.parameters.kinds import Kind
from shared.parameters.secrecy import HIDDEN, hidden_default
from shared.resolution.merge import names
from shared.resolution.model import Path

FIELD: Final = "kept"
"""The field of the form that brings the sealed secrets back."""


def kept_of(kind: Kind, spec: JsonObject, loose: Sequence[Loose] = ()) -> Kept:
    """The secrets in a spec, and in what was typed and is no part of it, each with its path."""
    known = names(kind)
    stated = ((known[name], entry) for name, entry in spec.items() if name in known)
    found = {path: text for parameter, entry in stated for path, text in _secrets(parameter, entry)}
    return {**found, **{path: text for one in loose for path, text in _loose_secrets(known[one.parameter], one)}}


def packed(kept: Kept) -> bytes:
    """The secrets as they are sealed."""
    return orjson.dumps([[*path, text] for path, text in kept.items()])


def unpacked(content: bytes | None) -> Kept:
    """The secrets that were packed; none if there is nothing."""
    return {tuple(path): text for *path, text in orjson.loads(content or b"[]")}


def hidden_spec(kind: Kind, spec: JsonObject) -> JsonObject:
    """The spec without secrets, to be shown."""
    known = names(kind)
    return {name: _hidden(name, entry) if name in known else entry for name, entry in spec.items()}


def revealed(kind: Kind, spec: JsonObject, kept: Kept) -> JsonObject:
    """The spec with the secrets that are kept where it says `(hidden)`."""
    known = names(kind)
    return {name: _revealed(known[name], entry, kept) if name in known else entry for name, entry in spec.items()}


def _secrets(parameter: Parameter, entry: JsonValue) -> Iterator[tuple[Path, str]]:
    for label, raw in _values(parameter, entry):
        shown = shown_texts(parameter, raw, label)
        for member, text in texts_of(parameter, raw).items():
            if HIDDEN in shown[member] and HIDDEN not in text:
                yield path_of(parameter, label, member), text


def _loose_secrets(parameter: Parameter, loose: Loose) -> Iterator[tuple[Path, str]]:
    shown = hidden_texts(parameter, loose.texts, loose.label)
    for member, text in loose.texts.items():
        if text != shown[member]:
            yield (row_path(parameter, loose.row, member) if loose.row else path_of(parameter, "", member)), text


def _values(parameter: Parameter, entry: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """The values of an entry of a spec, by label; the label is empty for one without items."""
    if not isinstance(entry, dict):
        return
    if not parameter.itemized:
        yield "", entry.get("value")
        return
    items = entry.get("items")
    for label, item in items.items() if isinstance(items, dict) else ():
        if isinstance(item, dict):
            yield label, item.get("value")


def _hidden(name: str, entry: JsonValue) -> JsonValue:
    items = entry.get("items") if isinstance(entry, dict) else None
    if isinstance(items, dict):
        return {"items": {label: _hidden_item(name, item, label) for label, item in items.items()}}
    shown: JsonValue = hidden_default(name, entry)
    return shown


def _hidden_item(name: str, item: JsonValue, label: str) -> JsonValue:
    deleted = isinstance(item, dict) and item.keys() == {"deleted"}
    shown: JsonValue = item if deleted or item == {} else hidden_default(name, item, label)
    return shown


def _revealed(parameter: Parameter, entry: JsonValue, kept: Kept) -> JsonValue:
    if not isinstance(entry, dict):
        return entry
    if not parameter.itemized:
        return {**entry, "value": _shown_again(parameter, "", entry.get("value"), kept)} if "value" in entry else entry
    items = entry.get("items")
    if not isinstance(items, dict):
        return entry
    return {**entry, "items": {label: _item_again(parameter, label, one, kept) for label, one in items.items()}}


def _item_again(parameter: Parameter, label: str, item: JsonValue, kept: Kept) -> JsonValue:
    if not isinstance(item, dict) or "value" not in item:
        return item
    return {**item, "value": _shown_again(parameter, label, item["value"], kept)}


def _shown_again(parameter: Parameter, label: str, raw: JsonValue, kept: Kept) -> JsonValue:
    if isinstance(raw, dict):
        return {member: _again(kept, path_of(parameter, label, member), one) for member, one in raw.items()}
    return _again(kept, path_of(parameter, label, ""), raw)


def _again(kept: Kept, path: Path, raw: JsonValue) -> JsonValue:
    return kept.get(path, raw) if isinstance(raw, str) and HIDDEN in raw else raw
