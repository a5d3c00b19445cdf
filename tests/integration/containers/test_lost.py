"""A container of a service is lost while people submit: every workload ends, once."""

import time
from collections.abc import Callable, Mapping

import pytest

from tests.integration.containers.load import under_load
from tests.integration.containers.replicas import ServiceContainer
from tests.integration.containers.topology import Topology
from tests.integration.harness.cluster import Cluster

pytestmark = pytest.mark.containers

Step = Callable[[ServiceContainer], None]
SHORT = 6
"""Workloads that are submitted while a container is away: about a second."""
LONG = 24
"""Workloads for which a container is silent: a lease and the patience for a message are over by then."""


LOSSES: Mapping[str, tuple[Step, Step, int]] = {
    "a kill": (ServiceContainer.kill, ServiceContainer.start, SHORT),
    "a pause": (ServiceContainer.pause, ServiceContainer.resume, LONG),
    "a cut": (ServiceContainer.cut, ServiceContainer.join, LONG),
}
"""How a container is lost and comes back, and the workloads that are submitted in between.

A pause freezes it. A cut takes it off the network, from which it comes back without a restart.
"""


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_lost_container_comes_back(
    loss: str, topology: Topology, cluster: Cluster, namespace: str, notes: list[str]
) -> None:
    """P1, P8: the container of each service is lost under load, and comes back; each workload has one job."""
    lose, bring_back, meanwhile = LOSSES[loss]
    took = {}
    async with under_load(cluster, namespace) as load:
        for replica in list(topology.services.all):
            lose(replica)
            await load.more(meanwhile)
            bring_back(replica)
            took[replica.service] = await load.caught_up()
    await load.once_each()
    notes.append(told(f"until all was caught up after {loss}", took))
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
