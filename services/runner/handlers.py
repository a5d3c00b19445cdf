"""`job.observed` -> the object that runs the job, and the RunaiJob's status."""

import math

from services.runner.run import Runner
from services.runner.settings import RunnerSettings
from shared.messages import JobObserved
from shared.process.bus import Bus
from shared.process.delivery import Rest
from shared.reasons import Reason


def subscribe(bus: Bus, runner: Runner, settings: RunnerSettings) -> None:
    """Subscribe the runner to every observed RunaiJob."""

    async def on_last(event: JobObserved, reason: Reason, sentence: str) -> None:
        await runner.give_up(event, reason, sentence)

    # A busy cluster is never final for a job: its workload was submitted, and the watcher reports it until it ends.
    @bus.consumes(JobObserved, on_last=on_last, workers=settings.workers, give_up_after=math.inf)
    async def on_job_observed(event: JobObserved) -> Rest | None:
        """Start the job, or report its progress."""
        started = await runner.run(event)
        return runner.on_record(event.job["metadata"], started) if started else None
