"""Build the object that runs a RunaiJob on a plain cluster. Pure.

It is a batch/v1 Job, or a StatefulSet of one replica if the pod must restart forever.
"""

import hashlib
import re
from typing import Final

from shared.errors import PermanentError
from shared.jobs import end_of, left_to_kueue, restarts_forever
from shared.names import JOB_UID_LABEL
from shared.objects import JsonObject
from shared.reasons import Reason

JOB: Final = "Job"
STATEFUL_SET: Final = "StatefulSet"
"""Kinds of the objects that run RunaiJobs."""
API_VERSIONS: Final = {JOB: "batch/v1", STATEFUL_SET: "apps/v1"}

LONGEST_LABEL: Final = 63
LONGEST_STATEFUL_SET: Final = 52
"""Characters of a StatefulSet's name. Its pods carry `<name>-<hash of 10>` as a label value: with a longer name it
silently stays without pods."""
DEFAULT_BACKOFF_LIMIT: Final = 6
PREEMPTION_IS_NO_FAILURE: Final = {
    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
}
"""An evicted or preempted pod is replaced and does not count as a failure against `backoffLimit`."""
STEERED: Final = ("parallelism", "backoffLimit", "activeDeadlineSeconds")
"""Fields of a RunaiJob that may still change while its Job runs, besides suspension."""


class NoPodTemplateError(PermanentError):
    """The RunaiJob's template is not a pod template."""

    reason = Reason.INVALID


def child_kind(job: JsonObject) -> str:
    """Return the kind of the object that runs this RunaiJob."""
    return STATEFUL_SET if restarts_forever(job) else JOB


def child_of(job: JsonObject) -> JsonObject:
    """Build the manifest of the object that runs this RunaiJob, owned by it.

    Raises NoPodTemplateError if the RunaiJob's template is not a pod template.
    """
    try:
        return _stateful_set(job) if restarts_forever(job) else _batch_job(job)
    except (TypeError, ValueError, AttributeError) as error:
        raise NoPodTemplateError("spec.template is not the template of a pod") from error


def child_name(job: JsonObject) -> str:
    """Name the object that runs the RunaiJob so that its pods are called `<job>-<index>-<attempt>`.

    A StatefulSet is called `<job>-0`; a Job has the RunaiJob's own name. A name that is too long or contains dots is
    shortened and ends in a hash of the whole name.
    """
    name = str(job["metadata"]["name"])
    if restarts_forever(job):
        return _fitting(name, LONGEST_STATEFUL_SET - len("-0")) + "-0"
    last_index = max((_counts(job).get("completions") or 1) - 1, 0)
    return _fitting(name, LONGEST_LABEL - len(f"-{last_index}"))


def _fitting(name: str, longest: int) -> str:
    if len(name) <= longest and "." not in name:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{re.sub('[.-]+', '-', name)[: longest - 9].rstrip('-')}-{digest}"


def steering(job: JsonObject, child: JsonObject) -> JsonObject | None:
    """Return the changes to the child's `spec` that make it follow the RunaiJob, or None if it already does.

    A finished job gets its time to live only here, after its end is reported in the RunaiJob, so that an end cannot get
    lost.
    """
    given, spec = job.get("spec") or {}, child.get("spec") or {}
    if end_of(job):
        ttl = given.get("ttlSecondsAfterFinished")
        due = ttl is not None and child["kind"] == JOB and spec.get("ttlSecondsAfterFinished") is None
        return {"ttlSecondsAfterFinished": ttl} if due and end_of(child) else None
    if end_of(child):
        return None
    if child["kind"] == STATEFUL_SET:
        wanted: JsonObject = {"replicas": _replicas(job)}
    else:
        wanted = {key: _counts(job).get(key) for key in STEERED}
        if not left_to_kueue(job):
            wanted["suspend"] = bool(given.get("suspend"))
    current = {"suspend": False, **spec}
    changed = {key: value for key, value in wanted.items() if current.get(key) != value}
    return changed or None


def _stateful_set(job: JsonObject) -> JsonObject:
    selector = {JOB_UID_LABEL: job["metadata"]["uid"]}
    return _child(
        STATEFUL_SET,
        job,
        {
            "replicas": _replicas(job),
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": selector},
            "template": _template(job),
        },
    )


def _batch_job(job: JsonObject) -> JsonObject:
    spec = {key: value for key, value in _counts(job).items() if value is not None}
    # Without a number of completions there are no indices: any pod that succeeds ends the job.
    spec["completionMode"] = "Indexed" if "completions" in spec else "NonIndexed"
    spec["suspend"] = bool(job["spec"].get("suspend")) or left_to_kueue(job)
    template = _template(job)
    if template["spec"].get("restartPolicy") == "Never":  # Kubernetes supports it with no other restart policy
        spec["podFailurePolicy"] = PREEMPTION_IS_NO_FAILURE
    return _child(JOB, job, {**spec, "template": template})


def _counts(job: JsonObject) -> JsonObject:
    """Return the numbers of the Job, with a RunaiJob's defaults."""
    given = job.get("spec") or {}
    parallelism, completions = given.get("parallelism"), given.get("completions")
    backoff_limit = given.get("backoffLimit")
    return {
        "parallelism": 1 if parallelism is None else parallelism,
        "completions": 1 if parallelism is None and completions is None else completions,
        "backoffLimit": DEFAULT_BACKOFF_LIMIT if backoff_limit is None else backoff_limit,
        "activeDeadlineSeconds": given.get("activeDeadlineSeconds"),
    }


def _replicas(job: JsonObject) -> int:
    return 0 if (job.get("spec") or {}).get("suspend") else 1


def _template(job: JsonObject) -> JsonObject:
    template = job["spec"]["template"]
    metadata = template.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), JOB_UID_LABEL: job["metadata"]["uid"]}
    return {"metadata": {**metadata, "labels": labels}, "spec": template["spec"]}


def _child(kind: str, job: JsonObject, spec: JsonObject) -> JsonObject:
    metadata = job["metadata"]
    labels = metadata.get("labels") or spec["template"]["metadata"]["labels"]
    owner = {
        "apiVersion": "run.ai/v1",
        "kind": "RunaiJob",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": {
            "name": child_name(job),
            "namespace": metadata["namespace"],
            "labels": {**labels, JOB_UID_LABEL: metadata["uid"]},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }
