"""One node for all tests, and one release of the chart in it, which the tests of a file use one after another."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest

from deploy.images.engine import Engine
from deploy.local.errors import PlatformError
from tests.integration.harness.cluster import Cluster
from tests.node import machine
from tests.node.figures import Figures
from tests.node.node import MANIFESTS, Node
from tests.node.notebook import notebook
from tests.node.people import Runai
from tests.node.release import Release

FIGURES: Final = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no figures."""
    config.stash[FIGURES] = Figures()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was measured."""
    if config.stash[FIGURES].tables:
        terminalreporter.section("measured")
        terminalreporter.write_line(str(config.stash[FIGURES]))


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session")
def node(figures: Figures) -> Iterator[Node]:
    """A node with the notebook's image and a volume. It is gone afterwards, whatever the tests do."""
    began = time.monotonic()
    try:
        machine.check()
        Engine.connect()
        with Node() as node:
            node.load(notebook())
            node.kubectl("apply", "-f", str(MANIFESTS / "volume.yaml"))
            figures.add("times", f"node, from nothing: {time.monotonic() - began:.1f} s")
            yield node
    except PlatformError as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
async def cluster(node: Node) -> AsyncIterator[Cluster]:
    """The node's API server, as its administrator."""
    async with Cluster(node.kubeconfig, node.kubectl.program, node.ports["etcd"]) as cluster:
        yield cluster


@pytest.fixture(scope="session")
async def release(node: Node, cluster: Cluster, figures: Figures) -> Release:
    """The chart, installed with the values of this folder; all its pods are ready."""
    began = time.monotonic()
    release = await asyncio.to_thread(Release.prepare, node, cluster)
    loaded = time.monotonic()
    await asyncio.to_thread(release.install)
    figures.add("times", f"images built if stale, and loaded: {loaded - began:.1f} s")
    figures.add("times", f"helm install --wait: {time.monotonic() - loaded:.1f} s")
    return release


@pytest.fixture(scope="session")
def ann(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Runai:
    """A researcher of project team-a, at a terminal."""
    return Runai(node.plane.kubeconfig_of("ann"), tmp_path_factory.mktemp("ann"))
