"""What becomes of a submission, waited for: that it is Submitted or Failed, and that its job runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from cli.exits import Exit, Stop
from cli.frozen import job_name
from cli.jobs import JOB_KINDS, Job, with_pods
from cli.progress import Progress
from cli.tables import span
from shared.errors import NotFoundError, TransientError, UnauthorizedError

T = TypeVar("T")
JsonObject = dict[str, Any]

FIRST_PAUSE: Final = 0.03
LAST_PAUSE: Final = 1.0
"""Seconds between two looks: short at first, for most submissions are over at once."""
RUNS: Final = ("Running", "Succeeded")
"""What is waited for; a short job may be over before anybody has seen it run."""
NEVER_RUNS: Final = ("Failed", "TimedOut", "Deleted", "ContainerCannotRun", "Suspended")
"""Statuses out of which no job comes by itself."""


class Clock:
    """How long may still be waited; for ever where no limit is given. Pauses grow."""

    def __init__(self, within: float | None) -> None:
        self.within, self._end = within, None if within is None else time.monotonic() + within
        self._pause = FIRST_PAUSE

    def part(self, within: float) -> "Clock":
        """Another one that ends after so many seconds, and never after this one."""
        left = within if self._end is None else self._end - time.monotonic()
        return Clock(min(within, left))

    async def pause(self) -> bool:
        """Wait a little; False where the time is over."""
        left = LAST_PAUSE if self._end is None else self._end - time.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.5, LAST_PAUSE)
        return True


async def patient(look: Awaitable[T]) -> T | TransientError:
    """What is seen, or why a busy API server could not say: the next look may. Who is not known to it need not wait."""
    try:
        return await look
    except UnauthorizedError:
        raise
    except TransientError as error:
        return error


async def answered(look: Callable[[], Awaitable[T]], clock: Clock) -> T | TransientError:
    """What is seen once the API server has the time to say, or why it had none until the time was over."""
    while isinstance(seen := await patient(look()), TransientError) and await clock.pause():
        pass
    return seen


async def decided(api: Any, path: str, clock: Clock) -> JsonObject:
    """The workload at `path` once it is Submitted or Failed, or as it is when the time is over.

    A busy API server is asked again; Stop where the workload is deleted meanwhile.
    """
    workload: JsonObject = {}
    while True:
        try:
            seen = await patient(api.get(path))
        except NotFoundError as error:
            name = path.rpartition("/")[2]
            raise Stop(Exit.NOT_FOUND, f"workload {name} has been deleted meanwhile") from error
        if not isinstance(seen, TransientError):
            workload = seen
            if phase(workload):
                return workload
        if not await clock.pause():
            return workload


async def running(api: Any, workload: JsonObject, clock: Clock, progress: Progress) -> Job:
    """The workload's job once one of its pods runs. Stop where it never will, or not in time.

    A busy API server is asked again.
    """
    name = job_name(workload)
    while True:
        job = await patient(job_of(api, workload))
        if isinstance(job, TransientError):
            told = standing = str(job)
        else:
            status = job.status if job else "Deleted"
            if job and status in RUNS:
                return job
            if status in NEVER_RUNS:
                raise Stop(Exit.REFUSED, f"the job {name} does not run: it is {status}")
            told, standing = f"it is {status}", f"it is {job.standing if job else status}"
        progress.say(f"waiting for job {name} to run: {told}")
        if not await clock.pause():
            raise Stop(Exit.TIMED_OUT, f"the job {name} does not run after {span(clock.within or 0)}: {standing}")


async def job_of(api: Any, workload: JsonObject) -> Job | None:
    """What runs a submitted workload, with its pods; None once it is gone."""
    kinds = {(kind.kind, kind.api_version): kind for kind in JOB_KINDS}
    for created in (workload.get("status") or {}).get("createdResources") or []:
        kind = kinds.get((created["kind"], created["version"]))
        if kind is None:
            continue
        try:
            resource = await api.get(kind.path(created["namespace"], created["name"]))
        except NotFoundError:
            return None
        return await with_pods(api, Job(kind, resource))
    return None


def phase(workload: JsonObject) -> str | None:
    """Submitted or Failed; None while in progress."""
    found = (workload.get("status") or {}).get("phase")
    return str(found) if found else None
