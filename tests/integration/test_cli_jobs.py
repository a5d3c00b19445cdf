"""Commands on jobs and nodes: their output for real pods on simulated nodes, and their effects."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type
from tests.integration.harness.manifests import policy, training
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract

SOON = re.compile(r"\b\d+[sm]\b")
STAMP = re.compile(r"\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d")
POD = re.compile(r"(?<=train-0-)[a-z0-9]{5}")
NO_USAGE = "usage is not shown: the cluster has no metrics server (metrics.k8s.io)\n"


def steady(page: str) -> str:
    """The page without the parts that differ each time: ages, time stamps, random ends of names, and width."""
    for pattern, mark in ((STAMP, "WHEN"), (SOON, "AGE"), (POD, "xxxxx")):
        page = pattern.sub(mark, page)
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in page.splitlines())


async def counted(cluster: Cluster, namespace: str, job: str, what: str) -> None:
    """Wait until the job has one pod that is `active`, or has `succeeded`."""

    async def look() -> Manifest:
        return await cluster.get("runaijobs", job, namespace)

    await cluster.wait_for(f"a pod of {job}", look, lambda found: (found.get("status") or {}).get(what) == 1)


@pytest.fixture(scope="module")
async def running(module_pipeline: Pipeline, nodes: ControlPlane) -> AsyncIterator[None]:
    """Jobs are run too, on simulated nodes."""
    if not module_pipeline.services["runner"]:
        await module_pipeline.services.start("runner")
    yield


@pytest.fixture
async def in_project(running: None, runai: Type, pipeline: Pipeline, project: str, tmp_path: Path) -> Type:
    """`runai ...` for a person whose default project is the test's own."""
    assert await runai(f"config project {project}") == Said(0, "", "")
    return runai


@pytest.fixture
async def notebook(in_project: Type) -> str:
    """The name of an interactive job of one GPU that runs."""
    said = await in_project("submit --interactive --name nb -i ubuntu -g 1 --wait=running -- sleep 100")
    assert said.code == 0, said.err
    return "nb"


async def test_jobs_and_nodes_are_shown_as_they_are(
    in_project: Type, notebook: str, cluster: Cluster, namespace: str, project: str
) -> None:
    """Lists and pages of jobs and nodes show what the cluster holds."""
    assert (await in_project("submit --name train -i ubuntu -g 2 --wait=running -- sleep 10")).code == 0
    await counted(cluster, namespace, "train", "succeeded")
    assert (await in_project("submit --name big -i ubuntu -g 16 --wait")).code == 0
    await counted(cluster, namespace, "big", "active")

    node = await jobs_are_listed(in_project, project)
    await a_job_is_described(in_project, namespace)
    await nodes_are_shown(in_project, project, node)
    await figures_are_shown(in_project, project, node)


async def jobs_are_listed(in_project: Type, project: str) -> str:
    """The list of jobs as table, names and JSON, whose order is not known within a second; the notebook's node."""
    listed = await in_project("list jobs")
    found = re.search(r"gpu-node-\d", listed.out)
    assert found is not None, listed.out
    node = found[0]
    assert (listed.code, listed.err) == (0, "")
    head, *rows = steady(listed.out).splitlines()
    assert [head, *sorted(rows)] == [
        "NAME  STATUS  AGE  NODE  IMAGE  TYPE  PROJECT  USER  GPUs Allocated (Requested)  PODs Running (Pending)"
        "  SERVICE URL(S)",
        f"big  Pending  AGE  ubuntu  Train  {project}  admin  0 (16)  0 (1)",
        f"nb  Running  AGE  {node}  ubuntu  Interactive  {project}  admin  1 (1)  1 (0)",
        f"train  Succeeded  AGE  ubuntu  Train  {project}  admin  - (2)  0 (0)",
    ]
    names = (await in_project("list jobs -o name")).out.split()
    assert sorted(names) == [f"runaijob.run.ai/{name}" for name in ("big", "nb", "train")]
    as_json = json.loads((await in_project("list jobs -o json")).out)
    assert sorted(one["metadata"]["name"] for one in as_json["items"]) == ["big", "nb", "train"]
    return node


async def a_job_is_described(in_project: Type, namespace: str) -> None:
    """The page of a job that has ended, and the scheduler's words on one that waits."""
    described = steady((await in_project("describe job train")).out)
    head, _, rest = described.partition("\n\n")
    assert head.splitlines() == [
        "NAME: train", f"NAMESPACE: {namespace}", "TYPE: Train", "STATUS: Succeeded", "TRAINING DURATION: AGE",
        "GPUS: 2", "TOTAL REQUESTED GPUS: 2", "ALLOCATED GPUS: 0", "ALLOCATED GPUS MEMORY: N/A", "RUNNING PODS: 0",
        "PENDING PODS: 0", "PARALLELISM: 1", "COMPLETIONS: 1", "SUCCEEDED PODS: 1", "FAILED PODS: 0",
        "IS DISTRIBUTED WORKLOAD: false", "CREATED BY CLI: true", "SERVICE URL(S):",
    ]  # fmt: skip
    assert re.search(r"\nPOD  STATUS  TYPE  AGE  NODE\ntrain-0-xxxxx  SUCCEEDED  TRAIN  AGE  gpu-node-\d/10.200.0.\d\n",
                     "\n" + rest)  # fmt: skip
    assert "trainingworkload/train-WHEN  Normal  AGE  [AllCreated] all the resources were created successfully" in rest
    assert "Insufficient nvidia.com/gpu" in (await in_project("describe job big")).out


async def nodes_are_shown(in_project: Type, project: str, node: str) -> None:
    """The list of nodes, and the page of the one that the notebook runs on."""
    nodes = steady((await in_project("list nodes")).out).splitlines()
    assert [row.split("  ")[0] for row in nodes] == ["NAME", "gpu-node-1", "gpu-node-2"]
    assert f"{node}  Ready  AGE  10.200.0.{node[-1]}  <none>  -  1 (8)  0 (128)  0 (1Ti)  1" in nodes
    page = steady((await in_project(f"describe node {node}")).out)
    assert "GPUS ALLOCATED: 1\n" in page
    assert page.endswith(f"POD  PROJECT  STATUS  AGE  GPUS  CPUS  MEMORY\nnb-0-0  {project}  RUNNING  AGE  1  0  0")


async def figures_are_shown(in_project: Type, project: str, node: str) -> None:
    """What nodes, jobs and pods have and use, as tables and for programs."""
    top = await in_project("top node")
    assert (top.code, top.err) == (0, NO_USAGE)
    assert f"{node}  Ready  8  1 (12%)  128  0 (0%)  -  1Ti  0 (0%)  -" in steady(top.out)
    top = await in_project("top job")
    assert steady(top.out).splitlines()[1:] == [f"nb  {project}  admin  Interactive  AGE  {node}  1 (1)  0  -  0  -"]
    assert steady((await in_project("top job --details")).out).splitlines()[1:] == [
        f"nb-0-0  nb  {project}  {node}  0  -  0  -"
    ]
    had = {"gpus": {"count": 1}, "cpu": 0, "memory": 0}
    has = {"gpus": {"count": 8}, "cpu": 128, "memory": 2**40}
    figures = json.loads((await in_project(f"top node {node} -o json")).out)
    assert figures == [{"name": node, "status": "Ready", "capacity": has, "allocated": had}]
    figures = json.loads((await in_project("top job -o json")).out)
    of_job = {"requested": {"gpus": {"count": 1}}, "allocated": had}
    assert figures == [{"name": "nb", "project": project, "type": "Interactive", **of_job}]
    figures = yaml.safe_load((await in_project("top job --details -o yaml")).out)
    assert figures == [{"name": "nb-0-0", "job": "nb", "project": project, "node": node, "allocated": had}]


async def test_a_job_is_suspended_and_resumed(
    in_project: Type, notebook: str, cluster: Cluster, namespace: str
) -> None:
    """A job is suspended and resumed, and its pods follow."""
    assert await in_project("suspend nb") == Said(0, "Job nb suspended successfully.\n", "")

    async def pods() -> list[Manifest]:
        return await cluster.items("pods", namespace)

    await cluster.wait_for("the pods to go", pods, lambda found: not found)
    assert " Suspended " in (await in_project("list jobs")).out
    assert await in_project("suspend nb") == Said(0, "Job nb is already suspended.\n", "")
    assert (await in_project("bash nb")).code != 0
    assert await in_project("resume --all") == Said(0, "Job nb resumed successfully.\n", "")
    await cluster.wait_for(
        "the pod to run again", pods, lambda found: [pod["status"].get("phase") for pod in found] == ["Running"]
    )
    assert " Running " in (await in_project("list jobs")).out


async def test_a_job_that_has_ended_can_no_more_be_suspended(
    in_project: Type, cluster: Cluster, namespace: str
) -> None:
    """A job that ended cannot be suspended."""
    assert (await in_project("submit --name train -i ubuntu --wait=running")).code == 0
    await counted(cluster, namespace, "train", "succeeded")
    said = await in_project("suspend train")
    assert said == Said(1, "", "Error: job train has ended: its status is Succeeded\n")


async def test_a_deleted_job_goes_with_all_that_it_made(
    in_project: Type, notebook: str, cluster: Cluster, namespace: str, project: str
) -> None:
    """The workload, the pods and the outputs go with the job; a missing object named beside it is reported and changes
    nothing.
    """
    said = await in_project("delete nb job nothing")
    name = (await in_project("list workloads --interactive -o name")).out
    assert said.code == 3
    assert STAMP.sub("WHEN", said.out) == (
        "Job nb deleted successfully.\nRemoved: InteractiveWorkload nb-WHEN, and with it ConfigMap nb, RunaiJob nb\n"
    )
    elsewhere = "if it is in another project, use -p PROJECT"
    for missing in ("job", "nothing"):
        assert f"job {missing} not found in project {project}; {elsewhere}" in said.err
    assert name == ""
    for kind, made in (("pods", "nb-0-0"), ("configmaps", "nb"), ("runaijobs", "nb"), ("statefulsets", "nb")):
        await cluster.gone(kind, made, namespace)


async def test_a_flags_value_is_no_job(in_project: Type, notebook: str, cluster: Cluster, project: str) -> None:
    """The value of a flag is never taken for the name of a job."""
    assert (await in_project("submit --interactive --name job -i ubuntu --wait=running")).code == 0
    said = await in_project(f"delete -p {project} job nb")
    assert (said.code, said.out.splitlines()[0]) == (0, "Job nb deleted successfully.")
    assert [line.split()[0] for line in (await in_project("list jobs")).out.splitlines()] == ["NAME", "job"]


async def test_what_was_refused_is_deleted_by_its_own_name(in_project: Type, cluster: Cluster, namespace: str) -> None:
    """A refused workload is deleted by its own name."""
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"rules": {"max": "1"}}))
    await cluster.create(training("base", namespace, usage="Template", image="ubuntu"))
    assert (await in_project("submit --name train -i ubuntu -g 2 --wait")).code == 1
    (name,) = [one for one in await cluster.names("trainingworkloads", namespace) if one != "base"]
    assert await in_project(f"delete {name}") == Said(
        0, f"Workload {name} deleted successfully.\nRemoved: TrainingWorkload {name}\n", ""
    )
    assert await cluster.names("trainingworkloads", namespace) == ["base"]
    assert (await in_project("delete base")).code == 3, "a template is no job, and no submission either"
    assert await cluster.names("trainingworkloads", namespace) == ["base"]


async def test_a_job_whose_workload_was_deleted_without_it(
    in_project: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """List and page agree on its pods, and deleting it names what else stays behind."""
    submitted = await in_project("submit --interactive --name nb -i ubuntu --port 80:8080 -s clusterip --wait=running")
    assert submitted.code == 0, submitted.err
    (workload,) = await cluster.names("interactiveworkloads", namespace)
    await cluster.delete("interactiveworkloads", workload, namespace, propagationPolicy="Orphan")
    await cluster.gone("interactiveworkloads", workload, namespace)
    (listed,) = json.loads((await in_project("list jobs -o json")).out)["items"]
    assert "ownerReferences" not in listed["metadata"]
    row = (await in_project("list jobs")).out.splitlines()[1].split()
    page = steady((await in_project("describe job nb")).out)
    assert (row[:2], "STATUS: Running" in page, "RUNNING PODS: 1" in page) == (["nb", "Running"], True, True)
    said = await in_project("delete job nb")
    assert said == Said(
        0,
        "Job nb deleted successfully.\nRemoved: RunaiJob nb, and with it Pod nb-0-0\n"
        "Kept: configmap/nb, service/nb, whose workload was deleted without them; to remove them too: kubectl delete "
        f"-n {namespace} configmap/nb service/nb\n",
        "",
    )
    again = await in_project("submit --interactive --name nb -i ubuntu --wait")
    assert "the name nb is taken by ConfigMap nb, which no workload owns any more" in again.err


async def test_all_jobs_are_deleted(in_project: Type, notebook: str, project: str) -> None:
    """--all deletes all jobs of the project."""
    assert (await in_project("submit --name train -i ubuntu --wait")).code == 0
    said = await in_project("delete job --all")
    assert (said.code, said.out.count("deleted successfully")) == (0, 2)
    empty = await in_project("delete job --all --yes")
    assert empty == Said(0, "", f"no jobs in project {project}\n")
