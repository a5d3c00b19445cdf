"""People with exactly the rights that Slipway ships."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from cli.cluster.project_parts import parts, subject
from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from shared.names import PROJECT_PREFIX
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive

Researcher = Callable[[str], Coroutine[Any, Any, Cluster]]
RBAC = "rbac.authorization.k8s.io"


async def can_read(cluster: Cluster, namespace: str, kind: str, who: str, secret: str) -> None:
    """Let a `User` or `Group` read one Secret of the namespace by its name."""
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [secret], "verbs": ["get"]}
    await may(cluster, namespace, who, rule, kind)


async def may(cluster: Cluster, namespace: str, who: str, rule: Manifest, kind: str = "User") -> None:
    """Grant one more rule to a `User` or `Group` in the namespace."""
    name = f"{who}-{'-'.join(rule['resources'])}".replace(":", "-")
    subject_of_it, role = subject(kind, who), {"apiGroup": RBAC, "kind": "Role", "name": name}
    whole = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": name, "namespace": namespace}}
    await cluster.create({**whole, "kind": "Role", "rules": [rule]})
    await cluster.create({**whole, "kind": "RoleBinding", "roleRef": role, "subjects": [subject_of_it]})


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
