"""Outputs as they can be created by themselves: in a test's namespace, without their owner; their pods alone."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest

OF_OPERATORS: Final = ("kubeflow.org", "serving.knative.dev")
"""API groups that a cluster has only where somebody installs them; their pods are checked all the same."""


def placed(namespace: str, manifest: Manifest) -> Manifest:
    """The manifest in another namespace and without its owner, which would have to exist to be kept."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def templates(manifest: Manifest) -> Iterator[Manifest]:
    """The templates of the pods that the manifest asks for."""
    spec = manifest["spec"]
    if "template" in spec:
        yield spec["template"]
    for replicas in (spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs") or {}).values():
        yield replicas["template"]


def pod_of(name: str, namespace: str, template: Manifest) -> Manifest:
    """The pod that whoever runs a template would create."""
    metadata = {**template["metadata"], "name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
