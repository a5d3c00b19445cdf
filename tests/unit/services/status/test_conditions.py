"""How each fact changes a workload's status, row by row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.status import conditions
from shared.messages import (
    CreatedResource,
    Event,
    Reference,
    Step,
    ViolationText,
    WorkloadCreated,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadRef,
    WorkloadRejected,
)

NOW = datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)
TIME, EXACT = "2026-01-05T10:00:00Z", "2026-01-05T10:00:00.000000Z"
REF = WorkloadRef(kind="TrainingWorkload", namespace="runai-a", name="w", uid="u", generation=3, resource_version="7")
POLICY = Reference(namespace="runai", name="p", uid="pu", resource_version="5")
BASE = Reference(namespace="runai-a", name="b", uid="bu", resource_version="6")
COMMON: dict[str, Any] = {"workload": REF, "observed_at": NOW}
SUCCESS = "all the resources were created successfully"


def created(**more: Any) -> WorkloadCreated:
    """Everything was created."""
    outputs = [CreatedResource(kind="RunaiJob", version="run.ai/v1", namespace="runai-a", name="j-1")]
    return WorkloadCreated(**COMMON, **{"job_name": "j-1", "created": outputs, **more})


def rejected(*violations: tuple[str, str], **more: Any) -> WorkloadRejected:
    """Rules are broken."""
    listed = [ViolationText(parameter=parameter, message=message) for parameter, message in violations]
    return WorkloadRejected(**COMMON, **{"reason": "PolicyViolation", "violations": listed, **more})


def failed(**more: Any) -> WorkloadFailed:
    """An output could not be created."""
    return WorkloadFailed(**COMMON, **{"reason": "Forbidden", "message": "exceeded quota", **more})


def delayed(**more: Any) -> WorkloadDelayed:
    """A retry because a server is busy."""
    return WorkloadDelayed(**COMMON, **{"service": "creator", "message": "no room", "tries": 3, **more})


def shown(status: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The events."""
    return [(event["type"], event["reason"], event["message"]) for event in status["events"]]


def steps(status: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """The conditions by type."""
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in status["conditions"]}


def test_a_submitted_workload_whole() -> None:
    """The whole status of a submitted workload, member by member."""
    condition = {"status": "True", "lastTransitionTime": TIME, "observedGeneration": 3}
    assert conditions.outcome(created(policy=POLICY, base_workload=BASE), {}, NOW) == {
        "phase": "Submitted",
        "observedGeneration": 3,
        "conditions": [
            {"type": "Resolved", "reason": "Resolved", "message": "the values set satisfies every rule", **condition},
            {"type": "Created", "reason": "AllCreated", "message": SUCCESS, **condition},
            {"type": "Submitted", "reason": "AllCreated", "message": SUCCESS, **condition},
        ],
        "events": [{"time": TIME, "type": "Info", "reason": "AllCreated", "message": SUCCESS}],
        "policy": {"namespace": "runai", "name": "p", "uid": "pu", "resourceVersion": "5"},
        "baseWorkload": {"namespace": "runai-a", "name": "b", "uid": "bu", "resourceVersion": "6"},
        "jobName": "j-1",
        "steps": [
            {"step": "Observed", "service": "watcher", "time": EXACT},
            {"step": "Submitted", "service": "status", "time": EXACT},
        ],
        "createdResources": [{"kind": "RunaiJob", "version": "run.ai/v1", "namespace": "runai-a", "name": "j-1"}],
    }


def test_steps_of_all_services_are_kept_to_the_microsecond() -> None:
    """A submission takes less than a second: whole seconds would hide where the time goes."""
    later = NOW + timedelta(microseconds=1500)
    made = [Step(step="Claimed", service="creator", time=later, what="ConfigMap j-1")]
    found = conditions.outcome(created(steps=made * 100), {}, later)["steps"]
    claimed = {"step": "Claimed", "service": "creator", "time": "2026-01-05T10:00:00.001500Z", "what": "ConfigMap j-1"}
    assert (len(found), found[1], found[-1]["step"]) == (64, claimed, "Submitted")
    assert [one["step"] for one in conditions.outcome(failed(), {}, NOW)["steps"]] == ["Observed", "Failed"]


def test_without_policy_and_base_none_is_named() -> None:
    """The status names no policy and no base workload if none applied."""
    assert not {"policy", "baseWorkload"} & conditions.outcome(created(), {}, NOW).keys()


def test_a_rejected_workload_lists_every_violation_in_one_wording() -> None:
    """Violations, events, conditions and the Kubernetes Event use the same sentences."""
    fact = rejected(("gpu", "must be no greater than 4"), ("image", "cannot be blank"), policy=POLICY)
    status = conditions.outcome(fact, {}, NOW)
    sentences = ["gpu: must be no greater than 4", "image: cannot be blank"]
    assert status["phase"] == "Failed"
    assert [f"{v['parameter']}: {v['message']}" for v in status["violations"]] == sentences
    assert shown(status) == [("Error", "PolicyViolation", sentence) for sentence in sentences]
    told = ("False", "PolicyViolation", "; ".join(sentences))
    assert steps(status) == {"Resolved": told, "Submitted": told}
    assert [(event.type, event.message) for event in conditions.told(fact)] == [("Error", "; ".join(sentences))]
    assert "jobName" not in status


def test_a_failed_workload_says_what_was_made_and_removed() -> None:
    """The events of a failure keep what was created, what failed and what was removed."""
    events = [
        Event(type="Info", reason="RolledBack", message="had been created: ConfigMap j-1"),
        Event(type="Error", reason="Forbidden", message="exceeded quota"),
    ]
    fact = failed(events=events)
    status = conditions.outcome(fact, {}, NOW)
    assert shown(status) == [(event.type, event.reason, event.message) for event in events]
    assert conditions.told(fact) == events


RESOLVED = ("True", "Resolved", "the values set satisfies every rule")


@pytest.mark.parametrize(
    ("resolved", "stated"),
    [
        (True, {"Resolved": RESOLVED, "Created": None, "Submitted": None}),
        (False, {"Resolved": None, "Submitted": None}),
        (None, {"Created": None, "Submitted": None}),
    ],
    ids=["by the creator", "by the resolver", "by an older version"],
)
@pytest.mark.parametrize("held_up", [(), ("resolver",), ("creator",), ("resolver", "creator")])
def test_a_failure_states_how_far_it_came_and_leaves_no_retry(
    resolved: bool | None, stated: dict[str, tuple[str, str, str] | None], held_up: tuple[str, ...]
) -> None:
    """The conditions of a failure show the step that failed, and none of them still speaks of a retry."""
    before: dict[str, Any] = {}
    for service in held_up:
        before = conditions.delayed(delayed(service=service), before, NOW)
    told = ("False", "Forbidden", "exceeded quota")
    status = conditions.outcome(failed(resolved=resolved), before, NOW)
    assert steps(status) == {step: given or told for step, given in stated.items()}


@pytest.mark.parametrize("service", ["resolver", "creator"])
def test_a_rejection_leaves_no_retry(service: str) -> None:
    """After a rejection no condition speaks of a retry any more."""
    status = conditions.outcome(
        rejected(("gpu", "is wrong")), conditions.delayed(delayed(service=service), {}, NOW), NOW
    )
    assert {step: reason for step, (_, reason, _) in steps(status).items()} == {
        "Resolved": "PolicyViolation",
        "Submitted": "PolicyViolation",
    }


def test_a_failure_without_a_history_has_its_message_as_an_event() -> None:
    """A failure without events of its own shows its message as one."""
    assert shown(conditions.outcome(failed(), {}, NOW)) == [("Error", "Forbidden", "exceeded quota")]
    assert [event.message for event in conditions.told(failed())] == ["exceeded quota"]


@pytest.mark.parametrize(
    ("service", "step", "others"),
    [("creator", "Created", {"Resolved": RESOLVED}), ("resolver", "Resolved", {}), ("status", "Created", {})],
)
def test_a_delay_is_shown_and_ends_nothing(service: str, step: str, others: dict[str, Any]) -> None:
    """A retry is shown as a condition and an event, and sets no phase."""
    status = conditions.delayed(delayed(service=service), {}, NOW)
    told = f"no room (the {service} tries again)"
    assert status.keys() == {"conditions", "events"}
    assert steps(status) == others | {step: ("False", "Retrying", told)}
    assert shown(status) == [("Warning", "Retrying", told)]


def test_what_came_before_is_kept_and_what_is_decided_anew_replaced() -> None:
    """Earlier events and other people's conditions stay; our conditions are replaced."""
    before = conditions.delayed(delayed(), {}, NOW)
    before["conditions"].append({"type": "SomebodyElses", "status": "True", "reason": "R", "message": "m"})
    after = conditions.outcome(created(events=[Event(type="Info", reason="Note", message="a note")]), before, NOW)
    assert [event[2] for event in shown(after)] == ["no room (the creator tries again)", "a note", SUCCESS]
    assert [one["type"] for one in after["conditions"]] == ["SomebodyElses", "Resolved", "Created", "Submitted"]
    assert steps(after)["Created"][0] == "True"


def test_a_conditions_time_is_that_of_its_last_change() -> None:
    """lastTransitionTime changes only when the status of the condition does."""
    status: dict[str, Any] = {}
    for minute in range(3):
        status = conditions.delayed(delayed(message=f"try {minute}"), status, NOW + timedelta(minutes=minute))
    assert since(status) == {"Resolved": "00", "Created": "00"}
    later = NOW + timedelta(minutes=10)
    assert since(conditions.outcome(failed(resolved=True), status, later)) == {
        "Resolved": "00",
        "Created": "00",
        "Submitted": "10",
    }
    assert since(conditions.outcome(created(), status, later)) == {"Resolved": "00", "Created": "10", "Submitted": "10"}


def since(status: dict[str, Any]) -> dict[str, str]:
    """The time since which the conditions are unchanged, in minutes."""
    return {one["type"]: one["lastTransitionTime"][14:16] for one in status["conditions"]}


def test_equal_events_are_counted_and_move_to_the_end() -> None:
    """A repeated event is counted and keeps the time of its last occurrence."""
    status: dict[str, Any] = {}
    for minute, message in enumerate(["a", "b", "a", "a"]):
        status = conditions.delayed(delayed(message=message), status, NOW + timedelta(minutes=minute))
    assert [(event["message"][:1], event.get("count"), event["time"][14:16]) for event in status["events"]] == [
        ("b", None, "01"),
        ("a", 3, "03"),
    ]


def test_only_the_newest_fifty_events_are_kept() -> None:
    """The 51st event pushes out the oldest one."""
    status: dict[str, Any] = {}
    for number in range(60):
        status = conditions.delayed(delayed(message=f"try {number}"), status, NOW)
    assert len(status["events"]) == 50
    assert status["events"][-1]["message"].startswith("try 59")


def test_more_violations_than_a_status_holds_are_counted_in_every_place() -> None:
    """300 violations: each place lists what fits, every parameter first, and counts the rest."""
    before = conditions.delayed(delayed(), {}, NOW)
    ports = [(f"ports.p{number}", "is wrong") for number in range(299)]
    fact = rejected(*ports, ("gpu", "must be no greater than 4"))
    status = conditions.outcome(fact, before, NOW)
    assert (len(status["violations"]), len(status["events"])) == (200, 41)
    assert shown(status)[0][1] == "Retrying"
    listed = [f"{one['parameter']}: {one['message']}" for one in status["violations"]]
    for lines, more in ((listed, 101), ([line for _, _, line in shown(status)], 261)):
        assert lines[-2:] == ["gpu: must be no greater than 4", f"spec: and {more} more that are not listed here"]
    (note,) = conditions.told(fact)
    for line, longest in ((steps(status)["Resolved"][2], 4096), (note.message, 1024)):
        *sentences, rest = line.split("; ")
        assert sentences[-1] == "gpu: must be no greater than 4"
        assert rest == f"and {300 - len(sentences)} more"
        assert longest - 80 < len(line) <= longest


def test_messages_are_no_longer_than_the_server_takes() -> None:
    """Messages are cut to the 4096 characters that the schema allows."""
    status = conditions.outcome(failed(message="x" * 50_000), {}, NOW)
    assert {len(one["message"]) for one in [*status["conditions"], *status["events"]]} == {4096}


def test_the_status_before_is_not_changed() -> None:
    """Computing a new status leaves the old one untouched."""
    before = conditions.delayed(delayed(), {}, NOW)
    kept = repr(before)
    conditions.outcome(created(), before, NOW)
    conditions.delayed(delayed(), before, NOW)
    assert repr(before) == kept


def test_violations_keep_their_form_in_the_status() -> None:
    """Messages carry more than parameter and sentence, but the status omits it: its schema has no field for it."""
    more = ViolationText(parameter="gpu", message="must be", path=("gpu",), rule="max", origin="base")
    status = conditions.outcome(WorkloadRejected(**COMMON, reason="PolicyViolation", violations=[more]), {}, NOW)
    assert status["violations"] == [{"parameter": "gpu", "message": "must be"}]
