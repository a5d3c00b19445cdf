"""The objects that a submission would create, as the system would create them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.errors import ForbiddenError
from shared.inquiry.numbers import last_numbers, numbered, prefix_of
from shared.inquiry.sources import Sources
from shared.names import SUBMITTED_BY_ANNOTATION, project_of
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.resolution.model import Resolved


async def objects_of(api: Any, workload: JsonObject, sources: Sources, result: "Resolved") -> list[JsonObject]:
    """Everything that the submission would create, the claim first, in the order of creation."""
    from shared.outputs.build import build_all
    from shared.outputs.configmap import build_claim
    from shared.outputs.naming import Names
    from shared.resolution.choice import ref_of
    from shared.resolution.model import provenance_json

    metadata, scheduler, values = workload["metadata"], sources.scheduler, result.values_set
    assert scheduler is not None, "an unknown one is refused"
    names = Names(
        job=await _job_name(api, metadata["namespace"], values),
        namespace=metadata["namespace"],
        project=project_of(metadata["namespace"]) or metadata["namespace"],
        workload_kind=sources.kind.workload,
        workload_name=metadata["name"],
        workload_uid=metadata["uid"],
        user=(metadata.get("annotations") or {}).get(SUBMITTED_BY_ANNOTATION) or "",
        scheduler=scheduler,
    )
    rested_on = {
        "policy": sources.policy.ref.to_json() if sources.policy else None,
        "baseWorkload": ref_of(sources.base).to_json() if sources.base else None,
        "scheduler": scheduler.value,
    }
    claim = build_claim(names, values, provenance_json(result), rested_on)
    return [
        claim,
        *build_all(sources.kind, sources.kind.values.model_validate(values), names),
    ]  # as the creator reads it


async def _job_name(api: Any, namespace: str, values: Mapping[str, Any]) -> str:
    """The job's name; for a prefix, the next free number as far as the user may see."""
    prefix = prefix_of(dict(values))
    if prefix is None:
        return str(values["name"])
    last = await last_numbers(api, namespace, unseen=(ForbiddenError,))
    return numbered(prefix, last.get(prefix, 0) + 1)
