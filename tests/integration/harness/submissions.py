"""Finds what `runai submit` has created."""

import re

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster

NOW = re.compile(r"\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d")
"""Matches the time in a workload's name."""
LIMITS = {
    "gpu": {"rules": {"min": "1", "max": "4"}, "value": "1"},
    "ports": {"itemRules": {"container": {"min": 30000}}},
}
"""Policy rules that refuse values that are too large."""


async def workloads(cluster: Cluster, namespace: str, kind: str = "training") -> list[Manifest]:
    return await cluster.items(f"{kind}workloads", namespace)


async def only(cluster: Cluster, namespace: str, kind: str = "training") -> Manifest:
    (workload,) = await workloads(cluster, namespace, kind)
    return workload
