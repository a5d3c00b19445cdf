"""Conflicts between the names of outputs and existing resources."""

from typing import Any

from shared.errors import NotFoundError, PermanentError, SlipwayError, TransientError
from shared.names import WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS
from shared.reasons import Reason


class NameTakenError(PermanentError):
    """Another resource already has the name; the message names its owner."""

    reason = Reason.NAME_TAKEN


class BeingRemovedError(TransientError):
    """What has the name is being removed; the name is free afterwards."""


async def name_conflict(api: Any, kind: str, name: str, found: JsonObject) -> SlipwayError:
    """The error if `found` has the output's name: BeingRemovedError if `found` is, else NameTakenError."""
    if "deletionTimestamp" in found["metadata"]:
        return BeingRemovedError(f"{kind} {name} is still being removed", retry_after=1.0)
    if await _orphaned(api, found):
        return BeingRemovedError(f"{kind} {name} of a deleted workload is still being removed", retry_after=1.0)
    return NameTakenError(f"the name {name} is taken by {kind} {name}{_holder(found)}")


async def _orphaned(api: Any, item: JsonObject) -> bool:
    """Whether the item belongs to a deleted workload, so that the cluster is about to remove it."""
    metadata = item["metadata"]
    owner = next((o for o in metadata.get("ownerReferences") or [] if o.get("controller")), None)
    kind = next((k for k in KINDS if owner and k.workload == owner.get("kind")), None)
    if owner is None or kind is None:
        return False
    try:
        workload = await api.get(resource_path(kind.workload_plural, metadata["namespace"], owner["name"]))
    except NotFoundError:
        return True
    return bool(workload["metadata"]["uid"] != owner["uid"] or "deletionTimestamp" in workload["metadata"])


def _holder(item: JsonObject) -> str:
    owner = next(iter(item["metadata"].get("ownerReferences") or []), None)
    if owner:
        return f" of {owner['kind']} {owner['name']}"
    left = WORKLOAD_UID_LABEL in (item["metadata"].get("labels") or {})
    return ", which no workload owns any more" if left else ", which no workload made"
