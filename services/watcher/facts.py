"""What the watcher makes of an object: whether it is to be told of, and the message that tells it. Pure."""

from datetime import datetime
from typing import Final

from shared.jobs import end_of
from shared.messages import JobObserved, ViolationText, WorkloadObserved, WorkloadRef, WorkloadRejected
from shared.names import FAILURE_ANNOTATION, JOB_NAME_ANNOTATION, KUEUE_QUEUE_LABEL, SUBMITTED_BY_ANNOTATION
from shared.objects import JsonObject, json_size
from shared.parameters.limits import MAX_MESSAGE_BYTES
from shared.parameters.sentences import TOO_LARGE
from shared.reasons import Reason

FINAL: Final = ("Submitted", "Failed")
"""Phases after which nothing more is done for a workload."""
CARRIED: Final = (SUBMITTED_BY_ANNOTATION, JOB_NAME_ANNOTATION, FAILURE_ANNOTATION)
"""Annotations that are told of; whatever else a workload is annotated with stays where it is."""
LONGEST_CARRIED: Final = 1024
"""Characters of one: of a failure it matters only that it is there, and neither names nor users are as long."""
IDENTITY: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")
"""All that the runner asks of an object's metadata, beside the queue of its job."""


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
    spec, annotations = workload.get("spec") or {}, metadata.get("annotations") or {}
    fact = WorkloadObserved(
        workload=ref,
        attempt=attempt,
        observed_at=at,
        spec=spec,
        annotations={name: annotations[name][:LONGEST_CARRIED] for name in CARRIED if name in annotations},
        created_at=metadata.get("creationTimestamp"),
    )
    return too_large(fact) if json_size(spec) > MAX_MESSAGE_BYTES else fact


def too_large(fact: WorkloadObserved) -> WorkloadRejected:
    """What to tell in the place of a fact that is too large to carry."""
    return WorkloadRejected(
        workload=fact.workload,
        attempt=fact.attempt,
        observed_at=fact.observed_at,
        reason=Reason.TOO_LARGE,
        violations=[ViolationText(parameter="spec", message=TOO_LARGE)],
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


def told_of_job(job: JsonObject) -> JsonObject:
    """A RunaiJob without what people add to it and its pods are to hold, however much that is: what the runner asks
    of the message, of the template only the restart policy."""
    labels = {key: value for key, value in (job["metadata"].get("labels") or {}).items() if key == KUEUE_QUEUE_LABEL}
    spec = {key: value for key, value in (job.get("spec") or {}).items() if key != "selector"}
    template = spec.get("template")
    pod = template.get("spec") if isinstance(template, dict) else None
    if isinstance(pod, dict):
        spec["template"] = {"spec": {key: value for key, value in pod.items() if key == "restartPolicy"}}
    return {**job, "metadata": {**_identity(job), **({"labels": labels} if labels else {})}, "spec": spec}


def told_of_child(child: JsonObject) -> JsonObject:
    """A child without its pod template, which the runner wrote and knows, and without what others added to it."""
    spec = {key: value for key, value in (child.get("spec") or {}).items() if key != "template"}
    return {**child, "metadata": _identity(child), "spec": spec}


def _identity(item: JsonObject) -> JsonObject:
    return {key: value for key, value in item["metadata"].items() if key in IDENTITY}
