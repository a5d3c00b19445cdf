"""This version of the services beside the one before it, as during an upgrade."""

from pathlib import Path

import pytest

from tests.integration.containers.load import under_load
from tests.integration.containers.previous import MISSING, previous_image
from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.services import SERVICES

pytestmark = pytest.mark.containers


async def test_two_versions_side_by_side(
    topology: Topology, cluster: Cluster, namespace: str, notes: list[str], tmp_path: Path
) -> None:
    """P1: each service runs in this version and in the one before, and either leaves under load; one job each."""
    earlier = previous_image(tmp_path)
    notes.append(f"two versions: {topology.image} beside {earlier}" if earlier else MISSING)
    old = [topology.replica(service, 1, {}, earlier or topology.image) for service in SERVICES]
    topology.services.all += old
    async with under_load(cluster, namespace) as load:
        for replica in old:
            replica.start()
        await topology.services.ready(*old)
        await load.more(20)
        for service in SERVICES:  # the upgrade is taken back ...
            await topology.services[service][0].stop()
        await load.more(10)
        await load.caught_up()
        topology.services.restart()  # ... and done again
        await topology.services.ready()
        await load.more(10)
    await load.once_each()
