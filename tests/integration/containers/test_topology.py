"""The containers are as closed as pods, and nothing of a run is left, however it ended."""

import docker
import psutil
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from tests.integration.containers.runs import OWNER, sweep, this_run
from tests.integration.containers.topology import Topology

pytestmark = pytest.mark.containers


def test_services_have_nothing_but_settings_and_secrets(topology: Topology) -> None:
    """P9: each service runs as nobody in particular, writes nothing, and sees only Secrets, which it cannot change."""
    for replica in topology.services.all:
        state = replica.state
        assert state["Config"]["User"].partition(":")[0] not in ("", "0", "root"), replica.name
        assert state["HostConfig"]["ReadonlyRootfs"]
        assert state["HostConfig"]["CapDrop"] == ["ALL"]
        assert not state["HostConfig"]["Privileged"]
        assert {mount["RW"] for mount in state["Mounts"]} == {False}
        settings = dict(one.split("=", 1) for one in state["Config"]["Env"])
        assert settings["KUBERNETES_SERVICE_HOST"] == "kube-apiserver"
        assert settings["SLIPWAY_NATS_URL"].startswith("tls://nats:")


def test_what_a_killed_run_leaves_is_removed(topology: Topology) -> None:
    """A run removes containers and networks of runs that have ended, and none of those that go on."""
    client = docker.from_env()
    ended = {OWNER: f"{_no_process()}-1.00"}
    theirs = Network(docker_network_kw={"labels": ended}).create()
    container = DockerContainer(topology.image).with_network(theirs).with_kwargs(labels=ended).start()
    with Network(docker_network_kw={"labels": this_run()}) as ours:
        sweep(client)
        left = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        assert container.get_wrapped_container().id not in {one.id for one in left}
        assert {replica.state["Id"] for replica in topology.services.all} <= {one.id for one in left}
        networks = {one.id for one in client.networks.list(filters={"label": OWNER})}
        assert theirs.id not in networks
        assert ours.id in networks


def _no_process() -> int:
    """A number that no process has."""
    return next(number for number in range(2, 2**22) if not psutil.pid_exists(number))
