"""Waits for the outcome of a submission: until it is Submitted or Failed, and until its job runs."""

from typing import Any, Final

from shared.errors import NotFoundError, TransientError
from shared.inquiry.errors import MissingError, NotRunningError, TimedOutError
from shared.inquiry.frozen import job_name
from shared.inquiry.job_lookup import job_of
from shared.inquiry.jobs import Job
from shared.inquiry.notes import Say
from shared.inquiry.patience import Clock, patient
from shared.inquiry.times import span
from shared.objects import JsonObject

RUNS: Final = ("Running", "Succeeded")
"""Statuses that end the wait; a short job may end before it is seen running."""
NEVER_RUNS: Final = ("Failed", "TimedOut", "Deleted", "ContainerCannotRun", "Suspended")
"""Statuses that no job leaves by itself."""


async def decided(api: Any, path: str, clock: Clock) -> JsonObject:
    """The workload at `path` once it is Submitted or Failed, or as it is when the time is up.

    Retries if the API server is busy. Raises MissingError if the workload is deleted in the meantime.
    """
    workload: JsonObject = {}
    while True:
        try:
            seen = await patient(api.get(path))
        except NotFoundError as error:
            name = path.rpartition("/")[2]
            raise MissingError(f"workload {name} was deleted in the meantime") from error
        if not isinstance(seen, TransientError):
            workload = seen
            if phase(workload):
                return workload
        if not await clock.pause():
            return workload


async def running(api: Any, workload: JsonObject, clock: Clock, say: Say) -> Job:
    """The workload's job once one of its pods runs; `say` gets what it is waiting for.

    Raises NotRunningError if it never will, TimedOutError if not in time. Retries if the API server is busy.
    """
    name = job_name(workload)
    while True:
        job = await patient(job_of(api, workload))
        if isinstance(job, TransientError):
            reason = standing = str(job)
        else:
            status = job.status if job else "Deleted"
            if job and status in RUNS:
                return job
            if status in NEVER_RUNS:
                raise NotRunningError(f"job {name} is not running: its status is {status}")
            reason, standing = f"its status is {status}", f"its status is {job.standing if job else status}"
        say(f"waiting for job {name} to run: {reason}")
        if not await clock.pause():
            raise TimedOutError(f"job {name} is not running after {span(clock.within or 0)}: {standing}")


def phase(workload: JsonObject) -> str | None:
    """Submitted or Failed; None while in progress."""
    found = (workload.get("status") or {}).get("phase")
    return str(found) if found else None
