"""The whole page of one workload, as the guide shows it."""

from datetime import UTC, datetime
from typing import Any

from cli.jobs import page as job_page
from cli.workloads.page import page, values
from shared.inquiry.addresses import Exposure
from shared.inquiry.jobs import MPI_JOB, RUNAI_JOB, Job, JobKind

NOW = datetime(2026, 1, 5, 10, 29, 30, tzinfo=UTC)
CREATED = "2026-01-05T10:00:00Z"


def workload(name: str, kind: str = "InteractiveWorkload", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "runai-team-a"}, **fields}


def pod(name: str, phase: str, node: str | None = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "creationTimestamp": CREATED},
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": phase, **({"hostIP": "10.0.1.7"} if node else {}), **status},
    }


def created(*resources: tuple[str, str, str]) -> list[dict[str, str]]:
    place = {"namespace": "runai-team-a"}
    return [{"kind": kind, "version": version, **place, "name": name} for kind, version, name in resources]


def event(message: str, of_type: str = "Info", **more: Any) -> dict[str, Any]:
    return {"time": CREATED, "type": of_type, "reason": "AllCreated", "message": message, **more}


def job_of_kind(
    workload_kind: str, name: str, *pods: dict[str, Any], kind: JobKind = RUNAI_JOB, gone: bool = False, **fields: Any
) -> Job:
    owner = {"apiVersion": "run.ai/v1alpha1", "kind": workload_kind, "name": "w", "uid": "u-w", "controller": True}
    metadata = {"name": name, "namespace": "runai-team-a", "uid": "u-1", "ownerReferences": [owner]}
    return Job(kind, {"apiVersion": kind.api_version, "metadata": metadata, **fields}, pods, gone=gone)


TEMPLATE = workload(
    "team-a-jupyter-defaults",
    spec={"usage": "Template", "jupyter": {"value": True}, "image": {"value": "jupyter/scipy-notebook"}},
)
SUBMITTED = workload(
    "my-jupyter-job",
    spec={"gpu": {"value": "1"}, "jobNamePrefix": {"value": "jupyter"}, "baseWorkload": "team-a-jupyter-defaults"},
    status={
        "phase": "Submitted",
        "events": [event("all the resources were created successfully")],
        "createdResources": created(
            ("Service", "v1", "jupyter-1-jupyter"),
            ("ConfigMap", "v1", "jupyter-1"),
            ("RunaiJob", "run.ai/v1", "jupyter-1"),
        ),
    },
)


def test_a_template_shows_its_values_and_nothing_beyond() -> None:
    """A template's page ends after its values."""
    assert (
        "\n".join(page(TEMPLATE, "team-a", None, NOW))
        == """\
──────◆  team-a-jupyter-defaults  ◆──────

Project:  team-a
image:    jupyter/scipy-notebook
jupyter:  true"""
    )


def test_a_wide_page_tells_what_the_resource_is() -> None:
    """-o wide adds kind, submitter, age and UID."""
    metadata = {
        **SUBMITTED["metadata"],
        "annotations": {"run.ai/submitted-by": "ann"},
        "creationTimestamp": CREATED,
        "uid": "u-1",
    }
    lines = page({**SUBMITTED, "metadata": metadata}, "team-a", None, NOW, wide=True)
    assert lines[5:13] == [
        "",
        "Kind:           InteractiveWorkload",
        "Base workload:  team-a-jupyter-defaults",
        "Submitted by:   ann",
        "Age:            29m",
        "UID:            u-1",
        "",
        "Status:  Submitted",
    ]


def test_a_template_names_its_author_and_who_changed_it_last() -> None:
    """P9: who uses a template sees whose hands it went through; so does a workload that is based on it."""
    stamps = {"run.ai/submitted-by": "alice", "run.ai/changed-by": "bob"}
    changed = {**TEMPLATE, "metadata": {**TEMPLATE["metadata"], "annotations": stamps}}
    assert page(changed, "team-a", None, NOW)[-2:] == ["", "Written by alice, last changed by bob"]
    assert "Changed by:     bob" in page(changed, "team-a", None, NOW, wide=True)
    alone = {**changed, "metadata": {**TEMPLATE["metadata"], "annotations": {**stamps, "run.ai/changed-by": "alice"}}}
    assert page(alone, "team-a", None, NOW) == page(TEMPLATE, "team-a", None, NOW)
    base = {"namespace": "runai-team-a", "name": "t", "submittedBy": "alice", "changedBy": "bob"}
    based = {**SUBMITTED, "status": {**SUBMITTED["status"], "baseWorkload": base}}
    line = "Base workload:  team-a-jupyter-defaults, by alice, last changed by bob"
    assert line in page(based, "team-a", None, NOW, wide=True)


def test_a_submitted_workload_shows_what_became_of_it() -> None:
    """The whole page of a submitted workload, in the guide's layout."""
    running = pod("jupyter-1-0-0", "Running", "node-a")
    job = job_of_kind("InteractiveWorkload", "jupyter-1", running, status={"active": 1})
    assert (
        "\n".join(page(SUBMITTED, "team-a", job, NOW))
        == """\
──────◆  my-jupyter-job  ◆──────

Project:        team-a
gpu:            1
jobNamePrefix:  jupyter

Status:  Submitted

Events:\x20

AGE  TYPE  MESSAGE
---  ----  -------
29m  Info  all the resources were created successfully

Created Resources:\x20

KIND       VERSION    NAMESPACE     NAME
----       -------    ---------     ----
ConfigMap  v1         runai-team-a  jupyter-1
RunaiJob   run.ai/v1  runai-team-a  jupyter-1
Service    v1         runai-team-a  jupyter-1-jupyter

Created job:\x20

Name: jupyter-1
Namespace: runai-team-a
Type: Interactive
Status: Running
Pods:
POD            STATUS   TYPE         AGE  NODE
jupyter-1-0-0  RUNNING  INTERACTIVE  29m  node-a/10.0.1.7"""
    )


def test_a_training_job_has_a_duration_and_its_pods_in_order() -> None:
    """A training job shows its duration and its pods by name."""
    training = {**SUBMITTED, "kind": "TrainingWorkload"}
    status = {"startTime": "2026-01-05T10:00:00Z", "completionTime": "2026-01-05T10:05:10Z"}
    pods = [pod("b", "Pending"), pod("a", "Succeeded", "n")]
    shown = page(training, "team-a", job_of_kind("TrainingWorkload", "job-1", *pods, status=status), NOW)
    assert shown[shown.index("Name: job-1") :] == [
        "Name: job-1",
        "Namespace: runai-team-a",
        "Type: Train",
        "Status: Pending",
        "Duration: 5m",
        "Pods:",
        "POD  STATUS     TYPE   AGE  NODE",
        "a    SUCCEEDED  TRAIN  29m  n/10.0.1.7",
        "b    PENDING    TRAIN  29m  N/A",
    ]


def test_the_duration_of_a_failed_job_ends_with_its_failure_on_every_page() -> None:
    """A failed job has no completion time: its duration ends with its condition Failed."""
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "2026-01-05T10:05:10Z"}
    status = {"startTime": "2026-01-05T10:00:00Z", "conditions": [failed]}
    job = job_of_kind("TrainingWorkload", "job-1", status=status)
    assert "Duration: 5m" in page({**SUBMITTED, "kind": "TrainingWorkload"}, "team-a", job, NOW)
    assert "TRAINING DURATION: 5m" in job_page.page(job, None, Exposure(), [], NOW, wide=False)


def test_a_job_that_is_gone_is_deleted() -> None:
    """A job that is gone is shown as Deleted."""
    shown = page(SUBMITTED, "team-a", job_of_kind("InteractiveWorkload", "jupyter-1", gone=True), NOW)
    assert shown[-2:] == ["Status: Deleted", "Pods: none"]


def test_what_stands_without_value_is_shown_as_it_stands() -> None:
    """Values in either notation are shown alike."""
    spec = {
        "jobType": "MPI",
        "workers": {"value": 2},
        "mpiJob": {"value": {"slotsPerWorker": 2}},
        "ports": {"items": {}},
    }
    assert values(spec, "team-a") == [
        "Project:  team-a",
        "jobType:  MPI",
        "mpiJob:   slotsPerWorker=2",
        "ports:",
        "workers:  2",
    ]


def test_a_job_of_an_operator_has_its_type_and_status() -> None:
    """A distributed job shows its type and status."""
    distributed = {**SUBMITTED, "kind": "DistributedWorkload"}
    condition = {"type": "Succeeded", "status": "True", "reason": "MPIJobSucceeded"}
    job = job_of_kind("DistributedWorkload", "mpi-1", kind=MPI_JOB, status={"conditions": [condition]})
    shown = page(distributed, "team-a", job, NOW)
    assert shown[shown.index("Name: mpi-1") :] == [
        "Name: mpi-1",
        "Namespace: runai-team-a",
        "Type: Distributed",
        "Status: Succeeded",
        "Pods: none",
    ]


def test_a_failed_workload_shows_every_reason_and_no_empty_table() -> None:
    """A failed workload shows every reason and no empty table."""
    failed = workload(
        "w",
        spec={"gpu": {"value": "5"}},
        status={
            "phase": "Failed",
            "events": [
                event("gpu: must be no greater than 4", "Error"),
                event("image: cannot be\nblank", "Error", count=3),
            ],
        },
    )
    assert page(failed, "team-a", None, NOW)[5:] == [
        "Status:  Failed",
        "",
        "Events: ",
        "",
        "AGE  TYPE   MESSAGE",
        "---  ----   -------",
        "29m  Error  gpu: must be no greater than 4",
        "29m  Error  image: cannot be blank (3 times)",
    ]


def test_a_workload_in_progress_is_pending() -> None:
    """A workload without an outcome is Pending."""
    assert page(workload("w", spec={}), "team-a", None, NOW)[2:] == ["Project:  team-a", "", "Status:  Pending"]


def test_values_are_sorted_by_name_and_items_by_label_each_on_a_line() -> None:
    """Values are sorted by name, items by label."""
    spec = {
        "ports": {"items": {"my-port": {"value": {"container": 30222, "external": 8222}}, "b": {"deleted": True}}},
        "environment": {"items": {"LONG_NAME": {"value": "x y"}, "A": {"value": ""}}},
        "gpu": {"value": "0.5"},
        "largeShm": {"value": False},
        "backoffLimit": {"value": 3},
        "labels": {"items": {}},
    }
    assert values(spec, "(global)") == [
        "Project:       (global)",
        "backoffLimit:  3",
        "environment:",
        "  A:          ",
        "  LONG_NAME:  x y",
        "gpu:           0.5",
        "labels:",
        "largeShm:      false",
        "ports:",
        "  b:        (deleted)",
        "  my-port:  container=30222, external=8222",
    ]
