"""Placement of pods: the nodes they run on, their user and their rights."""

from typing import Any, Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.parameters.catalogue import CommonValues
from shared.parameters.placement import Capability, Toleration

NODE_TYPE: Final = "run.ai/type"
"""The node label that holds the node's type."""
DEFAULT_POOL: Final = "default"
"""The pool of all nodes that belong to no other pool."""
MOST_WANTED: Final = 100
"""Weight of the first preference, the largest that Kubernetes allows."""


def spec(values: CommonValues, names: Names) -> Manifest:
    """The part of a pod's spec that sets its nodes and its user; empty if the values set neither."""
    stated: Manifest = {
        "hostIPC": values.host_ipc,
        "hostNetwork": values.host_network,
        # otherwise cluster names, such as those of Services, cannot be resolved from the node's own network
        "dnsPolicy": "ClusterFirstWithHostNet" if values.host_network else "",
        "securityContext": _identity(values),
        "nodeSelector": {NODE_TYPE: str(values.node_type)} if values.node_type else {},
        "affinity": _pools(values, names.site.node_pool_label),
        "tolerations": [_toleration(one) for one in values.tolerations.values()],
    }
    return {key: value for key, value in stated.items() if value}


def rights(values: Any) -> Manifest:
    """The security context of the container."""
    escalation = bool(getattr(values, "allow_privilege_escalation", False))
    added = [Capability.named(value or label) for label, value in values.capabilities.items()]
    capabilities = {"capabilities": {"add": list(dict.fromkeys(added))}} if added else {}
    return {"allowPrivilegeEscalation": escalation, **capabilities}


def _identity(values: CommonValues) -> Manifest:
    if not values.run_as_user:
        return {}
    groups = values.supplemental_groups
    stated = {
        "runAsUser": values.run_as_uid,
        "runAsGroup": values.run_as_gid,
        "fsGroup": values.run_as_gid,
        "supplementalGroups": list(groups.groups) if groups else None,
    }
    return {key: value for key, value in stated.items() if value is not None}


def _pools(values: CommonValues, label: str) -> Manifest:
    """Affinity for nodes of any of the pools, with a preference for pools earlier in the list."""
    pools = values.node_pools.pools if values.node_pools else ((str(values.node_pool),) if values.node_pool else ())
    if not pools:
        return {}
    terms = [{"matchExpressions": [_in_pool(pool, label)]} for pool in pools]
    rules: Manifest = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    if len(terms) > 1:
        rules["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": max(MOST_WANTED - place, 1), "preference": term} for place, term in enumerate(terms[:-1])
        ]
    return {"nodeAffinity": rules}


def _in_pool(pool: str, label: str) -> Manifest:
    if pool == DEFAULT_POOL:
        return {"key": label, "operator": "DoesNotExist"}
    return {"key": label, "operator": "In", "values": [pool]}


def _toleration(one: Toleration) -> Manifest:
    stated: Manifest = {
        "key": str(one.key),
        "operator": one.operator.value,
        "value": None if one.value is None else str(one.value),
        "effect": one.effect and one.effect.value,
        "tolerationSeconds": one.seconds,
    }
    return {key: value for key, value in stated.items() if value is not None}
