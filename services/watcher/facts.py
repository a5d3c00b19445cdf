"""Decide whether an object must be reported, and make the message that reports it. Pure."""

from datetime import datetime
from typing import Final

from shared.jobs import end_of
from shared.messages import (
    JobObserved,
    ViolationText,
    WorkloadFailed,
    WorkloadObserved,
    WorkloadRef,
    WorkloadRejected,
)
from shared.names import (
    FAILURE_ANNOTATION,
    GROUP,
    JOB_NAME_ANNOTATION,
    KUEUE_QUEUE_LABEL,
    SUBMITTED_BY_ANNOTATION,
    SUBMITTER_ANNOTATION,
)
from shared.objects import JsonObject, json_size
from shared.parameters.limits import MAX_MESSAGE_BYTES
from shared.parameters.sentences import TOO_LARGE
from shared.reasons import Reason

FINAL: Final = ("Submitted", "Failed")
"""Phases after which nothing more happens to a workload."""
CARRIED: Final = (SUBMITTED_BY_ANNOTATION, JOB_NAME_ANNOTATION, FAILURE_ANNOTATION)
"""Annotations that the message carries; all others stay on the workload."""
LONGEST_CARRIED: Final = 1024
"""Characters kept of each annotation. Of a failure only its presence matters, and neither names nor users are as
long."""
RUNAI_JOB: Final = (f"{GROUP}/v1", "RunaiJob")
"""API version and kind of a RunaiJob, as owners are referred to."""
CARRIED_WHOLE: Final = (SUBMITTER_ANNOTATION,)
"""Annotations that the message carries however long they are: a part would be another user. Like the spec, they are not
kept while there is no room."""
IDENTITY: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")
"""Metadata that the runner needs, besides the queue of the job."""


def awaits_outcome(workload: JsonObject) -> bool:
    """Return whether this workload should be submitted and has not ended yet; a Template never should."""
    return (
        (workload.get("spec") or {}).get("usage", "Submit") == "Submit"
        and (workload.get("status") or {}).get("phase") not in FINAL
        and "deletionTimestamp" not in workload["metadata"]
    )


def kept(kind: str, workload: JsonObject, *, whole: bool = True) -> JsonObject:
    """Reduce a workload to what its messages need, without its spec and its submitter's groups unless kept `whole`.

    The kind is given, since items of a list do not state theirs.
    """
    metadata = workload["metadata"]
    annotations = metadata.get("annotations") or {}
    carried = {name: annotations[name][:LONGEST_CARRIED] for name in CARRIED if name in annotations}
    carried |= {name: annotations[name] for name in CARRIED_WHOLE if whole and name in annotations}
    identity = {key: metadata[key] for key in (*IDENTITY, "generation") if key in metadata}
    return {
        "kind": kind,
        "metadata": {**identity, "annotations": carried},
        "status": bool(workload.get("status")),
        **({"spec": workload.get("spec") or {}} if whole else {}),
    }


def reference(workload: JsonObject) -> WorkloadRef:
    """Return which edit of which workload this is."""
    metadata = workload["metadata"]
    return WorkloadRef(
        kind=workload["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 1),
        resource_version=metadata["resourceVersion"],
        has_status=bool(workload.get("status")),
    )


def observed(workload: JsonObject, attempt: int, at: datetime) -> WorkloadObserved | WorkloadRejected:
    """Make the fact about a workload that awaits its outcome. A workload too large to carry is rejected right here."""
    spec = workload.get("spec") or {}
    if json_size(spec) > MAX_MESSAGE_BYTES:
        return too_large(workload, attempt, at)
    return WorkloadObserved(
        workload=reference(workload),
        attempt=attempt,
        observed_at=at,
        spec=spec,
        annotations=workload["metadata"].get("annotations") or {},
        created_at=workload["metadata"].get("creationTimestamp"),
    )


def too_large(workload: JsonObject, attempt: int, at: datetime) -> WorkloadRejected:
    """Make the rejection that replaces a fact that is too large to carry."""
    return WorkloadRejected(
        workload=reference(workload),
        attempt=attempt,
        observed_at=at,
        reason=Reason.TOO_LARGE,
        violations=[ViolationText(parameter="spec", message=TOO_LARGE)],
    )


def unsendable(
    workload: JsonObject, attempt: int, at: datetime, reason: Reason, sentence: str
) -> WorkloadRejected | WorkloadFailed | None:
    """Make the fact that ends a workload whose message cannot be made or sent.

    Returns None if a job's name is recorded on it: its job may exist, so only the creator may end it.
    """
    if workload["metadata"]["annotations"].get(JOB_NAME_ANNOTATION):
        return None
    if reason == Reason.TOO_LARGE:
        return too_large(workload, attempt, at)
    ref = reference(workload)
    return WorkloadFailed(
        workload=ref, attempt=attempt, observed_at=at, reason=reason, message=sentence, resolved=False
    )


def needs_runner(job: JsonObject, child: JsonObject | None, *, deleted: bool) -> bool:
    """Return whether the runner may still have something to do for this RunaiJob."""
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
    """Return whether the runner is done with this RunaiJob, no matter what runs or ran it."""
    return end_of(job) is not None and (job.get("spec") or {}).get("ttlSecondsAfterFinished") is None


def job_observed(job: JsonObject, child: JsonObject | None, *, deleted: bool) -> JobObserved:
    """Make the fact about a RunaiJob and its child."""
    return JobObserved(job=job, child=child, child_deleted=deleted)


def key_of_job(job: JsonObject) -> str:
    """Return the text by which a RunaiJob and what runs it are matched: namespace, name and uid.

    A uid alone is no proof of ownership, because anybody may write it into an object of their own elsewhere.
    """
    metadata = job["metadata"]
    return _key(metadata["namespace"], metadata["name"], metadata["uid"])


def key_of_owner(child: JsonObject) -> str | None:
    """Return the key of the RunaiJob that controls this Job or StatefulSet; it is in the child's own namespace."""
    owner = controlling_job(child)
    return _key(child["metadata"]["namespace"], owner["name"], owner["uid"]) if owner else None


def controlling_job(child: JsonObject) -> JsonObject | None:
    """Return the reference to the RunaiJob that controls this Job or StatefulSet."""
    owners: list[JsonObject] = child["metadata"].get("ownerReferences") or []
    return next((o for o in owners if o.get("controller") and (o.get("apiVersion"), o.get("kind")) == RUNAI_JOB), None)


def _key(namespace: str, name: str, uid: str) -> str:
    return f"{namespace}/{name}/{uid}"


def told_of_job(job: JsonObject) -> JsonObject:
    """Reduce a RunaiJob to what the runner needs, so that its size does not depend on its pods or on what people add.

    Of the template, only the restart policy is left.
    """
    labels = {key: value for key, value in (job["metadata"].get("labels") or {}).items() if key == KUEUE_QUEUE_LABEL}
    spec = {key: value for key, value in (job.get("spec") or {}).items() if key != "selector"}
    template = spec.get("template")
    pod = template.get("spec") if isinstance(template, dict) else None
    if isinstance(pod, dict):
        spec["template"] = {"spec": {key: value for key, value in pod.items() if key == "restartPolicy"}}
    owners = [owner for owner in job["metadata"].get("ownerReferences") or [] if owner.get("controller")]
    beside = {key: value for key, value in {"labels": labels, "ownerReferences": owners}.items() if value}
    return {**job, "metadata": {**_identity(job), **beside}, "spec": spec}


def told_of_child(child: JsonObject) -> JsonObject:
    """Reduce a child to what the runner needs, without its pod template and what others added to it."""
    spec = {key: value for key, value in (child.get("spec") or {}).items() if key != "template"}
    return {**child, "metadata": _identity(child), "spec": spec}


def _identity(item: JsonObject) -> JsonObject:
    return {key: value for key, value in item["metadata"].items() if key in IDENTITY}
