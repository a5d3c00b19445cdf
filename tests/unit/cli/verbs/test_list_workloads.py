"""The rows of the list of workloads."""

from typing import Any

from cli.verbs.list_workloads import SHAPE


def workload(name: str, namespace: str = "runai-team-a", version: int = 1, **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}", "resourceVersion": str(version)}
    return {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "metadata": metadata, "spec": {}, **fields}


TEMPLATE = workload("team-a-jupyter-defaults", spec={"usage": "Template"})


def shown(*workloads: dict[str, Any], output: str | None = None) -> list[str]:
    return SHAPE.columns(output).lines([SHAPE.cells(one, output) for one in workloads])


def test_workloads_have_usage_and_place() -> None:
    """The list shows usage and project, or (global)."""
    elsewhere, everywhere = workload("stray", "default"), workload("all-jobs", "runai", spec={"usage": "Template"})
    assert shown(everywhere, workload("my-jupyter-job"), elsewhere, TEMPLATE) == [
        "WORKLOAD                   USAGE     PROJECT/GLOBAL",
        "all-jobs                   Template  (global)",
        "my-jupyter-job             Submit    team-a",
        "stray                      Submit    (namespace default)",
        "team-a-jupyter-defaults    Template  team-a",
    ]


def test_longer_names_widen_the_list() -> None:
    """A long name widens its column."""
    name = "a-workload-with-a-long-name-2026-01-05t10-00-00"
    assert shown(workload(name))[1] == f"{name}  Submit  team-a"


def test_wide_rows_say_what_became_of_it() -> None:
    """-o wide shows kind, status, job, age, and who wrote it."""
    submitted = workload("w", status={"phase": "Submitted", "jobName": "job-1"})
    assert [line.split() for line in shown(submitted, workload("new"), TEMPLATE, output="wide")][0:] == [
        ["WORKLOAD", "USAGE", "PROJECT/GLOBAL", "KIND", "STATUS", "JOB", "AGE", "SUBMITTED", "BY", "CHANGED", "BY"],
        ["w", "Submit", "team-a", "TrainingWorkload", "Submitted", "job-1", "N/A", "-", "-"],
        ["new", "Submit", "team-a", "TrainingWorkload", "Pending", "-", "N/A", "-", "-"],
        ["team-a-jupyter-defaults", "Template", "team-a", "TrainingWorkload", "-", "-", "N/A", "-", "-"],
    ]
    changed = workload("w", spec={"usage": "Template"})
    changed["metadata"]["annotations"] = {"run.ai/submitted-by": "jane", "run.ai/changed-by": "john"}
    assert shown(changed, output="wide")[1].split()[-2:] == ["jane", "john"]
