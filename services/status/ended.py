"""Count how workloads end, and how long that took."""

import time
from datetime import datetime
from typing import Final

from services.status.conditions import Outcome
from shared.messages import WorkloadCreated
from shared.objects import JsonObject
from shared.process.metrics import SLOW, counter, histogram
from shared.process.tracing import spans
from shared.reasons import Reason, known

STATUS: Final = ("status",)
OUTCOME: Final = {"outcome": "`Submitted` or `Failed`"}
ENDED = counter(
    "slipway_workloads_ended_total",
    "Workloads by outcome",
    {
        "kind": "kind of workload, such as `TrainingWorkload`",
        **OUTCOME,
        "reason": "a reason as in [Reasons](reasons.md)",
    },
    STATUS,
)
SUBMISSION = histogram(
    "slipway_submission_seconds",
    "Seconds from a workload's creation to its outcome. The API server states creation to the second; within that "
    "second, the first sight of the watcher counts",
    OUTCOME,
    STATUS,
    SLOW,
)


def ended(fact: Outcome, workload: JsonObject) -> None:
    """Count the outcome that was just written on this workload, and complete its trace."""
    outcome, reason = outcome_of(fact)
    ENDED.labels(fact.workload.kind, outcome, reason).inc()
    began = began_at(fact, workload)
    SUBMISSION.labels(outcome).observe(max(0.0, time.time() - began))
    spans().ended(fact, began, outcome, reason)


def outcome_of(fact: Outcome) -> tuple[str, Reason]:
    """Return the phase that the fact leads to, and its reason."""
    if isinstance(fact, WorkloadCreated):
        return "Submitted", Reason.ALL_CREATED
    return "Failed", known(fact.reason)


def began_at(fact: Outcome, workload: JsonObject) -> float:
    """Return when the workload was created, in seconds: never before it was, and at most a second after."""
    stated = workload["metadata"].get("creationTimestamp")
    observed = fact.observed_at.timestamp()
    if not stated:
        return observed
    created = datetime.fromisoformat(stated).timestamp()
    return min(max(observed, created), created + 1.0)
