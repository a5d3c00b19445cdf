"""Explains where every value of a workload comes from, as data and as JSON. Pure; secrets are never shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from shared.inquiry.authors import stamps_of
from shared.inquiry.refusal import Author, broken, errors
from shared.inquiry.seals import SealSaid
from shared.objects import JsonObject
from shared.parameters.secrecy import hidden, hidden_rules

if TYPE_CHECKING:
    from shared.inquiry.sources import Verdict
    from shared.outputs.configmap import Claim
    from shared.parameters.kinds import Kind
    from shared.resolution.model import Violation


FAILED: Final = "Failed"
FROZEN, NOW, CLAIMED = "frozen", "now", "claimed"


@dataclass(frozen=True)
class Explanation:
    """The values of a workload with their origins, and every reason why it is refused."""

    kind: "Kind"
    namespace: str
    name: str
    decided: str
    """`frozen`; `claimed` if the record is not as the resolver sealed it; `now` if nothing was decided yet."""
    job: str | None = None
    policy: Mapping[str, str] | None = None
    base: Mapping[str, str] | None = None
    """Namespace, name, uid and resourceVersion of the base workload; None if there is none."""
    author: Author | None = None
    """The policy as it was read, whose rules the violations break."""
    stamps: Mapping[str, str] = field(default_factory=dict)
    """Who created the workload, and who changed its spec last (`submittedBy`, `changedBy`)."""
    scheduler: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    violations: "Sequence[Violation]" = ()
    """Why it is refused; if so, the values are those that can be read, allowed or not."""
    obstacles: Sequence[str] = ()
    """What would prevent its objects from being created, if that was tried."""
    phase: str | None = None
    """Submitted or Failed; None for what is not submitted, or not decided yet."""
    reasons: Sequence[str] = ()
    """Why it has failed."""
    notes: Sequence[str] = ()
    seal: SealSaid | None = None
    """What can be said about the seal of the record; None if there is no record."""

    @property
    def refused(self) -> bool:
        """Whether submitting it now would fail."""
        return bool(self.violations or self.obstacles)

    def to_json(self) -> JsonObject:
        """The whole explanation, without secrets."""
        document = {
            "kind": self.kind.workload,
            "namespace": self.namespace,
            "name": self.name,
            **self.stamps,
            "decided": self.decided,
            "verdict": "refused" if self.refused else "accepted",
            "phase": self.phase,
            "reasons": list(self.reasons),
            "job": self.job,
            "policy": _with_kind(self.kind.policy, self.policy),
            "baseWorkload": _with_kind(self.kind.workload, self.base),
            "scheduler": self.scheduler,
            "seal": self.seal.to_json() if self.seal else None,
            "violations": [one.to_json() for one in self.violations],
            "obstacles": list(self.obstacles),
            "notes": list(self.notes),
            "values": {name: hidden(name, value) for name, value in self.values.items()},
            "provenance": {name: _hidden_provenance(name, found) for name, found in self.provenance.items()},
        }
        return {key: value for key, value in document.items() if value not in (None, [], {})}


def of_frozen(kind: "Kind", workload: Mapping[str, Any], claim: "Claim", seal: SealSaid | None = None) -> Explanation:
    """The explanation of what was decided when the workload was submitted."""
    return Explanation(
        kind=kind,
        namespace=workload["metadata"]["namespace"],
        name=workload["metadata"]["name"],
        stamps=stamps_of(workload),
        decided=CLAIMED if seal and seal.doubtful else FROZEN,
        seal=seal,
        job=claim.name,
        policy=claim.sources.get("policy"),
        base=claim.sources.get("baseWorkload"),
        scheduler=claim.sources.get("scheduler"),
        values=claim.values_set,
        provenance=claim.provenance or {},
        phase=(workload.get("status") or {}).get("phase"),
        reasons=_reasons(workload.get("status") or {}),
    )


def of_verdict(workload: Mapping[str, Any], verdict: "Verdict") -> Explanation:
    """The explanation of what would be decided now."""
    from shared.resolution.choice import ref_of_base
    from shared.resolution.model import Refused, provenance_json

    sources, result = verdict.sources, verdict.result
    base, policy = sources.base, sources.policy
    return Explanation(
        kind=sources.kind,
        namespace=sources.namespace,
        name=workload["metadata"]["name"],
        stamps=stamps_of(workload),
        decided=NOW,
        policy=_texts(policy.ref.to_json()) if policy else None,
        base=_texts(ref_of_base(base).to_json()) if base else None,
        author=Author(sources.kind.policy, policy.resource) if policy else None,
        scheduler=sources.scheduler.value if sources.scheduler else None,
        values=result.values_set,
        provenance=provenance_json(result),
        violations=result.violations if isinstance(result, Refused) else (),
        notes=[*result.notes, *verdict.notes],
        phase=(workload.get("status") or {}).get("phase"),
        reasons=_reasons(workload.get("status") or {}),
    )


def _reasons(status: Mapping[str, Any]) -> list[str]:
    """Why the workload with this status failed; nothing if it did not."""
    if status.get("phase") != FAILED:
        return []
    return [f"{one.parameter}: {one.message}" for one in broken(status)] or errors(status)


def _hidden_provenance(name: str, found: Mapping[str, Any]) -> JsonObject:
    if "items" in found and "origin" not in found:
        items = {label: _hidden_in(item, name, label) for label, item in found["items"].items()}
        return {**_with_rules(found, name, ""), "items": items}
    return _hidden_in(found, name, "")


def _hidden_in(origin: Mapping[str, Any], name: str, label: str) -> JsonObject:
    """A provenance without the secrets in its value and in what it beat."""
    own = origin.get("parameter") or name
    safe = _with_rules(origin, name, label)
    safe |= {"value": hidden(own, origin["value"], label)} if "value" in origin else {}
    return {**safe, "beat": [_hidden_in(one, name, label) for one in origin["beat"]]} if "beat" in origin else safe


def _with_rules(origin: Mapping[str, Any], name: str, label: str) -> JsonObject:
    rules = origin.get("rules")
    return {**origin, "rules": hidden_rules(name, rules, label)} if isinstance(rules, Mapping) else dict(origin)


def _with_kind(kind: str, ref: Mapping[str, str] | None) -> JsonObject | None:
    return {"kind": kind, **ref} if ref else None


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in raw.items()}
