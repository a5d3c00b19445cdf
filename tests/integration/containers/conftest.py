"""Fixtures of the container tests: one topology for each worker of a run, in working order before each test."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core.network import Network

from deploy.images.build import service_image
from deploy.images.engine import Engine
from deploy.local.controlplane import ControlPlane
from deploy.local.errors import PlatformError
from tests.integration.containers.replicas import ServiceContainer
from tests.integration.containers.runs import configure, is_local, sweep, this_run
from tests.integration.containers.topology import Topology, broker_in, control_plane_in
from tests.integration.harness.audit import AuditLog
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.prepare import admitting
from tests.integration.harness.services import Replicas
from tests.integration.harness.standing import STANDING

PATIENCE = 600
"""Seconds that a test may take, with the start of the topology."""
NOTES = pytest.StashKey[list[str]]()
"""What the end of the run says."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests more time than others: they start an API server, and its image may be made first."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def notes(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the end of the run: what was measured, and what was not as usual."""
    return pytestconfig.stash.setdefault(NOTES, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the notes of a worker to the process that prints the end of the run."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["notes"] = session.config.stash.get(NOTES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take them there."""
    node.config.stash.setdefault(NOTES, []).extend(getattr(node, "workeroutput", {}).get("notes", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    if lines := config.stash.get(NOTES, []):
        terminalreporter.section("containers")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def network(notes: list[str]) -> Iterator[Network]:
    """The network of this run; what killed runs have left is removed first."""
    try:
        client = Engine.connect().client
    except PlatformError as error:
        pytest.fail(str(error), pytrace=False)
    if not is_local(client):
        pytest.fail("the Docker engine must be on this machine, since containers mount folders of it", pytrace=False)
    sweep(client)
    if unusual := configure(client):
        notes.append(unusual)
    with Network(docker_network_kw={"labels": this_run()}) as made:
        yield made


@pytest.fixture(scope="session")
def control_plane(
    network: Network, tmp_path_factory: pytest.TempPathFactory, notes: list[str]
) -> Iterator[ControlPlane]:
    """Etcd, API server and controller manager, each in its container, prepared for Slipway."""
    began = time.monotonic()
    with control_plane_in(network, tmp_path_factory.mktemp("control-plane")) as plane:
        notes.append(f"control plane ready after {time.monotonic() - began:.0f} s")
        yield plane
        denied = AuditLog(plane.audit_log).denied()
    assert denied == set(), "rights that a service lacked in some test"


@pytest.fixture(scope="session")
async def running(
    network: Network,
    control_plane: ControlPlane,
    cluster: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
    notes: list[str],
) -> AsyncIterator[Topology]:
    """The topology of this run; see `topology`."""
    began = time.monotonic()
    with broker_in(network, tmp_path_factory.mktemp("broker"), control_plane) as nats:
        made = Topology(network, control_plane, nats, service_image(), tmp_path_factory.mktemp("secrets"))
        made.declare()
        try:
            await made.services.start_all()
            notes.append(f"broker and services ready after {time.monotonic() - began:.0f} s")
            admitting(control_plane)  # takes a while, in which the services start
            notes.append(f"workloads admitted after {time.monotonic() - began:.0f} s")
            await pytestconfig.stash[STANDING].stays()
            yield made
        finally:
            await made.end()


@pytest.fixture
async def topology(running: Topology) -> AsyncIterator[Topology]:
    """One replica of each service, ready; what the test breaks is mended afterwards."""
    yield running
    await running.mend()


@pytest.fixture
def services(topology: Topology) -> Replicas[ServiceContainer]:
    """The services of the topology."""
    return topology.services
