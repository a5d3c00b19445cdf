"""`--watch` on lists whose rows combine several objects: each change prints a row, and nothing else does."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import line_of, under_way
from tests.integration.harness.faults import ErrorEvent
from tests.integration.harness.manifests import interactive
from tests.integration.harness.proxy import FaultProxy

pytestmark = pytest.mark.contract

CONTAINERS = {"containers": [{"name": "nb", "image": "ubuntu", "resources": {"limits": {"nvidia.com/gpu": "2"}}}]}


class Rows:
    """What a command that watches prints, while it does."""

    def __init__(self, stdout: Any) -> None:
        self._stdout = stdout

    async def next(self) -> str:
        """Wait for the next line."""
        return await line_of(self._stdout)

    async def until(self, meant: Callable[[str], bool]) -> str:
        """Wait for the first line that matches."""
        while not meant(line := await self.next()):
            pass
        return line

    async def document(self) -> Manifest:
        """The next JSON document."""
        lines = [await self.next()]
        while lines[-1] != "}\n":
            lines.append(await self.next())
        return dict(json.loads("".join(lines)))


@pytest.fixture
async def labels(cluster: Cluster, namespace: str) -> dict[str, str]:
    """A job with a Service, both of one workload; the labels of all that is of it."""
    workload = await cluster.create(interactive("nb", namespace, image="ubuntu"))
    uid = workload["metadata"]["uid"]
    owner = {"apiVersion": "run.ai/v1alpha1", "kind": "InteractiveWorkload", "name": "nb", "controller": True,
             "uid": uid}  # fmt: skip
    labels = {"run.ai/workload-uid": uid, "release": "nb"}
    metadata = {"name": "nb", "namespace": namespace, "labels": labels}
    await cluster.create({
        "apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": {**metadata, "ownerReferences": [owner]},
        "spec": {"template": {"spec": CONTAINERS}},
    })  # fmt: skip
    return labels


async def test_jobs_go_on_as_they_their_pods_and_their_addresses_change(
    control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, labels: dict[str, str], tmp_path: Path
) -> None:
    """list jobs --watch follows jobs, pods and addresses."""
    async with under_way(tmp_path, control_plane.kubeconfig, f"list jobs -p {project} --watch") as process:
        rows = Rows(process.stdout)
        await rows.next()
        assert "Pending" in await rows.next()
        await cluster.create({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "nb", "namespace": namespace, "labels": labels},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 8888}]},
        })  # fmt: skip
        given = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}
        await cluster.patch("services", "nb", namespace, given, "status")
        assert (await rows.next()).split()[-1] == "http://192.0.2.7:8888"
        metadata = {"name": "nb-0-0", "namespace": namespace, "labels": labels}
        await cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": CONTAINERS})
        assert "0 (1)" in await rows.next(), "a pod that waits"
        await cluster.patch("runaijobs", "nb", namespace, {"metadata": {"annotations": {"no": "cell"}}})
        await cluster.delete("services", "nb", namespace)
        assert "192.0.2.7" not in await rows.next()
        await cluster.delete("runaijobs", "nb", namespace)
        assert (await rows.until(lambda line: "(deleted)" in line)).split()[0] == "nb"


async def test_each_change_of_a_job_is_a_document(
    proxy: FaultProxy, cluster: Cluster, namespace: str, project: str, labels: dict[str, str], tmp_path: Path
) -> None:
    """Changes outside the table's cells count too, as do those after the watch expired."""
    through = proxy.kubeconfig(tmp_path, "runai")
    async with under_way(tmp_path, through, f"list jobs -p {project} --watch -o json") as process:
        rows = Rows(process.stdout)
        assert (await rows.document())["metadata"]["name"] == "nb"
        for number in ("1", "2"):
            await cluster.patch("runaijobs", "nb", namespace, {"metadata": {"annotations": {"number": number}}})
            assert (await rows.document())["metadata"]["annotations"]["number"] == number
        with proxy.on(ErrorEvent(410, "too old"), verb="watch", resource="runaijobs", times=1) as expired:
            proxy.break_watches("runaijobs")
            await cluster.wait_for("the watch to expire", lambda: asyncio.sleep(0, expired.acted), bool)
        await cluster.patch("runaijobs", "nb", namespace, {"metadata": {"annotations": {"number": "3"}}})
        assert (await rows.document())["metadata"]["annotations"]["number"] == "3"


@pytest.fixture
async def node(cluster: Cluster) -> AsyncIterator[str]:
    """A node of 8 GPUs that nothing runs on."""
    name = f"watched-{secrets.token_hex(4)}"
    await cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    amounts = {"nvidia.com/gpu": "8", "cpu": "8", "memory": "8Gi", "pods": "8"}
    await cluster.patch("nodes", name, None, {"status": {"capacity": amounts, "allocatable": amounts}}, "status")
    yield name
    await cluster.delete("nodes", name)


async def test_nodes_go_on_as_they_and_what_is_on_them_change(
    control_plane: ControlPlane, cluster: Cluster, namespace: str, node: str, tmp_path: Path
) -> None:
    """list nodes --watch follows nodes and what runs on them."""
    async with under_way(tmp_path, control_plane.kubeconfig, f"list nodes {node} --watch") as process:
        rows = Rows(process.stdout)
        await rows.next()
        assert "0 (8)" in await rows.next()
        metadata = {"name": "taker", "namespace": namespace}
        spec = {**CONTAINERS, "nodeName": node, "tolerations": [{"operator": "Exists"}]}
        await cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        await rows.until(lambda line: "2 (8)" in line)
        await cluster.delete("pods", "taker", namespace, gracePeriodSeconds="0")
        await rows.until(lambda line: "0 (8)" in line)
        await cluster.patch("nodes", node, None, {"spec": {"unschedulable": True}})
        await rows.until(lambda line: "SchedulingDisabled" in line)
        await cluster.delete("nodes", node)
        await rows.until(lambda line: line.startswith(node) and "(deleted)" in line)


@pytest.fixture
async def new(cluster: Cluster) -> AsyncIterator[str]:
    """The name of a project that does not exist yet; it is removed afterwards."""
    name = f"watched-{secrets.token_hex(4)}"
    yield name
    await cluster.delete("namespaces", f"runai-{name}")


async def test_projects_go_on_as_they_come_and_go(
    control_plane: ControlPlane, cluster: Cluster, project: str, new: str, tmp_path: Path
) -> None:
    """list projects --watch follows projects."""
    async with under_way(tmp_path, control_plane.kubeconfig, "list projects --watch") as process:
        rows = Rows(process.stdout)
        await rows.until(lambda line: line.startswith(project))
        await cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"runai-{new}"}})
        assert " Active " in await rows.until(lambda line: line.startswith(new))
        await cluster.delete("namespaces", f"runai-{new}")
        await rows.until(lambda line: line.startswith(new) and " Terminating " in line)
        await rows.until(lambda line: line.startswith(new) and "(deleted)" in line)
