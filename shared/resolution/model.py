"""What resolution takes and gives: sources in; the values set with its provenance, or every violation, out."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import JsonValue

from shared.reasons import Reason

JsonObject = dict[str, JsonValue]


class Origin(StrEnum):
    """Where a value comes from."""

    POLICY = "policy default"
    BASE = "base"
    WORKLOAD = "workload"
    BUILT_IN = "built-in default"


@dataclass(frozen=True, slots=True)
class SourceRef:
    """The resource that a source is, exactly as it was when it was read."""

    namespace: str
    name: str
    uid: str
    resource_version: str

    def to_json(self) -> JsonObject:
        """The same with camelCase keys."""
        return {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "resourceVersion": self.resource_version,
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A workload's `spec` as it is stored, and what part it plays. `ref` is None for one that is not stored yet."""

    origin: Origin
    ref: SourceRef | None
    spec: Mapping[str, JsonValue]


class Beaten(NamedTuple):
    """A value that a later source replaced or deleted, as its author wrote it.

    `parameter` is named where it is another one: a prefix that gave way to a name, or the reverse.
    """

    origin: Origin
    value: JsonValue
    parameter: str | None = None

    def to_json(self) -> JsonObject:
        """The same as JSON, of a long value only its beginning."""
        told: JsonObject = {"origin": self.origin.value, "value": _cut(self.value)}
        if self.parameter:
            told["parameter"] = self.parameter
        return told


class Provenance(NamedTuple):
    """Where a value, or one item, comes from; what it beat, the strongest first; and the policy's rules that it kept.

    `value` is canonical, as in the values set; None for an item that is `deleted`, whose origin is who deleted it.
    `rules` are those the policy has for it, as written; those of all items of a parameter are with every item.
    """

    origin: Origin
    value: JsonValue
    beat: tuple[Beaten, ...]
    rules: Mapping[str, JsonValue]
    deleted: bool = False


Path = tuple[str, ...]
"""Where something stands: parameter, label of the item, member; as far as there are any. A label can hold dots."""


class SetBy(NamedTuple):
    """The policy that sets a rule: `TrainingPolicy`, and which one."""

    kind: str
    ref: SourceRef

    def __str__(self) -> str:
        return f"{self.kind} {self.ref.name} in namespace {self.ref.namespace}"

    def to_json(self) -> JsonObject:
        """The same with camelCase keys, without what is not known."""
        return {"kind": self.kind, **{key: value for key, value in self.ref.to_json().items() if value}}


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken by one parameter, item or member."""

    path: Path
    message: str
    rule: str | None = None
    """The policy's rule, such as `max`; None if the system itself demands it."""
    origin: Origin | None = None
    """Where the value comes from; None if there is no value."""
    set_by: SetBy | None = None
    """Who sets the rule; None for the system, or for a policy that is not stored."""

    @property
    def parameter(self) -> str:
        """The path as text, such as `ports.web.container`."""
        return spelled(self.path)

    def to_json(self) -> JsonObject:
        """The same as JSON; what is None is left out."""
        told: JsonObject = {"path": list(self.path), "parameter": self.parameter, "message": self.message}
        more = {
            "rule": self.rule,
            "origin": self.origin.value if self.origin else None,
            "setBy": self.set_by.to_json() if self.set_by else None,
        }
        return {**told, **{key: value for key, value in more.items() if value is not None}}

    def __str__(self) -> str:
        return f"{self.parameter}: {self.message}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The values set of a workload, complete and in accordance with every rule.

    `values_set` is canonical JSON, camelCase, built-in defaults included: `{"gpu": "1", "ports": {"web": {"container":
    8080}}}`; `Kind.values` reads it. Every value of it has a provenance.
    `notes` are sentences about what is worth knowing and changes nothing.
    """

    values_set: JsonObject
    provenance: Mapping[str, "Provenance | Mapping[str, Provenance]"]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Every reason why a workload is refused: never none, in the catalogue's order.

    `values_set` and `provenance` are those of `Resolved`, of every value that can be read, allowed or not.
    """

    violations: tuple[Violation, ...]
    notes: tuple[str, ...] = ()
    values_set: JsonObject = field(default_factory=dict)
    provenance: Mapping[str, "Provenance | Mapping[str, Provenance]"] = field(default_factory=dict)
    reason: Reason = Reason.POLICY_VIOLATION


def spelled(path: Path) -> str:
    """The path as people read it."""
    return ".".join(path)


LARGEST_PROVENANCE: Final = 256
"""KiB of JSON. What is larger is told in less detail, so that it can be kept beside the values set."""
LONGEST_TOLD: Final = 256
"""Characters of JSON of a beaten value or of a rule; of a longer one only the beginning is kept."""
OF_ALL_ITEMS: Final = ("required", "canAdd", "itemRules")
"""Rules that all items of a parameter share; told once."""


def provenance_json(found: Resolved | Refused) -> JsonObject:
    """Where every value comes from, as it is kept beside the values set; a parameter that has items by label.

    `{"gpu": {"origin": "workload", "value": "2", "beat": [{"origin": "base", "value": "1"}], "rules": {"max": "4"}},
    "ports": {"rules": {"canAdd": true}, "items": {"web": {"origin": "policy default", "value": {"container": 80}}}}}`.
    What is empty is left out. Of a very large set the values are left out, which are in the values set anyway, then
    what they beat and the rules.
    """
    told: JsonObject = {}
    for keys in (("value", "beat", "rules"), ("beat", "rules"), ()):
        told = {name: _told(one, keys) for name, one in found.provenance.items()}
        if len(json.dumps(told)) <= LARGEST_PROVENANCE * 1024:
            break
    return told


def _told(found: Provenance | Mapping[str, Provenance], keys: Collection[str]) -> JsonObject:
    if isinstance(found, Provenance):
        return _told_of_one(found, keys, leave_out=())
    items: JsonObject = {label: _told_of_one(item, keys, OF_ALL_ITEMS) for label, item in found.items()}
    any_item = next(iter(found.values()))
    rules = {name: _cut(rule) for name, rule in any_item.rules.items() if name in OF_ALL_ITEMS and "rules" in keys}
    return {**({"rules": rules} if rules else {}), "items": items}


def _told_of_one(found: Provenance, keys: Collection[str], leave_out: Collection[str]) -> JsonObject:
    told: JsonObject = {"origin": found.origin.value}
    if found.deleted:
        told["deleted"] = True
    elif "value" in keys:
        told["value"] = found.value
    if found.beat and "beat" in keys:
        told["beat"] = [one.to_json() for one in found.beat]
    if found.rules and "rules" in keys:
        rules = {name: _cut(rule) for name, rule in found.rules.items() if name not in leave_out}
        if rules:
            told["rules"] = rules
    return told


def _cut(value: JsonValue) -> JsonValue:
    """The value itself, or the beginning of its JSON where that is long."""
    if not isinstance(value, str | list | dict):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
