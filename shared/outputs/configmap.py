"""The claim: a ConfigMap with the name of the job that holds the decision. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from shared.errors import PermanentError
from shared.objects import JsonObject, Manifest
from shared.resolution.seal import PARTS, SEAL, Finding, PublicKeys, State, as_text, check_for

if TYPE_CHECKING:
    from shared.outputs.naming import Names


class UnreadableClaimError(PermanentError):
    """Somebody changed the claim, and it no longer holds the decision."""


@dataclass(frozen=True)
class Claim:
    """An existing claim: its name (which is the job's), its identity and the decision that it holds."""

    name: str
    uid: str
    values_set: JsonObject
    sources: JsonObject
    """The scheduler, and the policy and base workload with uid and resourceVersion."""
    provenance: JsonObject | None = None
    """Where each value came from; None if only this part cannot be read."""
    seal: str | None = None
    """The resolver's seal on it; None if it was made by a version without seals, or by somebody else."""


def build_claim(
    names: "Names",
    values_set: dict[str, Any],
    provenance: dict[str, Any],
    sources: dict[str, Any],
    seal: str | None = None,
) -> Manifest:
    """Build the claim, which reserves the job's name and freezes the values, their origins, the policy and the base.

    The ConfigMap is immutable: the API server refuses every later change to its contents.
    """
    parts = dict(zip(PARTS, (values_set, provenance, sources), strict=True))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": names.shown_for(values_set.get("username")).metadata(names.job),
        "immutable": True,
        "data": {name: as_text(part) for name, part in parts.items()} | ({SEAL: seal} if seal else {}),
    }


def read_claim(configmap: Mapping[str, Any]) -> Claim:
    """Read the claim from its ConfigMap. Raises UnreadableClaimError if values or sources cannot be read."""
    metadata, data = configmap["metadata"], configmap.get("data") or {}
    values, provenance, sources = (_part(data.get(name)) for name in PARTS)
    if values is None or sources is None:
        raise UnreadableClaimError(f"ConfigMap {metadata['name']} no longer holds what was decided")
    return Claim(metadata["name"], metadata["uid"], values, sources, provenance, data.get(SEAL))


def seal_of(configmap: Mapping[str, Any], uid: str, generation: int | None, keys: PublicKeys) -> Finding:
    """What can be said about the seal of a claim that should be this workload's; any generation will do if None."""
    data = configmap.get("data") or {}
    texts = {name: data.get(name) or "" for name in PARTS}
    found = check_for(texts, data.get(SEAL), uid, generation, keys)
    decided = _part(texts["values.json"])  # the seal of a message that decides nothing makes no claim
    return found if decided or not found.holds else Finding(State.ALTERED, found.key)


def _part(text: str | None) -> JsonObject | None:
    try:
        read = orjson.loads(text or "")
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def owned_by(item: Mapping[str, Any], uid: str) -> bool:
    """Whether the workload with this uid controls the object."""
    owners = item["metadata"].get("ownerReferences") or []
    return any(owner.get("uid") == uid and owner.get("controller") for owner in owners)
