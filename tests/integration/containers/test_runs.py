"""What becomes of a submitted job: the runner's part, with the pods' states set as a kubelet reports them."""

import pytest

from shared.objects import Manifest
from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive, training
from tests.integration.harness.running import active, ended

pytestmark = pytest.mark.containers


async def test_a_notebook_runs(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """A notebook's StatefulSet gets its pod, and the RunaiJob says that it runs."""
    await cluster.submitted(await cluster.create(interactive("mine", namespace, image="ubuntu", name="mine")))
    pod = await pod_of(cluster, namespace, "mine")
    ready = {"type": "Ready", "status": "True"}
    await report(cluster, pod, {"phase": "Running", "conditions": [ready]})
    await active(cluster, namespace, "mine")


async def test_a_training_ends(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """A training's pod succeeds, and the RunaiJob says that it is complete."""
    await cluster.submitted(await cluster.create(training("mine", namespace, image="ubuntu", name="mine")))
    await report(cluster, await pod_of(cluster, namespace, "mine"), {"phase": "Succeeded"})
    assert (await ended(cluster, namespace, "mine"))[0] == "Complete"


async def pod_of(cluster: Cluster, namespace: str, job: str) -> Manifest:
    """Wait for the pod of the job."""
    found = await cluster.wait_for(f"the pod of {job}", lambda: cluster.items("pods", namespace, f"release={job}"))
    return found[0]


async def report(cluster: Cluster, pod: Manifest, status: Manifest) -> None:
    """Report this state of the pod, as the kubelet of its node would."""
    metadata = pod["metadata"]
    await cluster.patch("pods", metadata["name"], metadata["namespace"], {"status": status}, "status")
