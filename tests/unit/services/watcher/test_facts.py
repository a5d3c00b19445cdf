"""What the watcher publishes about an object, and which objects it ignores."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.watcher.facts import (
    awaits_outcome,
    kept,
    key_of_job,
    key_of_owner,
    needs_runner,
    observed,
    told_of_child,
    told_of_job,
)
from shared.messages import WorkloadObserved, WorkloadRejected
from shared.parameters.limits import MAX_MESSAGE_BYTES
from shared.reasons import Reason

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def workload(**parts: Any) -> dict[str, Any]:
    metadata = {
        "namespace": "runai-a",
        "name": "w",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-05T09:00:00Z",
        **parts.pop("metadata", {}),
    }
    return {"kind": "TrainingWorkload", "metadata": metadata, "spec": {}, **parts}


@pytest.mark.parametrize(
    ("parts", "awaits"),
    [
        ({}, True),
        ({"spec": {"usage": "Submit"}}, True),
        ({"spec": {"usage": "Template"}}, False),
        ({"spec": None}, True),
        ({"status": {}}, True),
        ({"status": {"conditions": [{"type": "Created", "status": "False"}]}}, True),
        ({"status": {"phase": "Submitted"}}, False),
        ({"status": {"phase": "Failed"}}, False),
        ({"metadata": {"deletionTimestamp": "2026-01-05T10:00:00Z"}}, False),
    ],
)
def test_a_submission_without_an_outcome_is_told_of(parts: dict[str, Any], awaits: bool) -> None:
    """Only Submit workloads without a phase that are not being deleted are published."""
    assert awaits_outcome(workload(**parts)) is awaits


def test_the_fact_says_which_edit_of_what_and_carries_what_its_submission_rests_on() -> None:
    """The message carries the exact edit, the spec and our own annotations, and nobody else's."""
    annotations = {"run.ai/job-name": "w-1", "kubectl.kubernetes.io/last-applied-configuration": "{...}"}
    annotations |= {"run.ai/notes": "of a person", "run.ai/submission": "4711"}
    item = workload(metadata={"annotations": annotations}, spec={"gpu": {"value": "1"}})
    fact = observed(kept("TrainingWorkload", item), 3, NOW)
    assert isinstance(fact, WorkloadObserved)
    assert fact.workload.model_dump(exclude={"has_status"}) == {
        "kind": "TrainingWorkload",
        "namespace": "runai-a",
        "name": "w",
        "uid": "u",
        "generation": 2,
        "resource_version": "7",
    }
    assert (fact.attempt, fact.observed_at, fact.spec) == (3, NOW, {"gpu": {"value": "1"}})
    assert fact.annotations == {"run.ai/job-name": "w-1"}


def test_the_submitters_groups_are_carried_whole_or_not_at_all() -> None:
    """P9: hundreds of groups reach the resolver; a part of them would be another user. They are not kept in need."""
    stamp = "uid=7" + "".join(f"&group=group-{number}" for number in range(500))
    item = workload(metadata={"annotations": {"run.ai/submitter": stamp, "run.ai/submitted-by": "jane"}})
    fact = observed(kept("TrainingWorkload", item), 1, NOW)
    assert isinstance(fact, WorkloadObserved)
    assert fact.annotations == {"run.ai/submitter": stamp, "run.ai/submitted-by": "jane"}
    assert kept("TrainingWorkload", item, whole=False)["metadata"]["annotations"] == {"run.ai/submitted-by": "jane"}


@pytest.mark.parametrize("name", ["notes", "job-name", "failure", "submitted-by"])
def test_annotations_never_make_a_fact_too_large(name: str) -> None:
    """Each of these is six times as long in JSON."""
    item = workload(metadata={"annotations": {f"run.ai/{name}": "\u0001" * 200_000}})
    fact = observed(kept("TrainingWorkload", item), 1, NOW)
    assert isinstance(fact, WorkloadObserved)
    assert len(fact.model_dump_json()) < 10_000
    assert (f"run.ai/{name}" in fact.annotations) is (name != "notes")


def test_a_workload_too_large_to_carry_is_rejected_at_once() -> None:
    """A spec beyond the message limit is rejected by a small message."""
    spec = {"environment": {"items": {"A": {"value": "x" * MAX_MESSAGE_BYTES}}}}
    fact = observed(workload(spec=spec), 1, NOW)
    assert isinstance(fact, WorkloadRejected)
    assert fact.reason == Reason.TOO_LARGE
    assert len(fact.model_dump_json()) < 2000


def job(**parts: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "j"}, "spec": {}, **parts}


TTL = {"ttlSecondsAfterFinished": 60}
COMPLETE = {"conditions": [{"type": "Complete", "status": "True"}]}


@pytest.mark.parametrize(
    ("it", "child", "deleted", "needed"),
    [
        (job(), None, False, True),
        (job(), {"spec": {}}, False, True),
        (job(status={"conditions": [{"type": "Complete", "status": "False"}]}), None, False, True),
        (job(status=COMPLETE), None, False, False),
        (job(status={"conditions": [{"type": "Failed", "status": "True"}]}), {"spec": {}}, False, False),
        (job(metadata={"uid": "j", "deletionTimestamp": "now"}), None, False, False),
        (job(spec=TTL, status=COMPLETE), {"spec": {}}, False, True),  # the child has yet to be given its time to live
        (job(spec=TTL, status=COMPLETE), {"spec": TTL}, False, False),
        (job(spec=TTL, status=COMPLETE), {"spec": {}}, True, False),
        (job(spec=TTL, status=COMPLETE), None, False, False),
    ],
)
def test_a_job_is_told_of_until_nothing_is_left_to_do(
    it: dict[str, Any], child: Any, deleted: bool, needed: bool
) -> None:
    """A job is published to the runner exactly while there is something to do for it."""
    assert needs_runner(it, child, deleted=deleted) is needed


def test_a_child_belongs_to_the_job_that_controls_it() -> None:
    """Only the controlling owner reference counts, and only together with the namespace."""
    ours: dict[str, Any] = {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "name": "x", "uid": "j", "controller": True}

    def owned(*owners: dict[str, Any], namespace: str = "a") -> str | None:
        return key_of_owner({"metadata": {"namespace": namespace, "ownerReferences": [*owners]}})

    job = {"metadata": {"namespace": "a", "name": "x", "uid": "j"}}
    assert owned({**ours, "uid": "other", "controller": False}, ours) == key_of_job(job)
    assert owned(ours, namespace="b") != key_of_job(job)
    assert owned({**ours, "name": "y"}) != key_of_job(job)
    assert owned({**ours, "kind": "CronJob"}) is None
    assert owned({**ours, "apiVersion": "example.com/v1"}) is None
    assert owned() is None


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        (
            {
                "suspend": True,
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", "x": 1}},
            },
            {"suspend": True, "template": {"spec": {"restartPolicy": "Never"}}},
        ),
        ({"template": {"spec": {"containers": []}}}, {"template": {"spec": {}}}),
        ({"completions": 2, "selector": {"any": "thing"}}, {"completions": 2}),
        ({"template": {"spec": None}}, {"template": {"spec": None}}),
        ({"template": "none"}, {"template": "none"}),
        ({}, {}),
    ],
)
def test_of_a_job_only_what_the_runner_asks_of_the_message_is_told(spec: dict[str, Any], kept: dict[str, Any]) -> None:
    """The message about a job carries only the members of its spec that the runner reads."""
    assert told_of_job({"metadata": {"name": "j"}, "spec": spec}) == {"metadata": {"name": "j"}, "spec": kept}


QUEUED = {"kueue.x-k8s.io/queue-name": "q"}


def test_nor_is_anything_told_that_people_add_to_it() -> None:
    """Annotations, finalizers and other labels, which people may fill, never reach the bus."""
    identity = {"name": "j", "namespace": "a", "uid": "u", "resourceVersion": "1", "creationTimestamp": "then"}
    added = {"annotations": {"a": "\u0001" * 200_000}, "ownerReferences": [{}], "finalizers": ["f"]}
    status = {"active": 1}
    item: dict[str, Any] = {
        "metadata": {**identity, **added, "labels": {**QUEUED, "b": "c"}},
        "spec": {},
        "status": status,
    }
    assert told_of_job(item) == {"metadata": {**identity, "labels": QUEUED}, "spec": {}, "status": status}
    child = {**item, "kind": "Job", "spec": {"suspend": True, "template": {"spec": {}}}}
    told = {"kind": "Job", "metadata": identity, "spec": {"suspend": True}, "status": status}
    assert told_of_child(child) == told
