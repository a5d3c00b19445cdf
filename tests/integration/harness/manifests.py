"""One-line manifests: workloads, policies, quotas."""

from typing import Any, Final

from shared.objects import Manifest

DELETED: Final = {"deleted": True}
"""Instead of an item's value: deletes the item."""


def interactive(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """An InteractiveWorkload; see `spec_of` for the arguments."""
    return workload("InteractiveWorkload", name, namespace, **spec)


def training(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A TrainingWorkload; see `spec_of` for the arguments."""
    return workload("TrainingWorkload", name, namespace, **spec)


def deployment(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A DeploymentWorkload; see `spec_of` for the arguments."""
    return workload("DeploymentWorkload", name, namespace, **spec)


def workload(kind: str, name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A workload of any kind."""
    return _custom(kind, name, namespace, spec_of(**spec))


def spec_of(**spec: Any) -> Manifest:
    """Write `gpu="1"` as `{value: "1"}` and `ports={"a": ...}` as items; `usage`, `baseWorkload` and `jobType` are
    kept as given.

    Give an item's value bare, or as `DELETED`.
    """
    bare = ("usage", "baseWorkload", "jobType")
    return {name: value if name in bare else _wrapped(value) for name, value in spec.items()}


def policy(kind: str, namespace: str, name: str = "policy", **spec: Any) -> Manifest:
    """An InteractivePolicy, TrainingPolicy or DeploymentPolicy with its spec as given."""
    return _custom(kind, name, namespace, spec)


def quota(namespace: str, name: str = "quota", **hard: str) -> Manifest:
    """A ResourceQuota; give names that are not Python identifiers as `**{"count/services": "0"}`."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}


def foreign(namespace: str, name: str) -> Manifest:
    """A ConfigMap that Slipway did not create."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def _custom(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _wrapped(value: Any) -> Manifest:
    if not isinstance(value, dict):
        return {"value": value}
    return {"items": {label: item if item == DELETED else {"value": item} for label, item in value.items()}}
