"""Why jobs do not run, and when each step was taken: real scheduler, quota, limits, storage and controllers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
async def running(module_pipeline: Pipeline, nodes: ControlPlane) -> AsyncIterator[None]:
    """Jobs are run too, on two simulated nodes of eight GPUs."""
    if not module_pipeline.services["runner"]:
        await module_pipeline.services.start("runner")
    yield


@pytest.fixture
async def in_project(running: None, runai: Type, pipeline: Pipeline, project: str, tmp_path: Path) -> Type:
    """`runai ...` for a person whose default project is the test's own."""
    assert await runai(f"config project {project}") == Said(0, "", "")
    return runai


async def said_of(runai: Type, cluster: Cluster, job: str, outlook: str, sentence: str) -> None:
    """Wait until `runai why` says this of the job."""

    async def look() -> dict[str, object]:
        said = await runai(f"why {job} -o json")
        return json.loads(said.out) if said.code == 0 else {"err": said.err}

    def is_said(found: dict[str, object]) -> bool:
        return found.get("outlook") == outlook and sentence in json.dumps(found.get("causes"))

    await cluster.wait_for(f"{outlook}: {sentence}", look, is_said)


async def test_room_is_told_from_never(in_project: Type, cluster: Cluster) -> None:
    """A full cluster has room later; 100 GPUs, labels that no node has, and a claim that is missing need a person."""
    for number in (1, 2):
        assert (await in_project(f"submit --interactive --name full-{number} -i x -g 8 --wait=running")).code == 0
    for flags in ("later -g 4", "huge -g 100", "lost --node-pools nowhere"):
        assert (await in_project(f"submit -i x --name {flags}")).code == 0
    assert (await in_project("submit --name stored -i x --existing-pvc claimname=data,path=/data")).code == 0
    await said_of(in_project, cluster, "full-1", "runs", "1 pod runs")
    await said_of(in_project, cluster, "later", "waits", "no node has room for it now")
    await said_of(in_project, cluster, "huge", "never", "2 nodes with less than the 100 nvidia.com/gpu")
    await said_of(in_project, cluster, "lost", "never", "2 nodes without the labels that it asks for")
    await said_of(in_project, cluster, "stored", "blocked", "the storage claim data does not exist")
    assert (await in_project("suspend full-1")).code == 0
    await said_of(in_project, cluster, "full-1", "blocked", "somebody has suspended it")
    page = (await in_project("why huge")).out
    assert page.startswith("huge: Pending. It can never run as it is.\n\nNo node could take it")


async def test_quotas_and_limits_of_the_project(in_project: Type, cluster: Cluster, namespace: str) -> None:
    """A quota that is full has room later; more than all of it, or than a limit, can never run."""
    metadata = {"name": "own", "namespace": namespace}
    hard = {"requests.nvidia.com/gpu": "4"}
    await cluster.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    assert (await in_project("submit --interactive --name three -i x -g 3 --wait=running")).code == 0
    for flags in ("two -g 2", "five -g 5"):
        assert (await in_project(f"submit -i x --name {flags}")).code == 0
    await said_of(in_project, cluster, "two", "waits", "quota own has no room: 3 of 4 nvidia.com/gpu in use")
    await said_of(in_project, cluster, "five", "never", "quota own never allows more than 4")


async def test_every_service_is_in_the_timeline(in_project: Type, cluster: Cluster) -> None:
    """From the workload to the end of its job, with who did it; Slipway's own steps are known to the microsecond."""
    assert (await in_project("submit --name train -i x -g 1")).code == 0

    async def look() -> dict[str, str]:
        found = json.loads((await in_project("timeline train -o json")).out)
        return {one["step"]: one["by"] for one in found["steps"]}

    steps = await cluster.wait_for("its end", look, lambda found: "Job succeeded" in found)
    own = {"Observed": "watcher", "Resolved": "resolver", "Named": "creator", "Claimed": "creator", "Made": "creator"}
    rest = {"Submitted": "status", "Started": "runner", "Pod scheduled": "scheduler", "Job succeeded": "runner"}
    assert {**own, **rest}.items() <= steps.items()
    page = (await in_project("timeline train")).out.splitlines()
    assert page[0].split() == ["STEP", "TIME", "(UTC)", "AFTER", "BY", "WHAT"]
    assert any(line.startswith("Submitted after ") for line in page)
