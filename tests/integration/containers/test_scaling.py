"""Replicas of one service come and go while people submit."""

import asyncio

import pytest

from tests.integration.containers.load import under_load
from tests.integration.containers.replicas import ServiceContainer
from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster

pytestmark = pytest.mark.containers

LEAST = 0.1
"""The smallest share of the work that one of three replicas may have."""
CONSUMED = {"resolver": "workload.observed", "creator": "workload.resolved"}


@pytest.mark.parametrize("service", ["resolver", "creator"])
async def test_replicas_share_the_work(
    topology: Topology, cluster: Cluster, namespace: str, notes: list[str], service: str
) -> None:
    """P1: with 1, then 3, then 1 replicas under load, no workload is lost or doubled, and three share the work."""
    async with under_load(cluster, namespace) as load:
        await topology.scale(service, 3)
        before = await handled(topology, service)
        await load.more(40)
        shares = [now - then for now, then in zip(await handled(topology, service), before, strict=True)]
        await topology.scale(service, 1)
        await load.more(10)
    await load.once_each()
    notes.append(f"{service} with 3 replicas: {' + '.join(f'{share:.0f}' for share in shares)} workloads")
    assert min(shares) >= LEAST * sum(shares), shares


async def handled(topology: Topology, service: str) -> list[float]:
    """The number of workloads that each replica has handled."""

    async def of(replica: ServiceContainer) -> float:
        name = f'slipway_messages_total{{subject="{CONSUMED[service]}",verdict="done"}}'
        return (await replica.metrics()).get(name, 0)

    return list(await asyncio.gather(*map(of, topology.services[service])))
