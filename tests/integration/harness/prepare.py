"""Prepares a control plane for Slipway's services, and removes what a test leaves behind."""

import asyncio
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from deploy.local.install import install, publish, wait_until_admitted
from deploy.local.kubectl import Kubectl
from deploy.rights.api import LEASE, NAMESPACE
from shared.names import SECURITY_LABEL
from shared.parameters.kinds import KINDS
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.registry import collections
from tests.integration.harness.seals import seal_keys

GLOBAL = "runai"
WORKLOADS = tuple(kind.workload_plural for kind in KINDS)
HOME, WATCHERS_LEASE = NAMESPACE, LEASE
"""The namespace of the services, and the Lease of the watcher there."""
POLICIES = tuple(kind.policy_plural for kind in KINDS)


def prepare(plane: ControlPlane) -> None:
    """Install resource definitions, admission policies, namespaces and the public keys of seals."""
    install(_kubectl(plane))
    publish(_kubectl(plane), seal_keys())


def admitting(plane: ControlPlane) -> None:
    """Wait until an API server that has just started, or just got its definitions, accepts workloads of every kind.

    It refuses objects that an admission policy may change until it has read the new definitions, up to 20 s later.
    """
    wait_until_admitted(_kubectl(plane))


@contextmanager
def paused(plane: ControlPlane, part: str) -> Iterator[None]:
    """Pause one part of the control plane while inside."""
    component = plane.component(part)
    component.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        component.signal(signal.SIGCONT)


def _kubectl(plane: ControlPlane) -> Kubectl:
    return Kubectl(binaries.find(["kubectl"])["kubectl"], plane.kubeconfig)


async def serving(cluster: Cluster) -> None:
    """Wait until the API server answers for every kind of ours: it answers 429 while it sets up the storage of one."""
    for plural in (*WORKLOADS, *POLICIES, "runaijobs"):
        await cluster.wait_for(plural, partial(cluster.items, plural), lambda _: True)


async def new_project(cluster: Cluster) -> str:
    """Create a namespace `runai-t-<random>`; its project is `t-<random>`, and its pods may do everything."""
    namespace = f"{GLOBAL}-t-{secrets.token_hex(4)}"
    metadata = {"name": namespace, "labels": {SECURITY_LABEL: "privileged"}}
    await cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return namespace


async def remove_project(cluster: Cluster, namespace: str) -> None:
    """Remove what is left in the project's namespace, and our own objects in `runai`.

    Only kinds with remaining objects are listed; the namespace controller would list fifty. The empty namespace stays
    for the rest of the file: objects that go by themselves have finalizers, which need a namespace that exists.
    """
    left = await cluster.registry.keys()
    ours = {path for path in collections(left, GLOBAL) if path.startswith("/apis/run.ai/")}
    at_once = {"gracePeriodSeconds": "0"}
    paths = collections(left, namespace) | ours
    await asyncio.gather(*(cluster.request("DELETE", path, params=at_once) for path in paths))
    readers = f"runai-readers-{namespace.removeprefix(f'{GLOBAL}-')}"
    if f"rolebindings/{GLOBAL}/{readers}" in left:
        await cluster.delete("rolebindings", readers, GLOBAL)
    cluster.empty.add(namespace)
