"""Reads what a draft depends on from the cluster."""

from collections.abc import Collection, Mapping
from typing import Any

from cli.submit.draft import Draft, completed
from shared.errors import ForbiddenError
from shared.inquiry.sources import base_workload, effective_policy
from shared.names import PROJECT_PREFIX


async def completed_draft(api: Any, draft: Draft, project: str) -> Draft:
    """Complete the draft with what is known about its base workload and the policy that applies."""
    return completed(draft, *await _surroundings(api, draft, PROJECT_PREFIX + project))


async def _surroundings(
    api: Any, draft: Draft, namespace: str
) -> tuple[Mapping[str, Any] | None, Collection[str] | None]:
    """The base workload's spec, and the parameters that the policy mentions; None for what the user may not see."""
    try:
        if draft.base is None:
            policy = await effective_policy(api, draft.kind, namespace)
            return None, list(policy.spec) if policy else []
        base = await base_workload(api, draft.kind, namespace, draft.base)
    except ForbiddenError:
        return None, None
    return (base.get("spec") or {}) if base else None, None
