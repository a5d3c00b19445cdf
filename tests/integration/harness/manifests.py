"""Manifests in a line: workloads, policies, quotas."""

from typing import Any, Final

from shared.objects import Manifest

DELETED: Final = {"deleted": True}
"""In place of an item's value: the item is taken away."""


def interactive(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """An InteractiveWorkload; see `spec_of` for what is given how."""
    return workload("InteractiveWorkload", name, namespace, **spec)


def training(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A TrainingWorkload; see `spec_of` for what is given how."""
    return workload("TrainingWorkload", name, namespace, **spec)


def deployment(name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A DeploymentWorkload; see `spec_of` for what is given how."""
    return workload("DeploymentWorkload", name, namespace, **spec)


def workload(kind: str, name: str, namespace: str, /, **spec: Any) -> Manifest:
    """A workload of any kind."""
    return _custom(kind, name, namespace, spec_of(**spec))


def spec_of(**spec: Any) -> Manifest:
    """Write `gpu="1"` as `{value: "1"}` and `ports={"a": ...}` as items; `usage`, `baseWorkload` and `jobType` stand as
    they are.

    An item's value is given bare, or `DELETED`.
    """
    bare = ("usage", "baseWorkload", "jobType")
    return {name: value if name in bare else _wrapped(value) for name, value in spec.items()}


def policy(kind: str, namespace: str, name: str = "policy", **spec: Any) -> Manifest:
    """An InteractivePolicy, TrainingPolicy or DeploymentPolicy with its spec just as given."""
    return _custom(kind, name, namespace, spec)


def quota(namespace: str, name: str = "quota", **hard: str) -> Manifest:
    """A ResourceQuota; names that are no Python word are given as `**{"count/services": "0"}`."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}


def foreign(namespace: str, name: str) -> Manifest:
    """A ConfigMap of somebody else."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def _custom(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _wrapped(value: Any) -> Manifest:
    if not isinstance(value, dict):
        return {"value": value}
    return {"items": {label: item if item == DELETED else {"value": item} for label, item in value.items()}}
