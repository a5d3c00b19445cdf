"""What a control plane needs before Slipway's services can work on it, and what a test leaves behind there."""

import asyncio
import secrets

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster, path_of
from tests.integration.harness.services import ROOT

GLOBAL = "runai"
WORKLOADS = ("interactiveworkloads", "trainingworkloads", "deploymentworkloads")
POLICIES = ("interactivepolicies", "trainingpolicies", "deploymentpolicies")
WATCHERS_LEASE = "slipway-watcher"


def install(plane: ControlPlane) -> None:
    """Install the resource definitions and the admission policies, and make the global namespace."""
    plane.kubectl("apply", "--server-side", "-f", str(ROOT / "deploy" / "crds"))
    plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    if (ROOT / "deploy" / "admission").exists():
        plane.kubectl("apply", "--server-side", "-f", str(ROOT / "deploy" / "admission"))
    plane.kubectl("create", "namespace", GLOBAL)


async def new_project(cluster: Cluster) -> str:
    """Make a namespace `runai-t-<random>`; its project is `t-<random>`."""
    namespace = f"{GLOBAL}-t-{secrets.token_hex(4)}"
    await cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    return namespace


async def clear(cluster: Cluster, namespace: str) -> None:
    """Remove every resource of ours from the namespace, so that the next test's services do not meet it."""
    plurals = (*WORKLOADS, *POLICIES, "runaijobs")
    await asyncio.gather(*(cluster.request("DELETE", path_of(plural, namespace)) for plural in plurals))


async def remove_project(cluster: Cluster, namespace: str) -> None:
    """Clear the namespace and have it deleted; its end is not waited for."""
    await clear(cluster, namespace)
    await cluster.delete("namespaces", namespace)
