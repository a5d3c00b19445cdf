"""What was decided for a submitted workload, as it is kept in the ConfigMap named as its job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.errors import NotFoundError
from shared.names import JOB_NAME_ANNOTATION, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject

FEW: Final = 20
"""Claims that are read where any will do."""


@dataclass(frozen=True)
class Frozen:
    """The values set of a job, where each value came from, and what it rested on; as JSON, read once and for all."""

    job: str
    values: Mapping[str, Any]
    provenance: Mapping[str, Any]
    sources: Mapping[str, Any]
    """Policy and base workload with uid and resourceVersion, and the scheduler."""


def job_name(workload: Mapping[str, Any]) -> str | None:
    """The name of the workload's job; None while it has none."""
    status, annotations = workload.get("status") or {}, workload["metadata"].get("annotations") or {}
    name = status.get("jobName") or annotations.get(JOB_NAME_ANNOTATION)
    return str(name) if name else None


async def frozen_of(api: Any, workload: Mapping[str, Any]) -> Frozen | None:
    """What was decided for the workload; None where nothing was. Raises ForbiddenError for who may not read it."""
    name, metadata = job_name(workload), workload["metadata"]
    if name is None:
        return None
    try:
        claim = await api.get(resource_path("configmaps", metadata["namespace"], name, "v1"))
    except NotFoundError:
        return None
    owners = claim["metadata"].get("ownerReferences") or []
    return read_claim(claim) if any(owner.get("uid") == metadata["uid"] for owner in owners) else None


async def any_claims(api: Any, namespace: str) -> list[JsonObject]:
    """Some claims of the namespace, none where there are none."""
    path = resource_path("configmaps", namespace, api_version="v1")
    answer = await api.get(path, {"labelSelector": WORKLOAD_UID_LABEL, "limit": str(FEW)})
    return list(answer.get("items") or [])


def read_claim(claim: Mapping[str, Any]) -> Frozen | None:
    """What a claim holds; None where a person has made it unreadable."""
    data = claim.get("data") or {}
    try:
        values, provenance, sources = (json.loads(data[f"{name}.json"]) for name in ("values", "provenance", "sources"))
    except (KeyError, ValueError):
        return None
    whole = all(isinstance(part, dict) for part in (values, provenance, sources))
    return Frozen(claim["metadata"]["name"], values, provenance, sources) if whole else None
