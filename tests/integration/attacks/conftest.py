"""People with exactly the rights that Slipway ships."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from cli.cluster.project_parts import parts, subject
from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from shared.names import PROJECT_PREFIX
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive

Researcher = Callable[[str], Coroutine[Any, Any, Cluster]]


@pytest.fixture
async def researcher(control_plane: ControlPlane, cluster: Cluster, namespace: str) -> AsyncIterator[Researcher]:
    """Makes a client of a researcher of this project, by name: the rights of `runai project create`, and no others."""
    project = namespace.removeprefix(PROJECT_PREFIX)
    group = f"researchers-of-{namespace}"
    rights = [
        part.manifest for part in parts(project, [subject("Group", group)]) if part.manifest["kind"] != "Namespace"
    ]
    await cluster.apply(*rights)
    async with AsyncExitStack() as clients:

        async def make(name: str) -> Cluster:
            kubectl = binaries.find(["kubectl"])["kubectl"]
            client = Cluster(control_plane.kubeconfig_of(name, groups=[group]), kubectl)
            await clients.enter_async_context(client)
            probe = interactive("probe", namespace, usage="Template")
            await client.wait_for(f"{name}'s rights", lambda: client.create(probe, dryRun="All"))
            return client

        yield make
