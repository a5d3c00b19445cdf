"""The broker's container is replaced by an empty one while people submit."""

import asyncio

import pytest

from shared.messages import STREAM
from tests.integration.containers.load import under_load
from tests.integration.containers.topology import Topology
from tests.integration.harness.broker import talking
from tests.integration.harness.cluster import Cluster

pytestmark = pytest.mark.containers


async def test_an_empty_broker_takes_over(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """P2: the broker is killed and an empty one takes its name; the stream is made again, and every workload ends."""
    async with under_load(cluster, namespace) as load:
        await asyncio.to_thread(topology.replace_broker)
        await load.more(20)
    await load.once_each()
    async with talking(topology.nats) as client:
        assert (await client.jetstream().stream_info(STREAM)).state.last_seq > 0
