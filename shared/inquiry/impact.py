"""Judges the impact on existing workloads if a policy were applied. Pure.

A submitted workload stays as it is, whatever a policy says. The question is whether the same workload could be
submitted again, and whether a template can still be used as a base.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.names import GLOBAL_NAMESPACE
from shared.objects import JsonObject
from shared.parameters import sentences
from shared.parameters.kinds import Kind
from shared.resolution.choice import applying, ref_of
from shared.resolution.model import Origin, Refused, Resolved, SecretRights, Source, Violation
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.verdict import Grounds, named_secrets, verdict

UNSTORED = {"uid": "", "resourceVersion": ""}
"""Metadata that a policy lacks until it is applied."""


class Impact(NamedTuple):
    """A workload that would no longer be valid in `namespace`, which is the project's for a global template."""

    kind: Kind
    workload: JsonObject
    namespace: str
    violations: Sequence[Violation]

    @property
    def usage(self) -> str:
        """The usage of the workload: Template or Submit."""
        return usage_of(self.workload)

    def to_json(self) -> JsonObject:
        """The impact as JSON for programs."""
        metadata = self.workload["metadata"]
        return {
            "kind": self.kind.workload,
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "usage": self.usage,
            "judgedIn": self.namespace,
            "violations": [{"parameter": one.parameter, "message": one.message} for one in self.violations],
        }


@dataclass(frozen=True)
class Change:
    """The policies of one kind, as they are stored and as they would be after the change."""

    kind: Kind
    before: Sequence[JsonObject]
    after: Sequence[JsonObject]
    in_force: bool = False
    """Whether nothing changes, and everything that was accepted is judged again by the policies in force."""

    def namespaces(self) -> set[str] | None:
        """The projects' namespaces that the change can affect; None for all, if a global policy changes."""
        if self.in_force:
            return None
        changed = {one["metadata"]["namespace"] for one in self.after if one not in self.before}
        return None if GLOBAL_NAMESPACE in changed else changed

    def without_effect(self) -> list[str]:
        """Names of the policies that would be ignored, since their namespace has an older one of the kind."""
        changed = [one for one in self.after if one not in self.before]
        counts = [applying(self.after, one["metadata"]["namespace"])[0] for one in changed]
        return [str(one["metadata"]["name"]) for one, first in zip(changed, counts, strict=True) if one is not first]


def change(kind: Kind, stored: Sequence[Mapping[str, Any]], written: Sequence[JsonObject]) -> Change:
    """The change to the stored policies of the kind if the written ones are applied."""
    before = [dict(one) for one in stored]
    after = {_place(one): one for one in before}
    for one in written:
        old = after.get(_place(one), {"metadata": UNSTORED})
        # an applied policy keeps its age, and the oldest of several applies; a new one is the youngest
        given = {name: value for name, value in one["metadata"].items() if value is not None}
        metadata = {"creationTimestamp": "9999", **old["metadata"], **given}
        after[_place(one)] = {**one, "metadata": metadata}
    return Change(kind, before, list(after.values()))


def in_force(kind: Kind, stored: Sequence[Mapping[str, Any]]) -> Change:
    """No change: the policies of the kind as they are stored."""
    policies = [dict(one) for one in stored]
    return Change(kind, policies, policies, in_force=True)


class Judge:
    """Compares what is valid before and after a change, namespace by namespace."""

    def __init__(self, of: Change) -> None:
        self.change = of
        self._policies: dict[str, tuple[Policy | None, Policy | None]] = {}
        self._compiled: dict[int, Policy] = {}

    def concerned(self, namespace: str) -> bool:
        """Whether another policy, or another version of it, would apply in the namespace."""
        before, after = self._of(namespace)
        return self.change.in_force or before is not after

    def secrets(self, workload: JsonObject, namespace: str, base: JsonObject | None) -> Sequence[str]:
        """The Secrets that the workload would use after the change."""
        return named_secrets(self._verdict(workload, namespace, base, self._of(namespace)[1], None))

    def impact(
        self, workload: JsonObject, namespace: str, base: JsonObject | None, rights: SecretRights | None = None
    ) -> Impact | None:
        """The violations after the change of a workload that is valid before it.

        `rights` are those of its submitter; if it is None, no violation depends on them.
        """
        if not self.concerned(namespace):
            return None
        earlier, later = self._of(namespace)
        after = _violations(workload, self._verdict(workload, namespace, base, later, rights))
        if self.change.in_force:
            before: Sequence[Violation] = ()
        else:
            before = _violations(workload, self._verdict(workload, namespace, base, earlier, rights))
        return Impact(self.change.kind, workload, namespace, after) if after and not before else None

    def _verdict(
        self,
        workload: JsonObject,
        namespace: str,
        base: JsonObject | None,
        policy: Policy | None,
        rights: SecretRights | None,
    ) -> Resolved | Refused:
        mine = Source(Origin.WORKLOAD, ref_of(workload), workload.get("spec") or {})
        below = Source(Origin.BASE, ref_of(base), base.get("spec") or {}) if base else None
        grounds = Grounds(namespace, policy, base=below, of_cluster=None, rights=rights)
        return verdict(self.change.kind, mine, grounds)

    def _of(self, namespace: str) -> tuple[Policy | None, Policy | None]:
        """The policies that apply in the namespace before and after; the same object if the policy does not change."""
        if namespace not in self._policies:
            old, new = (applying(policies, namespace) for policies in (self.change.before, self.change.after))
            before = self._compile(old[0]) if old else None
            same = bool(old and new) and (old[0].get("spec") or {}) == (new[0].get("spec") or {})
            after = before if same else self._compile(new[0]) if new else None
            self._policies[namespace] = before, after
        return self._policies[namespace]

    def _compile(self, policy: Mapping[str, Any]) -> Policy:
        if id(policy) not in self._compiled:
            self._compiled[id(policy)] = compile_policy(self.change.kind, policy.get("spec") or {}, ref_of(policy))
        return self._compiled[id(policy)]


def usage_of(workload: JsonObject) -> str:
    """The usage of the workload: Template or Submit."""
    return str(workload["spec"].get("usage") or "Submit")


def _place(policy: Mapping[str, Any]) -> tuple[str, str]:
    return policy["metadata"]["namespace"], policy["metadata"]["name"]


def _violations(workload: JsonObject, result: Resolved | Refused) -> Sequence[Violation]:
    found = result.violations if isinstance(result, Refused) else ()
    if usage_of(workload) == "Template":  # workloads based on it can still state what it lacks
        return [violation for violation in found if violation.message != sentences.cannot_be_blank()]
    return found
