"""How the end of a workload is counted, and from when its seconds count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.status.ended import began_at, ended, outcome_of
from shared.messages import WorkloadCreated, WorkloadFailed, WorkloadRef, WorkloadRejected
from shared.reasons import Reason

CREATED_AT = datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)
REF = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid="u", generation=1, resource_version="1")


def created(seen_after: float) -> WorkloadCreated:
    """The fact about a workload that the watcher saw that many seconds after the stated creation."""
    return WorkloadCreated(
        workload=REF, observed_at=CREATED_AT + timedelta(seconds=seen_after), job_name="w-1", created=[]
    )


def stored(at: str | None = "2026-01-05T10:00:00Z") -> dict[str, Any]:
    return {"metadata": {"creationTimestamp": at} if at else {}}


@pytest.mark.parametrize(("seen_after", "began_after"), [(0.3, 0.3), (0.0, 0.0), (-5.0, 0.0), (1.0, 1.0), (40.0, 1.0)])
def test_the_seconds_of_a_submission_begin_within_the_second_of_its_creation(
    seen_after: float, began_after: float
) -> None:
    """The first sight counts within that second; a later sight, or a clock that is behind, changes nothing more."""
    assert began_at(created(seen_after), stored()) == CREATED_AT.timestamp() + began_after


def test_without_a_stated_creation_the_first_sight_counts() -> None:
    """An answer without the time is no error."""
    assert began_at(created(7.0), stored(None)) == CREATED_AT.timestamp() + 7.0


@pytest.mark.parametrize("reason", ["NameTaken", "a reason that somebody on the bus made up"])
def test_outcomes_are_counted_under_known_reasons_only(reason: str) -> None:
    """Nobody on the bus makes up labels: an unknown reason counts as an internal error."""
    rejected = WorkloadRejected(workload=REF, observed_at=CREATED_AT, reason=reason, violations=[])
    failed = WorkloadFailed(workload=REF, observed_at=CREATED_AT, reason=reason, message="no")
    known = Reason.NAME_TAKEN if reason == "NameTaken" else Reason.INTERNAL_ERROR
    assert outcome_of(rejected) == outcome_of(failed) == ("Failed", known)
    labels = {"kind": "TrainingWorkload", "outcome": "Failed", "reason": known.value}
    before = REGISTRY.get_sample_value("slipway_workloads_ended_total", labels) or 0
    ended(failed, stored())
    assert REGISTRY.get_sample_value("slipway_workloads_ended_total", labels) == before + 1
