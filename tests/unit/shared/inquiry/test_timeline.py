"""The timeline of a submission: order, gaps, what is known only to the second, and clocks that disagree."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.inquiry.jobs import RUNAI_JOB, Job
from shared.inquiry.timeline import ROUGH, timeline
from shared.inquiry.witnesses import Facts
from shared.objects import JsonObject

NOW = datetime(2026, 1, 5, 10, 1, 0, tzinfo=UTC)
SPACE = "runai-a"


def at(second: str) -> str:
    return f"2026-01-05T10:00:{second}Z"


def step(name: str, service: str, second: str, what: str = "") -> JsonObject:
    return {"step": name, "service": service, "time": at(second), **({"what": what} if what else {})}


STEPS = [
    step("Observed", "watcher", "00.010000"),
    step("Resolved", "resolver", "00.022000"),
    step("Claimed", "creator", "00.030000", "ConfigMap j"),
    step("Created", "creator", "00.041500", "RunaiJob j"),
    step("Submitted", "status", "00.050000"),
]


def workload(**status: Any) -> JsonObject:
    metadata = {"name": "w", "namespace": SPACE, "uid": "w", "creationTimestamp": at("00")}
    stamped = {**metadata, "annotations": {"run.ai/submitted-by": "ann"}}
    return {"kind": "TrainingWorkload", "metadata": stamped, "spec": {}, "status": status}


def pod(name: str, second: int) -> JsonObject:
    ran = {"startedAt": at(f"{second + 1:02}"), "finishedAt": at("20"), "exitCode": 1}
    return {
        "metadata": {"name": name, "uid": name, "creationTimestamp": at(f"{second:02}")},
        "spec": {"nodeName": "n", "containers": [{"name": "j"}]},
        "status": {
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": at(f"{second:02}")}],
            "containerStatuses": [{"name": "j", "state": {"terminated": ran}}],
        },
    }


def facts(*pods: JsonObject, **status: Any) -> Facts:
    end = {"type": "Failed", "status": "True", "lastTransitionTime": at("21"), "message": "too many failures"}
    job = {"metadata": {"name": "j", "namespace": SPACE, "uid": "j"}, "spec": {}, "status": {"conditions": [end]}}
    child = {"kind": "Job", "metadata": {"name": "j", "uid": "c", "creationTimestamp": at("00")}}
    return Facts("w", SPACE, NOW, Job(RUNAI_JOB, job, pods), workload(**status), child)


def test_all_services_are_in_one_line_with_the_time_between_them() -> None:
    """From the creation to the end; times of whole seconds stand where they belong, not before all others."""
    found = timeline(facts(pod("j-0", 2), steps=STEPS))
    assert [(one.step, one.by, one.gap) for one in found.entries] == [
        ("Created", "ann", ""),
        ("Observed", "watcher", "<1s"),
        ("Resolved", "resolver", "12ms"),
        ("Claimed", "creator", "8ms"),
        ("Made", "creator", "12ms"),
        ("Submitted", "status", "8ms"),
        ("Started", "runner", "<1s"),
        ("Pod created", "API server", "~2s"),
        ("Pod scheduled", "scheduler", "<1s"),
        ("Pod running", "node n", "~1s"),
        ("Pod ended", "node n", "~17s"),
        ("Job failed", "runner", "~1s"),
    ]
    assert (found.since_begin("Submitted"), found.since_begin("Pod running")) == ("<1s", "~3s")
    assert found.notes == [ROUGH]
    assert [found.entries[1].when, found.entries[0].when] == ["2026-01-05 10:00:00.010", "2026-01-05 10:00:00"]


def test_the_schedulers_event_is_closer_than_the_pods_condition() -> None:
    """It has microseconds, as long as it is kept; one about another time does not count."""
    event = {"involvedObject": {"uid": "j-0"}, "reason": "Scheduled", "eventTime": at("02.250000"), "metadata": {}}
    known = replace(facts(pod("j-0", 2), steps=STEPS), events=[event])
    (scheduled,) = [one for one in timeline(known).entries if one.step == "Pod scheduled"]
    assert (scheduled.exact, scheduled.when) == (True, "2026-01-05 10:00:02.250")
    other = replace(known, events=[{**event, "eventTime": at("40.250000")}])
    assert not next(one for one in timeline(other).entries if one.step == "Pod scheduled").exact


def test_of_many_pods_the_first_and_the_last_are_shown() -> None:
    """A job of a hundred pods has as many lines as one of two."""
    pods = [pod(f"j-{number}", 2 + number % 10) for number in range(100)]
    running = [one.what for one in timeline(facts(*pods, steps=STEPS)).entries if one.step == "Pod running"]
    assert running == ["Pod j-0 (first of 100)", "Pod j-99 (last of 100)"]


def test_clocks_that_disagree_are_named() -> None:
    """A step that is before its cause is a clock that is wrong, and nobody should search for a fault elsewhere."""
    skewed = [*STEPS[:1], step("Resolved", "resolver", "00.002000"), *STEPS[2:]]
    notes = timeline(facts(steps=skewed)).notes
    assert "the clocks of the services disagree: Resolved is 8ms before Observed" in notes


def test_a_workload_of_an_older_version_has_times_of_its_outputs() -> None:
    """Without steps, the outputs and the condition say when, to the second."""
    told = {"type": "Submitted", "status": "True", "lastTransitionTime": at("01")}
    made = [{"kind": "ConfigMap", "metadata": {"name": "j", "creationTimestamp": at("01")}}]
    found = timeline(replace(facts(conditions=[told]), outputs=made))
    assert [one.step for one in found.entries] == ["Created", "Started", "Claimed", "Submitted", "Job failed"]
    assert not any(one.exact for one in found.entries)


def test_a_refusal_and_its_delays() -> None:
    """What was tried again is in the line, with the words and how often."""
    delayed = {"reason": "Retrying", "type": "Warning", "time": at("03"), "message": "busy", "count": 4}
    failed = [STEPS[0], step("Failed", "status", "09.000000")]
    found = timeline(replace(facts(), job=None, child=None, workload=workload(steps=failed, events=[delayed])))
    assert [(one.step, one.words) for one in found.entries][2:] == [("Delayed", "busy (4 times)"), ("Failed", "")]


def test_a_queue_is_part_of_it() -> None:
    """The time in the queue is not taken for that of the scheduler."""
    admitted = {"type": "Admitted", "status": "True", "lastTransitionTime": at("04"), "message": "by all"}
    queued = {"metadata": {"name": "k", "creationTimestamp": at("01")}, "status": {"conditions": [admitted]}}
    found = timeline(replace(facts(pod("j-0", 5), steps=STEPS), queued=[queued]))
    gaps = {one.step: one.gap for one in found.entries}
    assert (gaps["Queued"], gaps["Admitted"], gaps["Pod created"]) == ("~1s", "~3s", "~1s")


def test_programs_get_seconds_and_whether_they_are_exact() -> None:
    """A number that may be a second off says so."""
    document = timeline(facts(steps=STEPS)).to_json()
    resolved, started = document["steps"][2], document["steps"][6]
    assert resolved == {
        "step": "Resolved",
        "time": "2026-01-05T10:00:00.022000Z",
        "exact": True,
        "by": "resolver",
        "after": 0.012,
        "roughly": False,
    }
    assert started["roughly"] is True
