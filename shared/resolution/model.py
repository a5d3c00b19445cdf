"""Input and output of resolution: sources, and the values set with its provenance or every violation."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import JsonValue

from shared.parameters.secrecy import hidden, hidden_rules
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
    """A reference to the resource of a source, exactly as it was read."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    submitted_by: str | None = None
    """Who created the workload, as stamped by the API server; None for a policy, which is not stamped."""
    changed_by: str | None = None
    """Who changed the spec of the template last, likewise; None if nobody did."""

    def to_json(self) -> JsonObject:
        """The reference as JSON with camelCase keys."""
        stamps = {"submittedBy": self.submitted_by, "changedBy": self.changed_by}
        return {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "resourceVersion": self.resource_version,
            **{key: who for key, who in stamps.items() if who},
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A workload's `spec` as it is stored, and its origin. `ref` is None if the workload is not stored yet."""

    origin: Origin
    ref: SourceRef | None
    spec: Mapping[str, JsonValue]


class Beaten(NamedTuple):
    """A value that a later source replaced or deleted, as its author wrote it.

    `parameter` is set if the value belongs to another one: a prefix that gave way to a name, or the reverse.
    """

    origin: Origin
    value: JsonValue
    parameter: str | None = None

    def to_json(self, name: str, label: str) -> JsonObject:
        """What was stated for the parameter, or for its item, as JSON without secrets; a long value is cut."""
        value = hidden(self.parameter or name, self.value, label)
        told: JsonObject = {"origin": self.origin.value, "value": _cut(value)}
        if self.parameter:
            told["parameter"] = self.parameter
        return told


class Provenance(NamedTuple):
    """Where a value or an item comes from, what it beat (the strongest first), and the policy's rules that it kept.

    `value` is canonical, as in the values set; None for an item that is `deleted`, whose origin is what deleted it.
    `rules` are the policy's rules for it, as written; every item also has the rules for all items of its parameter.
    """

    origin: Origin
    value: JsonValue
    beat: tuple[Beaten, ...]
    rules: Mapping[str, JsonValue]
    deleted: bool = False


Path = tuple[str, ...]
"""The path of a value: parameter, then label of the item and member if any. A label can contain dots."""


class SetBy(NamedTuple):
    """The policy that sets a rule: its kind, such as `TrainingPolicy`, and its namespace and name."""

    kind: str
    ref: SourceRef

    def __str__(self) -> str:
        return f"{self.kind} {self.ref.name} in namespace {self.ref.namespace}"

    def to_json(self) -> JsonObject:
        """The policy as JSON with camelCase keys, without what is not known."""
        return {"kind": self.kind, **{key: value for key, value in self.ref.to_json().items() if value}}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a parameter, item or member breaks."""

    path: Path
    message: str
    rule: str | None = None
    """The policy's rule, such as `max`; None if the system itself sets it."""
    origin: Origin | None = None
    """Where the value comes from; None if there is no value."""
    set_by: SetBy | None = None
    """The policy that sets the rule; None for the system, or for a policy that is not stored."""

    @property
    def parameter(self) -> str:
        """The path as text, such as `ports.web.container`."""
        return spelled(self.path)

    def to_json(self) -> JsonObject:
        """The violation as JSON, without what is None."""
        told: JsonObject = {"path": list(self.path), "parameter": self.parameter, "message": self.message}
        more = {
            "rule": self.rule,
            "origin": self.origin.value if self.origin else None,
            "setBy": self.set_by.to_json() if self.set_by else None,
        }
        return {**told, **{key: value for key, value in more.items() if value is not None}}

    def __str__(self) -> str:
        return f"{self.parameter}: {self.message}"


class SecretUse(NamedTuple):
    """A place in the values that refers to a Secret."""

    path: Path
    secret: str
    """The name of the Secret, in the namespace of the workload."""


class SecretRights(NamedTuple):
    """What the cluster says about the submitter's right to read the Secrets that the values refer to."""

    user: str
    """Who submits; empty if nobody knows, and then no Secret can be used."""
    readable: Collection[str] = frozenset()
    """The names of the Secrets that they may read."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The values set of a workload, complete and valid under every rule.

    `values_set` is canonical JSON, camelCase, built-in defaults included: `{"gpu": "1", "ports": {"web": {"container":
    8080}}}`; `Kind.values` reads it. Every value in it has a provenance.
    `notes` are sentences that are worth knowing and change nothing. `secrets` are the Secrets that the values refer to.
    """

    values_set: JsonObject
    provenance: Mapping[str, "Provenance | Mapping[str, Provenance]"]
    notes: tuple[str, ...] = ()
    secrets: tuple[SecretUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Every reason why a workload is refused, in the catalogue's order; never empty.

    `values_set`, `provenance` and `secrets` are as in `Resolved`, but of every value that can be read, allowed or not.
    """

    violations: tuple[Violation, ...]
    notes: tuple[str, ...] = ()
    values_set: JsonObject = field(default_factory=dict)
    provenance: Mapping[str, "Provenance | Mapping[str, Provenance]"] = field(default_factory=dict)
    reason: Reason = Reason.POLICY_VIOLATION
    secrets: tuple[SecretUse, ...] = ()


def spelled(path: Path) -> str:
    """The path as text for people."""
    return ".".join(path)


LARGEST_PROVENANCE: Final = 256
"""KiB of JSON. A larger provenance is cut down, so that it can be kept beside the values set."""
LONGEST_TOLD: Final = 256
"""Characters of JSON of a beaten value or a rule; a longer one is cut to its beginning."""
OF_ALL_ITEMS: Final = ("required", "canAdd", "itemRules")
"""Rules that all items of a parameter share, which are shown once."""


def provenance_json(found: Resolved | Refused) -> JsonObject:
    """The provenance of every value as it is kept beside the values set; itemized parameters have it by label.

    `{"gpu": {"origin": "workload", "value": "2", "beat": [{"origin": "base", "value": "1"}], "rules": {"max": "4"}},
    "ports": {"rules": {"canAdd": true}, "items": {"web": {"origin": "policy default", "value": {"container": 80}}}}}`.
    What is empty is left out, and so is any secret that is not in the values set. A very large provenance first loses
    the values, which are in the values set anyway, then what they beat and the rules.
    """
    told: JsonObject = {}
    for keys in (("value", "beat", "rules"), ("beat", "rules"), ()):
        told = {name: _told(name, one, keys) for name, one in found.provenance.items()}
        if len(json.dumps(told)) <= LARGEST_PROVENANCE * 1024:
            break
    return told


def _told(name: str, found: Provenance | Mapping[str, Provenance], keys: Collection[str]) -> JsonObject:
    if isinstance(found, Provenance):
        return _told_of_one(name, "", found, keys, leave_out=())
    items: JsonObject = {label: _told_of_one(name, label, item, keys, OF_ALL_ITEMS) for label, item in found.items()}
    any_item = next(iter(found.values()))
    shared = {key: rule for key, rule in any_item.rules.items() if key in OF_ALL_ITEMS and "rules" in keys}
    rules = {key: _cut(rule) for key, rule in hidden_rules(name, shared).items()}
    return {**({"rules": rules} if rules else {}), "items": items}


def _told_of_one(
    name: str, label: str, found: Provenance, keys: Collection[str], leave_out: Collection[str]
) -> JsonObject:
    told: JsonObject = {"origin": found.origin.value}
    if found.deleted:
        told["deleted"] = True
    elif "value" in keys:
        told["value"] = found.value
    if found.beat and "beat" in keys:
        told["beat"] = [one.to_json(name, label) for one in found.beat]
    if found.rules and "rules" in keys:
        own = {key: rule for key, rule in found.rules.items() if key not in leave_out}
        rules = {key: _cut(rule) for key, rule in hidden_rules(name, own, label).items()}
        if rules:
            told["rules"] = rules
    return told


def _cut(value: JsonValue) -> JsonValue:
    """The value itself, or the beginning of its JSON if that is long."""
    if not isinstance(value, str | list | dict):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
