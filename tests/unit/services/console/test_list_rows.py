"""Rows of the lists."""

from dataclasses import replace
from typing import Any

from services.console.list_rows import JOBS, of_job, of_policies, of_template, of_workload
from services.console.slim import slim_job, slim_workload
from shared.inquiry.jobs import RUNAI_JOB, Job

OWNER = {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "name": "w", "uid": "u", "controller": True}
WHY = "0/2 nodes are available:\n2 Insufficient nvidia.com/gpu."


def pod(phase: str, **spec: Any) -> dict[str, Any]:
    """A pod of the job."""
    waits = [{"type": "PodScheduled", "status": "False", "message": WHY}] if phase == "Pending" else []
    metadata = {
        "name": "j-0",
        "namespace": "runai-team-a",
        "uid": "p",
        "managedFields": [{}],
        "annotations": {"a": "b"},
    }
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": phase, "conditions": waits}}


def job(*pods: dict[str, Any], **metadata: Any) -> Job:
    """A job of the project team-a that asks for two GPUs."""
    named = {"name": "j", "namespace": "runai-team-a", "uid": "j", "labels": {"user": "jane"}, **metadata}
    limits = {"limits": {"nvidia.com/gpu": "2"}}
    containers = [{"name": "j", "image": "ubuntu", "resources": limits, "env": [{"name": "A"}], "command": ["x"]}]
    spec = {"template": {"spec": {"containers": containers, "restartPolicy": "Never", "volumes": []}}}
    return Job(RUNAI_JOB, {"kind": "RunaiJob", "metadata": named, "spec": spec, "status": {}}, pods)


def workload(usage: str = "Submit", namespace: str = "runai-team-a", **status: str) -> dict[str, Any]:
    """A training workload."""
    metadata = {
        "name": "w",
        "namespace": namespace,
        "uid": "u",
        "creationTimestamp": "2026-04-16T07:00:00Z",
        "annotations": {"run.ai/submitted-by": "jane", "run.ai/submitter": "uid=1"},
    }
    spec = {"usage": usage, "image": {"value": "ubuntu"}, "gpu": {"value": "1"}, "baseWorkload": "b"}
    return {"apiVersion": "v", "kind": "TrainingWorkload", "metadata": metadata, "spec": spec, "status": status}


def test_a_waiting_job_says_why() -> None:
    """A pending job's row has the scheduler's reason on one line, and leads to its workload."""
    row = of_job(job(pod("Pending"), ownerReferences=[OWNER]))
    assert (row.name, row.status, row.user, row.address) == ("j", "Pending", "jane", "training/w")
    assert row.why == "0/2 nodes are available: 2 Insufficient nvidia.com/gpu."
    assert row.cells == ("", "ubuntu", "jane", "0 (2)", "0 (1)")


def test_a_job_without_a_workload_has_a_page_of_its_own() -> None:
    """A job that was made by hand leads to the page of the job."""
    assert of_job(job()).address == "job/j"


def test_what_is_kept_of_a_job_is_enough_for_its_row() -> None:
    """A list keeps a part of each object, and shows the same as if it kept all; what it does not need is left out."""
    whole = job(pod("Running", nodeName="n", containers=[{"name": "j", "env": []}]), ownerReferences=[OWNER])
    kept = Job(RUNAI_JOB, slim_job(whole.resource), [*map(slim_job, whole.pods)])
    assert of_job(kept) == of_job(whole)
    assert "env" not in str(kept.resource) and "managedFields" not in str(kept.pods)


def test_workloads_and_templates_have_lists_of_their_own() -> None:
    """A template is none of the submitted workloads, and the other way round."""
    submitted, template = slim_workload(workload(phase="Failed")), slim_workload(workload("Template", "runai"))
    row = of_workload(submitted)
    assert row and (row.status, row.cells) == ("Failed", ("training", "", "b", "jane"))
    assert of_template(submitted) is None and of_workload(template) is None
    other = of_template(template)
    assert other and other.cells == ("training", "(global)", "ubuntu", "jane")
    assert other.address == "training/w"


def policy(name: str, namespace: str, created: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    """A policy for training workloads."""
    metadata = {"name": name, "namespace": namespace, "uid": f"{namespace}{name}", "creationTimestamp": created}
    return {"apiVersion": "v", "kind": "TrainingPolicy", "metadata": metadata}


def test_one_policy_of_a_kind_applies_and_the_others_say_why_they_do_not() -> None:
    """The project's oldest policy applies; younger ones and the global one have no effect."""
    found = of_policies(
        [policy("global", "runai"), policy("new", "runai-a", "2026-02-01T00:00:00Z"), policy("old", "runai-a")],
        "runai-a",
    )
    said = {row.name: (row.status, row.why) for row in found.values()}
    assert said["old"] == ("Applies", "")
    assert said["new"] == ("No effect", "old is older")
    assert said["global"] == ("No effect", "the project has its own: old")


def test_numbers_in_cells_are_sorted_as_numbers() -> None:
    """0.25 comes before 0.5, which comes before 2, which comes before 10."""
    held = ("10 (1)", "2 (1)", "0.5 (1)", "0.25 (1)")
    rows = [replace(of_job(job()), cells=("", "", "", text, "")) for text in held]
    assert [row.cells[3] for row in sorted(rows, key=lambda row: JOBS.value(row, "gpus"))] == [*held[::-1]]
