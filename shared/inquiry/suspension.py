"""Suspends and resumes a job."""

from typing import Any, Final

from shared.inquiry.errors import ImpossibleError
from shared.inquiry.jobs import DEPLOYMENT, KNATIVE_SERVICE, RUNAI_JOB, Job
from shared.jobs import end_of, is_suspended, left_to_kueue
from shared.names import REPLICAS_ANNOTATION
from shared.objects import JsonObject

NO_WORD: Final = "it is run by Knative, which removes its pods while there are no requests; it cannot be suspended"
QUEUED: Final = "it waits in a Kueue queue, and only Kueue can start it: set `active` of its Kueue Workload"


def is_meant(job: Job, suspended: bool) -> bool:
    """Whether the job has not ended and is not yet in the desired state."""
    return end_of(job.resource) is None and is_suspended(job.resource) != suspended


async def set_suspended(api: Any, suspended: bool, job: Job) -> str:
    """Suspend or resume exactly the job that was read; return the sentence that reports it.

    Raises ImpossibleError if the job has ended, or if only another system can do it.
    """
    if end_of(job.resource):
        raise ImpossibleError(f"job {job.name} has ended: its status is {job.status}")
    if reason := _refusal(job):
        raise ImpossibleError(f"job {job.name} cannot be {_done(suspended)}: {reason}")
    if is_suspended(job.resource) == suspended:
        return f"Job {job.name} is already {'suspended' if suspended else 'running'}."
    path, spec = await _change(api, job, suspended)
    await api.patch(path, {"metadata": {"uid": job.uid}, "spec": spec})
    return f"Job {job.name} {_done(suspended)} successfully."


def _done(suspended: bool) -> str:
    return "suspended" if suspended else "resumed"


def _refusal(job: Job) -> str | None:
    if job.kind == KNATIVE_SERVICE:
        return NO_WORD
    return QUEUED if left_to_kueue(job.resource) else None


async def _change(api: Any, job: Job, suspended: bool) -> tuple[str, JsonObject]:
    """The path and the patch: a Deployment is suspended with zero replicas, and resumed with those of its values."""
    if job.kind == DEPLOYMENT:
        return job.path, {"replicas": 0 if suspended else await _replicas(api, job)}
    if job.kind == RUNAI_JOB:
        return job.path, {"suspend": suspended}
    return job.path, {"runPolicy": {"suspend": suspended}}


async def _replicas(api: Any, job: Job) -> int:
    """The replicas decided when it was submitted; 1 if none are recorded."""
    if recorded := (job.resource["metadata"].get("annotations") or {}).get(REPLICAS_ANNOTATION):
        return int(recorded)  # since Deployments record it themselves
    from shared.inquiry.frozen import claim_named
    from shared.outputs.configmap import UnreadableClaimError, read_claim

    configmap = await claim_named(api, job.namespace, job.name)
    try:
        return int((read_claim(configmap).values_set if configmap else {}).get("replicas") or 1)
    except UnreadableClaimError:
        return 1
