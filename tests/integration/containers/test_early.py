"""Services that start before what they need is there."""

import pytest

from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training

pytestmark = pytest.mark.containers


async def test_services_wait_for_what_they_need(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """P8: services that start while nobody has the name of their broker or API server live, say what is missing, and
    work once both are there."""
    services = topology.services
    services.kill()
    with topology.away("nats"):
        with topology.away("kube-apiserver"):
            services.restart()
            for replica in services.all:
                await cluster.wait_for(f"{replica.name} to live", replica.is_alive)
                await cluster.wait_for(f"{replica.name} to miss the API server", replica.why_not_ready, misses_cluster)
        for replica in services.all:
            await cluster.wait_for(f"{replica.name} to miss the broker only", replica.why_not_ready, misses_broker)
    await services.ready()
    assert [replica.name for replica in services.all if replica.crashed] == []
    early = training("early", namespace, image="ubuntu", name="early")
    await cluster.wait_for("workloads to be admitted again", lambda: cluster.create(early))
    await cluster.submitted(early)


def misses_cluster(said: str) -> bool:
    """Whether the API server is missing."""
    return "cluster: " in said


def misses_broker(said: str) -> bool:
    """Whether the broker is missing, and the API server is there."""
    return "bus: " in said and "cluster: " not in said
