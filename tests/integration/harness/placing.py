"""Outputs in a form that can be created alone: in a test's namespace, without owner, or only their pods."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest

OF_OPERATORS: Final = ("kubeflow.org", "serving.knative.dev")
"""API groups that a cluster only has if they are installed; their pods are checked in any case."""


def placed(namespace: str, manifest: Manifest) -> Manifest:
    """The manifest in another namespace and without its owner, since objects without an existing owner are deleted."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def templates(manifest: Manifest) -> Iterator[Manifest]:
    """The pod templates in the manifest."""
    spec = manifest["spec"]
    if "template" in spec:
        yield spec["template"]
    for replicas in (spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs") or {}).values():
        yield replicas["template"]


def pod_of(name: str, namespace: str, template: Manifest) -> Manifest:
    """The pod that a controller would create from the template."""
    metadata = {**template["metadata"], "name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
