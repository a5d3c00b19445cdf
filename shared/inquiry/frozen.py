"""The decision for a submitted workload, as its claim keeps it."""

from collections.abc import Mapping
from typing import Any, Final

from shared.errors import NotFoundError
from shared.inquiry.seals import SealSaid, seal_said
from shared.names import JOB_NAME_ANNOTATION, WORKLOAD_UID_LABEL, resource_path
from shared.outputs.configmap import Claim, UnreadableClaimError, owned_by, read_claim

FEW: Final = 20
"""How many claims are read if any of them will do."""


def job_name(workload: Mapping[str, Any]) -> str | None:
    """The name of the workload's job; None while it has none."""
    status, annotations = workload.get("status") or {}, workload["metadata"].get("annotations") or {}
    name = status.get("jobName") or annotations.get(JOB_NAME_ANNOTATION)
    return str(name) if name else None


async def frozen_of(api: Any, workload: Mapping[str, Any]) -> Claim | None:
    """The claim of the workload; None if it has none that can be read. Raises ForbiddenError without the right."""
    found = await _own(api, workload)
    return _whole(found) if found else None


async def sealed_of(api: Any, workload: Mapping[str, Any]) -> tuple[Claim | None, SealSaid | None]:
    """The claim of the workload as `frozen_of` returns it, and what can be said about its seal; None if it has none."""
    found = await _own(api, workload)
    return (_whole(found), await seal_said(api, workload, found)) if found else (None, None)


async def _own(api: Any, workload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The ConfigMap that is named as the workload's job, if the workload owns it."""
    name, metadata = job_name(workload), workload["metadata"]
    found = await claim_named(api, metadata["namespace"], name) if name else None
    return found if found and owned_by(found, metadata["uid"]) else None


async def claim_named(api: Any, namespace: str, job: str) -> Mapping[str, Any] | None:
    """The ConfigMap that is named as the job; None if there is none."""
    try:
        found: Mapping[str, Any] = await api.get(resource_path("configmaps", namespace, job, "v1"))
    except NotFoundError:
        return None
    return found


async def newest_claim(api: Any, namespace: str) -> Claim | None:
    """The youngest of some claims in the namespace; None if there is none that can be read."""
    path = resource_path("configmaps", namespace, api_version="v1")
    answer = await api.get(path, {"labelSelector": WORKLOAD_UID_LABEL, "limit": str(FEW)})
    found = answer.get("items") or []
    newest = max(found, key=lambda one: str(one["metadata"].get("creationTimestamp", "")), default=None)
    return _whole(newest) if newest else None


def _whole(configmap: Mapping[str, Any]) -> Claim | None:
    """The claim that the ConfigMap holds; None if somebody changed any part of it."""
    try:
        claim = read_claim(configmap)
    except UnreadableClaimError:
        return None
    return None if claim.provenance is None else claim
