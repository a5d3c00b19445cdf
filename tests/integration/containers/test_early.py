"""Services that start before what they need is there."""

import asyncio

import pytest

from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training

pytestmark = pytest.mark.containers


@pytest.mark.parametrize("missing", [("nats",), ("kube-apiserver",), ("nats", "kube-apiserver")], ids="+".join)
async def test_services_wait_for_what_they_need(
    topology: Topology, cluster: Cluster, namespace: str, missing: tuple[str, ...]
) -> None:
    """P8: a service that starts while nobody answers to the name of its broker or API server stays alive, is not ready,
    and works once it does."""
    topology.services.kill()
    with topology.away(*missing):
        topology.services.restart()
        for replica in topology.services.all:
            await cluster.wait_for(f"{replica.name} to live", replica.is_alive)
        ready = await asyncio.gather(*(replica.is_ready() for replica in topology.services.all))
        if "nats" in missing:
            assert not any(ready)
    await topology.services.ready()
    assert [replica.name for replica in topology.services.all if replica.crashed] == []
    early = training("early", namespace, image="ubuntu", name="early")
    await cluster.wait_for("workloads to be admitted again", lambda: cluster.create(early))
    await cluster.submitted(early)
