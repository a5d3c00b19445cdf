"""Waits for a job's pod to start."""

from typing import Any, Final

from cli.shell.progress import waiting
from shared.errors import TransientError
from shared.inquiry.errors import MissingError, TimedOutError
from shared.inquiry.job_lookup import with_pods
from shared.inquiry.jobs import Job
from shared.inquiry.patience import Clock, patient
from shared.inquiry.pods import chosen_pod, running_pod
from shared.jobs import end_of, is_suspended, pod_status
from shared.objects import JsonObject

WAITING: Final = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Terminating", "Unknown"})
"""Statuses of a pod that will start, or be replaced by one that will; Init:0/1 counts too."""


async def wait_for_start(api: Any, job: Job, within: float, pod: str | None = None, instance: str | None = None) -> Job:
    """Wait until the selected pod has started or ended; return the job. TimedOutError after `within` seconds.

    It does not wait for a job that is suspended or has ended without a pod. It retries if the API server is busy.
    """
    clock = Clock(within)
    async with waiting("Waiting for pod to start running...") as progress:
        while not _has_started(job, pod, instance):
            progress.say(f"Waiting for pod to start running... (job {job.name} is {job.status})")
            if not await clock.pause():
                raise TimedOutError(f"Timeout waiting for job to start running: {job.name} is {job.standing}")
            seen = await patient(read_again(api, job))
            job = job if isinstance(seen, TransientError) else seen
    return job


def _has_started(job: Job, pod: str | None, instance: str | None) -> bool:
    """Whether there is nothing to wait for; MissingError if no pod will be created."""
    if job.pods or end_of(job.resource) or is_suspended(job.resource):
        return not _waits(pod_status(chosen_pod(job, pod, instance)))
    return False


def _waits(status: str) -> bool:
    return status in WAITING or (status.startswith("Init:") and status[5:6].isdigit())


async def read_again(api: Any, job: Job) -> Job:
    """The same job with its current pods. MissingError if it was deleted, or another job has its name."""
    from shared.errors import NotFoundError

    try:
        resource = await api.get(job.path)
    except NotFoundError:
        resource = None
    if resource is None or resource["metadata"]["uid"] != job.uid:
        raise MissingError(f"job {job.name} was deleted in the meantime")
    return await with_pods(api, Job(job.kind, resource))


async def wait_for_running(api: Any, job: Job, within: float, pod: str | None = None) -> tuple[Job, JsonObject]:
    """Wait as `wait_for_start` does; return the job and its running pod. NotRunningError if it has ended."""
    job = await wait_for_start(api, job, within, pod)
    return job, running_pod(job, pod)
