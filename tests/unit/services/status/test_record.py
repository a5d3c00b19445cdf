"""An outcome is written once, on its own workload, and only while it counts."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.status.conditions import Outcome
from services.status.record import Recorder
from shared.errors import ForbiddenError, TransientError
from shared.kubernetes.api import Api
from shared.messages import (
    ViolationText,
    WorkloadCreated,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadRef,
    WorkloadRejected,
)
from tests.unit.services.server import Server

WORKLOAD = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads/w"
EVENTS = "/apis/events.k8s.io/v1/namespaces/runai-a/events"
NAMED, FAILED = {"run.ai/job-name": "j-1"}, {"run.ai/failure": "{}"}


class Case:
    """One workload on a server, and the service's recorder."""

    def __init__(self, annotations: dict[str, str] | None = None, **status: Any) -> None:
        self.server: Any = Server()
        self.edit(annotations or {}, **status)
        metadata = self.server.objects[WORKLOAD]["metadata"]
        self.recorder = Recorder(cast(Api, self.server), "here")
        self.ref = WorkloadRef(
            kind="TrainingWorkload",
            namespace="runai-a",
            name="w",
            uid=metadata["uid"],
            generation=1,
            resource_version=metadata["resourceVersion"],
        )

    def edit(self, annotations: dict[str, str], **status: Any) -> None:
        """Make the workload say something else, under another version."""
        before = self.server.objects.get(WORKLOAD, {}).get("metadata", {})
        item = {"metadata": {**before, "annotations": annotations}}
        self.server.put(WORKLOAD, item | ({"status": status} if status else {}))

    def created(self, job: str = "j-1") -> WorkloadCreated:
        return WorkloadCreated(workload=self.ref, observed_at=datetime.now(UTC), job_name=job, created=[])

    def rejected(self) -> WorkloadRejected:
        violations = [ViolationText(parameter="gpu", message="must be no greater than 4")]
        return WorkloadRejected(
            workload=self.ref, observed_at=datetime.now(UTC), reason="PolicyViolation", violations=violations
        )

    def failed(self, message: str = "exceeded quota") -> WorkloadFailed:
        return WorkloadFailed(workload=self.ref, observed_at=datetime.now(UTC), reason="Forbidden", message=message)

    def unrecorded(self) -> WorkloadFailed:
        return self.failed().model_copy(update={"unrecorded": True})

    def delayed(self) -> WorkloadDelayed:
        return WorkloadDelayed(
            workload=self.ref, observed_at=datetime.now(UTC), service="creator", message="no room", tries=3
        )

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.objects[WORKLOAD].get("status", {})
        return found

    @property
    def events(self) -> list[dict[str, Any]]:
        return [item for path, item in self.server.objects.items() if path.startswith(EVENTS)]


async def test_an_outcome_costs_one_write_and_one_event() -> None:
    """Recording an outcome takes one patch of the status and one Kubernetes Event."""
    case = Case(NAMED)
    await case.recorder.outcome(case.created())
    assert case.status["phase"] == "Submitted"
    assert [call.split()[0] for call in case.server.calls] == ["patch", "create"]
    (event,) = case.events
    assert (event["type"], event["reason"]) == ("Normal", "AllCreated")
    assert event["note"] == "all the resources were created successfully"
    assert (event["regarding"]["kind"], event["regarding"]["name"], event["regarding"]["uid"]) == (
        "TrainingWorkload",
        "w",
        case.ref.uid,
    )


async def test_a_workload_that_changed_since_is_read_and_its_events_are_kept() -> None:
    """If the workload changed since the message, it is read again and its events stay."""
    case = Case(NAMED)
    old = {"time": "2026-01-05T10:00:00Z", "type": "Warning", "reason": "Retrying", "message": "no room"}
    case.edit(NAMED, events=[old])
    await case.recorder.outcome(case.created())
    assert case.status["phase"] == "Submitted"
    assert case.status["events"][0] == old


async def test_a_workload_that_is_known_to_have_a_status_is_read_first() -> None:
    """A workload that already has a status keeps the events in it."""
    case = Case(NAMED, events=[{"type": "Warning", "reason": "Retrying", "message": "no room", "time": "x"}])
    case.ref = case.ref.model_copy(update={"has_status": True})
    await case.recorder.outcome(case.created())
    assert [event["type"] for event in case.status["events"]] == ["Warning", "Info"]


@pytest.mark.parametrize(
    ("annotations", "phase", "fact", "counts"),
    [
        (NAMED, None, "created", True),
        ({}, None, "created", False),
        ({"run.ai/job-name": "j-2"}, None, "created", False),
        (NAMED | FAILED, None, "created", False),
        (NAMED, "Failed", "created", False),
        ({}, None, "rejected", True),
        (NAMED, None, "rejected", False),
        (NAMED | FAILED, None, "failed", True),
        ({}, None, "failed", True),
        (NAMED, None, "failed", False),
        (NAMED, None, "unrecorded", True),
        (NAMED, "Submitted", "failed", False),
        (NAMED, "Submitted", "unrecorded", False),
    ],
)
async def test_what_is_on_record_decides_which_fact_counts(
    annotations: dict[str, str], phase: str | None, fact: str, counts: bool
) -> None:
    """Annotations and phase on the workload decide whether a fact counts, row by row."""
    case = Case()
    case.edit(annotations, **({"phase": phase} if phase else {}))
    told: Outcome = getattr(case, fact)()
    await case.recorder.outcome(told)
    expected = "Submitted" if fact == "created" else "Failed"
    assert case.status.get("phase") == (expected if counts else phase)
    assert bool(case.events) == counts


async def test_a_repeated_delivery_changes_nothing() -> None:
    """The same outcome delivered twice writes nothing the second time."""
    case = Case(NAMED)
    await case.recorder.outcome(case.created())
    before = dict(case.server.objects)
    await case.recorder.outcome(case.created())
    assert case.server.objects == before


async def test_an_event_that_an_earlier_delivery_could_not_write_is_written_by_the_next() -> None:
    """A Kubernetes Event that failed is written by the next delivery, once."""
    case = Case(NAMED)
    case.server.answer = lambda call: TransientError("no room") if "/events/" in call else None
    with pytest.raises(TransientError):
        await case.recorder.outcome(case.created())
    case.server.answer = lambda call: None
    await case.recorder.outcome(case.created())
    assert [event["reason"] for event in case.events] == ["AllCreated"]


async def test_of_two_reasons_only_the_one_on_record_is_told() -> None:
    """The failure that is recorded on the workload wins over any later one."""
    case = Case(FAILED)
    await case.recorder.outcome(case.failed())
    before = dict(case.server.objects)
    for later in (
        case.failed("another message"),
        case.failed().model_copy(update={"reason": "GaveUp"}),
        case.rejected(),
        case.unrecorded().model_copy(update={"reason": "Invalid"}),
    ):
        await case.recorder.outcome(later)
    assert case.server.objects == before
    assert [(event["reason"], event["note"]) for event in case.events] == [("Forbidden", "exceeded quota")]


@pytest.mark.parametrize("after", ["gone", "another"])
async def test_a_workload_that_is_gone_is_let_go(after: str) -> None:
    """Facts about a workload that was deleted or replaced write nothing."""
    case = Case()
    del case.server.objects[WORKLOAD]
    if after == "another":
        case.server.put(WORKLOAD, {"metadata": {"uid": "another"}})
    for fact in (case.created(), case.rejected(), case.failed()):
        await case.recorder.outcome(fact)
    await case.recorder.delay(case.delayed())
    assert after == "gone" or case.status == {}
    assert case.events == []


async def test_a_delay_is_shown_until_the_end_and_not_after_it() -> None:
    """A retry is shown and counted until the workload ends, and never afterwards."""
    case = Case()
    await case.recorder.delay(case.delayed())
    await case.recorder.delay(case.delayed())
    assert [(event["message"], event["count"]) for event in case.status["events"]] == [
        ("no room (the creator tries again)", 2)
    ]
    assert "phase" not in case.status
    case.edit(NAMED, phase="Submitted")
    await case.recorder.delay(case.delayed())
    assert case.status == {"phase": "Submitted"}


async def test_a_note_is_cut_to_what_an_event_holds_and_a_name_to_what_names_hold() -> None:
    """Kubernetes Events stay within the limits for notes and names."""
    case = Case()
    case.ref = case.ref.model_copy(update={"name": "w"})
    await case.recorder.outcome(case.failed("x" * 5000))
    (event,) = case.events
    assert (len(event["note"]), event["note"][-5:]) == (1024, "x ...")
    assert len(event["metadata"]["name"]) <= 253


async def test_a_refused_event_does_not_hold_up_the_outcome_and_a_busy_server_does() -> None:
    """A refused Event never blocks the status; a busy API server means that the write is retried."""
    case = Case(NAMED)
    case.server.answer = lambda call: ForbiddenError("being terminated") if "/events/" in call else None
    await case.recorder.outcome(case.created())
    assert case.status["phase"] == "Submitted"
    case = Case(NAMED)
    case.server.answer = lambda call: TransientError("no room") if "/status" in call else None
    with pytest.raises(TransientError):
        await case.recorder.outcome(case.created())
