"""A container of a service is lost while people submit: every workload ends, once."""

import time
from collections.abc import Mapping

import pytest

from tests.integration.containers.load import under_load
from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster

pytestmark = pytest.mark.containers

SHORT = 6
"""Workloads that are submitted while a container is away: about a second."""
LONG = 24
"""Workloads for which a container is silent: a lease and the patience for a message are over by then."""


async def test_killed_containers_come_back(
    topology: Topology, cluster: Cluster, namespace: str, notes: list[str]
) -> None:
    """P1, P8: the container of each service is killed under load and started again; each workload has one job."""
    took = {}
    async with under_load(cluster, namespace) as load:
        for replica in list(topology.services.all):
            replica.kill()
            await load.more(SHORT)
            replica.start()
            took[replica.service] = await load.caught_up()
    await load.once_each()
    notes.append(told("until all was caught up after a kill", took))


async def test_paused_containers_come_back(
    topology: Topology, cluster: Cluster, namespace: str, notes: list[str]
) -> None:
    """P1, P8: the container of each service is frozen under load, longer than a lease or a message waits for it."""
    took = {}
    async with under_load(cluster, namespace) as load:
        for replica in list(topology.services.all):
            replica.pause()
            await load.more(LONG)
            replica.resume()
            took[replica.service] = await load.caught_up()
    await load.once_each()
    notes.append(told("until all was caught up after a pause", took))


async def test_containers_that_were_cut_off_come_back(
    topology: Topology, cluster: Cluster, namespace: str, notes: list[str]
) -> None:
    """P1, P8: each service is cut off from the network under load, connected again, and goes on without a restart."""
    took = {}
    async with under_load(cluster, namespace) as load:
        for replica in list(topology.services.all):
            replica.cut()
            await load.more(LONG)
            replica.join()
            took[replica.service] = await load.caught_up()
    await load.once_each()
    notes.append(told("until all was caught up after a cut", took))
    assert [replica.name for replica in topology.services.all if replica.crashed] == []


async def test_containers_end_in_time(topology: Topology, cluster: Cluster, namespace: str, notes: list[str]) -> None:
    """P1, P8: after SIGTERM under load, each service ends by itself with code 0; what it had in hand is not lost."""
    took = {}
    async with under_load(cluster, namespace) as load:
        for replica in list(topology.services.all):
            await replica.stop()
            assert replica.exit_code == 0, replica.tail()
            await load.more(SHORT)
            began = time.monotonic()
            replica.start()
            await replica.ready()
            took[replica.service] = time.monotonic() - began
            await load.caught_up()
    await load.once_each()
    notes.append(told("from start to ready", took))


def told(what: str, took: Mapping[str, float]) -> str:
    """A line for the end of the run."""
    return f"seconds {what}: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())
