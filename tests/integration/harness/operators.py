"""The kinds that others run (Kubeflow, Knative), as their projects publish them; in tests nobody runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import Manifest

SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"
KINDS = {
    "mpijob": ("MPIJob", "mpijobs", "kubeflow.org", "v2beta1"),
    "pytorchjob": ("PyTorchJob", "pytorchjobs", "kubeflow.org", "v1"),
    "knative_service": ("Service", "services", "serving.knative.dev", "v1"),
}


@asynccontextmanager
async def installed(cluster: Cluster) -> AsyncIterator[None]:
    """The kinds are in the cluster meanwhile, without anybody who runs them."""
    definitions = [definition(name) for name in KINDS]
    names = [f"crd/{one['metadata']['name']}" for one in definitions]
    await cluster.apply(*definitions)
    await cluster.kubectl("wait", "--for=condition=Established", *names)
    try:
        yield
    finally:
        await cluster.kubectl("delete", "--timeout=60s", *names)  # waits until they are gone


def definition(name: str) -> Manifest:
    kind, plural, group, version = KINDS[name]
    schema = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text())
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
    }
