"""What the watcher makes of an object: whether it is to be told of, and the message that tells it. Pure."""

from datetime import datetime
from typing import Any, Final

import orjson

from shared.jobs import end_of
from shared.messages import (
    MAX_MESSAGE_BYTES,
    JobObserved,
    ViolationText,
    WorkloadObserved,
    WorkloadRef,
    WorkloadRejected,
)
from shared.names import GROUP
from shared.parameters.sentences import TOO_LARGE
from shared.reasons import Reason

JsonObject = dict[str, Any]
FINAL: Final = ("Submitted", "Failed")
"""Phases after which nothing more is done for a workload."""


def awaits_outcome(workload: JsonObject) -> bool:
    """Whether this workload is to be submitted and has not ended yet; a Template never is."""
    return (
        (workload.get("spec") or {}).get("usage", "Submit") == "Submit"
        and (workload.get("status") or {}).get("phase") not in FINAL
        and "deletionTimestamp" not in workload["metadata"]
    )


def observed(workload: JsonObject, attempt: int, at: datetime) -> WorkloadObserved | WorkloadRejected:
    """The fact to tell of a workload that awaits its outcome; one too large to carry is rejected here and now."""
    metadata = workload["metadata"]
    ref = WorkloadRef(
        kind=workload["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 1),
        resource_version=metadata["resourceVersion"],
        has_status=bool(workload.get("status")),
    )
    spec = workload.get("spec") or {}
    if len(orjson.dumps(spec)) > MAX_MESSAGE_BYTES:
        return WorkloadRejected(
            workload=ref,
            attempt=attempt,
            observed_at=at,
            reason=Reason.TOO_LARGE,
            violations=[ViolationText(parameter="spec", message=TOO_LARGE)],
        )
    ours = {key: value for key, value in (metadata.get("annotations") or {}).items() if key.startswith(f"{GROUP}/")}
    return WorkloadObserved(
        workload=ref,
        attempt=attempt,
        observed_at=at,
        spec=spec,
        annotations=ours,
        created_at=metadata.get("creationTimestamp"),
    )


def needs_runner(job: JsonObject, child: JsonObject | None, *, deleted: bool) -> bool:
    """Whether the runner may still have something to do for this RunaiJob."""
    if "deletionTimestamp" in job["metadata"]:
        return False
    if not end_of(job):
        return True
    ttl = (job.get("spec") or {}).get("ttlSecondsAfterFinished")
    return (
        ttl is not None
        and child is not None
        and not deleted
        and "ttlSecondsAfterFinished" not in (child.get("spec") or {})
    )


def is_over(job: JsonObject) -> bool:
    """Whether nothing about this RunaiJob, whatever runs or ran it, can concern the runner any more."""
    return end_of(job) is not None and (job.get("spec") or {}).get("ttlSecondsAfterFinished") is None


def job_observed(job: JsonObject, child: JsonObject | None, *, deleted: bool) -> JobObserved:
    """The fact to tell of a RunaiJob and what runs it."""
    return JobObserved(job=job, child=child, child_deleted=deleted)


def owner_uid(child: JsonObject) -> str | None:
    """The uid of the RunaiJob that controls this Job or StatefulSet."""
    owners = child["metadata"].get("ownerReferences") or []
    return next((o["uid"] for o in owners if o.get("controller") and o.get("kind") == "RunaiJob"), None)


def without_containers(job: JsonObject) -> JsonObject:
    """A RunaiJob without what its pods are to hold, however much that is: of its template only the restart policy."""
    spec = job.get("spec") or {}
    template = spec.get("template")
    pod = template.get("spec") if isinstance(template, dict) else None
    if not isinstance(pod, dict):
        return job
    kept = {key: value for key, value in pod.items() if key == "restartPolicy"}
    return {**job, "spec": {**spec, "template": {"spec": kept}}}


def without_template(child: JsonObject) -> JsonObject:
    """A child without its pod template, which the runner wrote and knows."""
    return {**child, "spec": {key: value for key, value in (child.get("spec") or {}).items() if key != "template"}}
