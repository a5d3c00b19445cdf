"""The scheduler of a project: chosen by a label on its namespace, frozen with the values, or refused if unsuitable."""

import pytest

from shared.schedulers import SCHEDULER_LABEL
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training
from tests.integration.harness.outcome import claim, violations
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract


async def test_a_project_chooses_its_scheduler_by_a_label(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A project chooses its scheduler by a label."""
    half = training("half", namespace, image="ubuntu", gpu="0.5", cpu="many")
    await cluster.create(half)
    assert violations(await cluster.failed(half)) == [
        "gpu: is not supported: the cluster's scheduler cannot share a GPU; request whole GPUs",
        "cpu: must be a decimal number such as 1 or 0.5",
    ]
    await cluster.patch("namespaces", namespace, None, {"metadata": {"labels": {SCHEDULER_LABEL: "kai"}}})
    shared = training("shared", namespace, image="ubuntu", gpu="0.5", name="shared")
    await cluster.create(shared)
    await cluster.submitted(shared)
    job = await cluster.get("runaijobs", "shared", namespace)
    template = job["spec"]["template"]
    assert template["spec"]["schedulerName"] == "kai-scheduler"
    assert template["metadata"]["annotations"]["gpu-fraction"] == "0.5"
    assert template["metadata"]["labels"]["kai.scheduler/queue"] == namespace.removeprefix("runai-")
    assert (await claim(cluster, namespace, "shared"))["sources"]["scheduler"] == "kai"


async def test_a_project_with_an_unknown_scheduler_gets_no_other_one(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """An unknown scheduler in the label fails the workload."""
    await cluster.patch("namespaces", namespace, None, {"metadata": {"labels": {SCHEDULER_LABEL: "slurm"}}})
    sentence = "namespace: label run.ai/scheduler is slurm and must be one of default, kai, kueue or runai"
    await cluster.create(training("mine", namespace, image="ubuntu"))
    assert violations(await cluster.failed(training("mine", namespace))) == [sentence]
