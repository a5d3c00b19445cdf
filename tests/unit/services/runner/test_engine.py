"""The child that runs a RunaiJob: its whole manifest, and later changes to it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.engine import NoPodTemplateError, child_name, child_of, steering
from tests.unit.services.runner.jobs import UID, child, condition, runaijob

OWNER = {
    "apiVersion": "run.ai/v1",
    "kind": "RunaiJob",
    "name": "train-1",
    "uid": UID,
    "controller": True,
    "blockOwnerDeletion": True,
}
LABELS = {"release": "train-1", "project": "team-a", "run.ai/job-uid": UID}


def template(restart: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"release": "train-1", "run.ai/job-uid": UID}, "annotations": {"note": "x"}},
        "spec": {"restartPolicy": restart, "containers": [{"name": "train-1", "image": "ubuntu"}]},
    }


def test_a_job_that_ends_is_an_indexed_job() -> None:
    """A training RunaiJob becomes one Indexed Job: the whole manifest, member by member."""
    given = runaijob(completions=5, parallelism=2, backoffLimit=3, activeDeadlineSeconds=60, ttlSecondsAfterFinished=0)
    assert child_of(given) == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train-1", "namespace": "runai-team-a", "labels": LABELS, "ownerReferences": [OWNER]},
        "spec": {
            "parallelism": 2,
            "completions": 5,
            "backoffLimit": 3,
            "activeDeadlineSeconds": 60,
            "completionMode": "Indexed",
            "suspend": False,
            "podFailurePolicy": {
                "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
            },
            "template": template("Never"),
        },
    }


def test_a_job_in_a_queue_starts_suspended_and_its_queue_lets_it_run() -> None:
    """With Kueue the Job starts suspended, and the runner never changes `suspend`: the queue does."""
    given = runaijob()
    given["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "team-a"
    made = child_of(given)
    assert made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert made["spec"]["suspend"] is True
    for suspended in (True, False):
        assert steering(given, child(spec={"suspend": suspended})) is None


def test_a_job_that_never_ends_is_a_stateful_set_of_one() -> None:
    """An interactive RunaiJob becomes a StatefulSet with one replica: the whole manifest."""
    assert child_of(runaijob(restart="Always")) == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "train-1-0", "namespace": "runai-team-a", "labels": LABELS, "ownerReferences": [OWNER]},
        "spec": {
            "replicas": 1,
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": {"run.ai/job-uid": UID}},
            "template": template("Always"),
        },
    }


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ({}, {"parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "Indexed"}),
        ({"completions": 3}, {"parallelism": 1, "completions": 3, "backoffLimit": 6, "completionMode": "Indexed"}),
        ({"parallelism": 3}, {"parallelism": 3, "backoffLimit": 6, "completionMode": "NonIndexed"}),
        ({"backoffLimit": 0}, {"parallelism": 1, "completions": 1, "backoffLimit": 0, "completionMode": "Indexed"}),
    ],
)
def test_the_defaults_of_a_runaijob(spec: dict[str, Any], shown: dict[str, Any]) -> None:
    """Parallelism, completions, back-off limit and completion mode have the original's defaults."""
    built = child_of(runaijob(**spec))["spec"]
    assert {key: built.get(key) for key in ("parallelism", "completions", "backoffLimit", "completionMode")} == {
        "completions": None,
        **shown,
    }


def test_the_time_to_live_is_not_given_to_the_job_before_its_end_is_told() -> None:
    """The Job gets its time to live only after its end is recorded, so the end is never lost."""
    assert "ttlSecondsAfterFinished" not in child_of(runaijob(ttlSecondsAfterFinished=0))["spec"]


def test_only_pods_that_are_never_restarted_in_place_can_have_their_preemptions_ignored() -> None:
    """Kubernetes allows a pod failure policy for restartPolicy Never only, so no other job gets one."""
    assert "podFailurePolicy" not in child_of(runaijob(restart="OnFailure"))["spec"]


def test_a_suspended_job_starts_suspended() -> None:
    """A RunaiJob that is suspended from the start runs no pod: the Job is suspended, the StatefulSet has no replica."""
    assert child_of(runaijob(suspend=True))["spec"]["suspend"] is True
    assert child_of(runaijob(restart="Always", suspend=True))["spec"]["replicas"] == 0


def test_a_job_without_labels_takes_those_of_its_template() -> None:
    """The child of a job can be found by label even if the job itself has no labels."""
    job = runaijob()
    del job["metadata"]["labels"]
    assert child_of(job)["metadata"]["labels"] == {"release": "train-1", "run.ai/job-uid": UID}


@pytest.mark.parametrize("broken", [{"metadata": {"labels": ["a"]}, "spec": {}}, {"metadata": ["a"], "spec": {}}])
def test_what_is_no_pod_template_is_said_to_be_none(broken: Any) -> None:
    """A malformed pod template fails with a sentence that names spec.template."""
    job = runaijob()
    job["spec"]["template"] = broken
    with pytest.raises(NoPodTemplateError, match=r"spec\.template"):
        child_of(job)


@pytest.mark.parametrize(
    ("name", "restart", "completions", "expected"),
    [
        ("jupyter-1", "Always", 1, r"jupyter-1-0"),
        ("job-0", "Never", 1, r"job-0"),
        ("a" * 50, "Always", 1, r"a{50}-0"),
        ("a" * 51, "Always", 1, r"a{41}-[0-9a-f]{8}-0"),
        ("a" * 61, "Never", 1, r"a{61}"),
        ("a" * 61, "Never", 11, r"a{51}-[0-9a-f]{8}"),
        ("my.job", "Never", 1, r"my-job-[0-9a-f]{8}"),
    ],
)
def test_pods_are_named_after_the_job(name: str, restart: str, completions: int, expected: str) -> None:
    """Names are kept if the names of all pods fit, and shortened with a hash if not."""
    found = child_name(runaijob(name=name, restart=restart, completions=completions))
    assert re.fullmatch(expected, found)


NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?){0,3}", fullmatch=True)


@given(NAMES, st.sampled_from(["Always", "Never"]), st.integers(1, 2**31 - 1))
def test_every_name_of_a_job_gives_names_that_kubernetes_takes(name: str, restart: str, completions: int) -> None:
    """For any job name and any number of completions, every derived name is a valid one."""
    found = child_name(runaijob(name=name, restart=restart, completions=completions))
    assert "." not in found
    assert found[0] != "-"
    assert found[-1] != "-"
    assert len(found) <= (52 if restart == "Always" else 63 - len(f"-{completions - 1}"))


@given(st.sets(NAMES, min_size=2, max_size=4))
def test_two_jobs_never_share_a_name(names: set[str]) -> None:
    """The children of different jobs get different names, shortened or not."""
    for restart in ("Always", "Never"):
        assert len({child_name(runaijob(name=name, restart=restart)) for name in names}) == len(names)


COMPLETE = {"conditions": [condition("Complete")]}


@pytest.mark.parametrize(
    ("job", "running", "change"),
    [
        (runaijob(), child(), None),
        (runaijob(suspend=False), child(), None),
        (runaijob(suspend=True), child(), {"suspend": True}),
        (runaijob(), child(spec={"suspend": True}), {"suspend": False}),
        (runaijob(completions=9, parallelism=3), child(), {"parallelism": 3}),
        (runaijob(activeDeadlineSeconds=5), child(), {"activeDeadlineSeconds": 5}),
        (runaijob(), child(spec={"activeDeadlineSeconds": 5}), {"activeDeadlineSeconds": None}),
        (runaijob(suspend=True), child(conditions=[condition("Complete")]), None),
        (runaijob(restart="Always"), child("StatefulSet"), None),
        (runaijob(restart="Always", suspend=True), child("StatefulSet"), {"replicas": 0}),
        (runaijob(restart="Always"), child("StatefulSet", spec={"replicas": 3}), {"replicas": 1}),
        # the time to live is set after the end is reported
        (runaijob(ttlSecondsAfterFinished=0), child(conditions=[condition("Complete")]), None),
        (
            runaijob(ttlSecondsAfterFinished=0, status=COMPLETE),
            child(conditions=[condition("Complete")]),
            {"ttlSecondsAfterFinished": 0},
        ),
        (runaijob(status=COMPLETE), child(conditions=[condition("Complete")]), None),
        (
            runaijob(ttlSecondsAfterFinished=5, status=COMPLETE),
            child(spec={"ttlSecondsAfterFinished": 7}, conditions=[condition("Complete")]),
            None,
        ),
    ],
)
def test_what_runs_a_job_follows_it(job: dict[str, Any], running: dict[str, Any], change: Any) -> None:
    """Changes of suspension and parallelism are passed on, and equal states cause no write."""
    assert steering(job, running) == change
