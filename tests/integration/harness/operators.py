"""The kinds of other operators (Kubeflow, Knative), as their projects publish them; tests run no such operator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import yaml

from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError, Cluster

SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"
KINDS = {
    "mpijob": ("MPIJob", "mpijobs", "kubeflow.org", "v2beta1"),
    "pytorchjob": ("PyTorchJob", "pytorchjobs", "kubeflow.org", "v1"),
    "knative_service": ("Service", "services", "serving.knative.dev", "v1"),
}


@asynccontextmanager
async def installed(cluster: Cluster) -> AsyncIterator[None]:
    """The cluster serves the kinds while inside, without their operators.

    Afterwards it no longer serves them, which looks to clients as if they had never existed. They are not deleted:
    a deletion may take the API server minutes, during which they cannot be created again.
    """
    await _serve(cluster, True)
    try:
        yield
    finally:
        await _serve(cluster, False)


async def _serve(cluster: Cluster, served: bool) -> None:
    await cluster.apply(*(definition(name, served) for name in KINDS))
    for _, plural, group, version in KINDS.values():
        path = f"/apis/{group}/{version}/namespaces/default/{plural}"
        await cluster.wait_for(path, partial(status_of, cluster, path), {200 if served else 404}.__contains__)


async def status_of(cluster: Cluster, path: str) -> int:
    """The HTTP status with which the API server answers this path."""
    try:
        await cluster.request("GET", path)
    except ApiError as error:
        return error.status
    return 200


def definition(name: str, served: bool) -> Manifest:
    """The definition of the kind, with its project's schema."""
    kind, plural, group, version = KINDS[name]
    schema = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text())
    only = {"name": version, "served": served, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [only]},
    }
