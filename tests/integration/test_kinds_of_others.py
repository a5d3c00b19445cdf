"""Distributed and inference workloads, with and without the operators' kinds in the cluster."""

from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import workload
from tests.integration.harness.operators import KINDS
from tests.integration.harness.outcome import condition, created, messages, names_of
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.placing import OF_OPERATORS, placed
from tests.unit.shared.outputs.cases import CASES
from tests.unit.shared.outputs.scheduled import SCHEDULED

pytestmark = pytest.mark.contract

PORTS = {"http": {"container": 8080}}
WORKLOADS: dict[str, tuple[str, dict[str, Any], str]] = {
    "mpijob": (
        "DistributedWorkload",
        {"jobType": "MPI", "ports": PORTS},
        "the cluster does not have the kind MPIJob of kubeflow.org/v2beta1; "
        "install the Kubeflow MPI Operator (kubeflow/mpi-operator)",
    ),
    "pytorchjob": (
        "DistributedWorkload",
        {"jobType": "PyTorch", "ports": PORTS},
        "the cluster does not have the kind PyTorchJob of kubeflow.org/v1; "
        "install the Kubeflow Training Operator (kubeflow/training-operator, version 1)",
    ),
    "knative_service": (
        "InferenceWorkload",
        {"ports": PORTS},
        "the cluster does not have the kind Service of serving.knative.dev/v1; "
        "install Knative Serving (knative/serving)",
    ),
}


def stated(name: str, namespace: str) -> Manifest:
    kind, values, _ = WORKLOADS[name]
    return workload(kind, "mine", namespace, image="ubuntu", name="my-job", **values)


@pytest.mark.parametrize("name", WORKLOADS)
async def test_where_the_kind_is_missing_the_workload_fails_and_nothing_is_left(
    cluster: Cluster, pipeline: Pipeline, namespace: str, name: str
) -> None:
    """If an operator's kind is missing, the workload fails with what to install, and leaves nothing."""
    await cluster.create(stated(name, namespace))
    failed = await cluster.failed(stated(name, namespace))
    assert WORKLOADS[name][2] in messages(failed)
    submitted = condition(failed, "Submitted")
    assert submitted
    assert submitted["reason"] == "OutputKindMissing"
    assert created(failed) == []
    assert await names_of(cluster, namespace) == []


@pytest.mark.parametrize("name", WORKLOADS)
async def test_where_the_kind_is_there_the_job_is_created(
    cluster: Cluster, pipeline: Pipeline, namespace: str, operators: None, name: str
) -> None:
    """With its operator's kind installed, the job is created."""
    await cluster.create(stated(name, namespace))
    workload = await cluster.submitted(stated(name, namespace))
    kind, plural, group, version = KINDS[name]
    assert created(workload)[-1] == f"{kind}/my-job"
    job = await cluster.request("GET", f"/apis/{group}/{version}/namespaces/{namespace}/{plural}/my-job")
    assert job["metadata"]["ownerReferences"][0]["uid"] == workload["metadata"]["uid"]


async def test_the_api_server_takes_all_that_is_written_down(cluster: Cluster, namespace: str, operators: None) -> None:
    """With the strictest field validation, nothing is unknown and nothing is dropped."""
    for case in [*CASES.values(), *SCHEDULED.values()]:
        for manifest in case.build():
            if manifest["apiVersion"].startswith(OF_OPERATORS):
                moved = placed(namespace, manifest)
                stored = await cluster.create(moved, dryRun="All", fieldValidation="Strict")
                assert stored["spec"] == manifest["spec"]
