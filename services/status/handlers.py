"""Every `workload.*` fact that ends or delays a submission -> status and events of the custom resource."""

from functools import partial
from typing import Any

import structlog

from services.status.record import Recorder
from services.status.settings import StatusSettings
from shared.messages import WorkloadCreated, WorkloadDelayed, WorkloadFailed, WorkloadRejected
from shared.process.bus import Bus
from shared.reasons import Reason

log = structlog.get_logger()


def subscribe(bus: Bus, recorder: Recorder, settings: StatusSettings) -> None:
    """Subscribe the recorder to every fact."""

    async def on_last(_event: Any, _reason: Reason, sentence: str) -> None:
        log.error("not recorded; the watcher will report the workload again", reason=sentence)

    consumes = partial(bus.consumes, on_last=on_last, workers=settings.workers, give_up_after=settings.give_up_after)

    @consumes(WorkloadCreated)
    async def on_workload_created(event: WorkloadCreated) -> None:
        """Mark the workload Submitted."""
        await recorder.outcome(event)

    @consumes(WorkloadRejected)
    async def on_workload_rejected(event: WorkloadRejected) -> None:
        """Mark the workload Failed, with all its violations."""
        await recorder.outcome(event)

    @consumes(WorkloadFailed)
    async def on_workload_failed(event: WorkloadFailed) -> None:
        """Mark the workload Failed, with its reason."""
        await recorder.outcome(event)

    @consumes(WorkloadDelayed)
    async def on_workload_delayed(event: WorkloadDelayed) -> None:
        """Show on the workload that its submission is being retried."""
        await recorder.delay(event)
