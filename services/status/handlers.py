"""Every `workload.*` fact that ends or delays a submission -> status and events of the custom resource."""

from functools import partial
from typing import Any

import structlog
from faststream.nats.annotations import NatsMessage

from services.status.record import Recorder
from services.status.settings import StatusSettings
from shared.messages import WorkloadCreated, WorkloadDelayed, WorkloadFailed, WorkloadRejected
from shared.process.bus import Bus
from shared.process.delivery import RIGHTS_TRIES
from shared.process.metrics import SUBJECT, counter
from shared.reasons import Reason

UNRECORDED = counter(
    "slipway_outcomes_unrecorded_total",
    "Facts that could not be written on their workload",
    {**SUBJECT, "reason": "a reason as in [Reasons](reasons.md)"},
    ("status",),
)
log = structlog.get_logger()


def subscribe(bus: Bus, recorder: Recorder, settings: StatusSettings) -> None:
    """Subscribe the recorder to every fact."""

    async def on_last(event: Any, reason: Reason, sentence: str) -> None:
        UNRECORDED.labels(event.subject, reason).inc()
        log.error("not recorded; the watcher will report the workload again", reason=sentence)

    consumes = partial(bus.consumes, on_last=on_last, workers=settings.workers, give_up_after=settings.give_up_after)

    @consumes(WorkloadCreated)
    async def on_workload_created(event: WorkloadCreated, delivery: NatsMessage) -> None:
        """Mark the workload Submitted."""
        await recorder.outcome(event, last=_is_last(delivery))

    @consumes(WorkloadRejected)
    async def on_workload_rejected(event: WorkloadRejected, delivery: NatsMessage) -> None:
        """Mark the workload Failed, with all its violations."""
        await recorder.outcome(event, last=_is_last(delivery))

    @consumes(WorkloadFailed)
    async def on_workload_failed(event: WorkloadFailed, delivery: NatsMessage) -> None:
        """Mark the workload Failed, with its reason."""
        await recorder.outcome(event, last=_is_last(delivery))

    @consumes(WorkloadDelayed)
    async def on_workload_delayed(event: WorkloadDelayed) -> None:
        """Show on the workload that its submission is being retried."""
        await recorder.delay(event)


def _is_last(delivery: NatsMessage) -> bool:
    """Return whether a missing right counts as refused by now."""
    return (delivery.raw_message.metadata.num_delivered or 1) >= RIGHTS_TRIES
