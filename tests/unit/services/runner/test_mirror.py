"""What is mirrored into a RunaiJob's status, and which changes are ignored."""

from typing import Any

import pytest

from services.runner.mirror import failure_patch, runs_as, status_patch
from tests.unit.services.runner.jobs import NOW, child, condition, runaijob

START = "2026-01-05T09:59:01Z"
END = "2026-01-05T10:30:00Z"
COMPLETE = condition("Complete", "CompletionsReached")
RUNNING = {"active": 1, "startTime": START}


@pytest.mark.parametrize(
    ("before", "seen", "patch"),
    [
        # nothing yet, and a mere start: no news
        (None, child(), None),
        (None, child(startTime=START), None),
        (None, child(startTime=START, active=0), None),
        # its pod is there
        (None, child(startTime=START, active=1), {"active": 1, "startTime": START}),
        (RUNNING, child(startTime=START, active=1), None),
        (RUNNING, child(startTime=START, active=1, ready=1), None),
        # one of several is done
        (RUNNING, child(startTime=START, active=1, succeeded=1), {"succeeded": 1}),
        (RUNNING, child(startTime=START, failed=1), {"active": 0, "failed": 1}),
        # the end, as soon as it is certain
        (RUNNING, child(startTime=START, succeeded=1, conditions=[condition("SuccessCriteriaMet")]), None),
        (
            RUNNING,
            child(
                startTime=START,
                succeeded=1,
                completionTime=END,
                conditions=[condition("SuccessCriteriaMet"), COMPLETE],
            ),
            {"active": 0, "succeeded": 1, "completionTime": END, "conditions": [COMPLETE]},
        ),
        (
            None,
            child(startTime=START, failed=7, conditions=[condition("Failed", "BackoffLimitExceeded", message="m")]),
            {
                "failed": 7,
                "startTime": START,
                "conditions": [condition("Failed", "BackoffLimitExceeded", message="m")],
            },
        ),
        # an end is final
        ({"conditions": [COMPLETE]}, child(startTime=START, active=1), None),
        ({"conditions": [condition("Failed", "JobDeleted")]}, child(startTime=START, active=1), None),
        # held, then released; the first start time stays
        (None, child(conditions=[condition("Suspended")]), {"conditions": [condition("Suspended")]}),
        ({"conditions": [condition("Suspended", at="before")]}, child(conditions=[condition("Suspended")]), None),
        (
            {**RUNNING, "active": 0, "conditions": [condition("Suspended")]},
            child(startTime=END, active=1, conditions=[condition("Suspended", status="False")]),
            {"active": 1, "conditions": [condition("Suspended", status="False")]},
        ),
        # interactive
        (None, child("StatefulSet"), None),
        (None, child("StatefulSet", replicas=0), None),
        (
            None,
            child("StatefulSet", replicas=1),
            {"active": 1, "startTime": "2026-01-05T09:59:00Z"},
        ),
        (RUNNING, child("StatefulSet", replicas=1, readyReplicas=1), None),
        (
            RUNNING,
            child("StatefulSet", spec={"replicas": 0}, replicas=0),
            {"active": 0, "conditions": [condition("Suspended", "JobSuspended", message="Job suspended")]},
        ),
        (
            {"startTime": START, "conditions": [condition("Suspended", "JobSuspended", message="Job suspended")]},
            child("StatefulSet", replicas=1),
            {
                "active": 1,
                "conditions": [condition("Suspended", "JobResumed", status="False", message="Job resumed")],
            },
        ),
    ],
)
def test_what_is_told(before: dict[str, Any] | None, seen: dict[str, Any], patch: dict[str, Any] | None) -> None:
    """The status patch for each state of the Job, and none if nothing that people see has changed."""
    told = {**(before or {}), "runsAs": runs_as(seen)}
    assert status_patch(runaijob(status=told), seen, NOW) == patch
    first = {**patch, "runsAs": runs_as(seen)} if patch else None  # reported with the first change, never alone
    assert status_patch(runaijob(status=before), seen, NOW) == first


def test_telling_twice_is_no_news() -> None:
    """A status that is already recorded is not written again."""
    seen = child(startTime=START, succeeded=1, completionTime=END, conditions=[COMPLETE])
    job = runaijob(status=RUNNING)
    job["status"] = {**RUNNING, **(status_patch(job, seen, NOW) or {})}
    assert status_patch(job, seen, "later") is None


def test_a_failure_of_our_own_keeps_what_was_told() -> None:
    """A failure that the runner itself finds keeps the conditions that were recorded before."""
    job = runaijob(status={**RUNNING, "conditions": [condition("Suspended", status="False")]})
    assert failure_patch(job, "JobDeleted", "its Job was deleted before its end was seen", NOW) == {
        "active": 0,
        "conditions": [
            condition("Suspended", status="False"),
            condition("Failed", "JobDeleted", message="its Job was deleted before its end was seen"),
        ],
    }
