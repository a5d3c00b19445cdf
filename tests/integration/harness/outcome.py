"""The outcome of a workload: its outputs, its history, and what is left after it."""

import asyncio
import json
from typing import Any

from shared.objects import Manifest
from shared.resolution.seal import SEAL
from tests.integration.harness.cluster import Cluster, path_of, plural_of

OUTPUT_KINDS = ("ConfigMap", "Service", "RunaiJob", "Deployment", "Job", "StatefulSet")
"""Kinds of objects that a submission, or the runner for it, may create."""
OF_THE_CLUSTER = ("ConfigMap/kube-root-ca.crt",)
"""Objects that every namespace has."""


async def objects(cluster: Cluster, namespace: str) -> dict[str, Manifest]:
    """All objects of the kinds that a submission creates, by `Kind/name`, including those created by others."""
    lists = await asyncio.gather(*(cluster.items(plural_of(kind), namespace) for kind in OUTPUT_KINDS))
    found = {
        f"{kind}/{item['metadata']['name']}": item
        for kind, items in zip(OUTPUT_KINDS, lists, strict=True)
        for item in items
    }
    return {name: item for name, item in sorted(found.items()) if name not in OF_THE_CLUSTER}


async def names_of(cluster: Cluster, namespace: str) -> list[str]:
    """The `Kind/name` of every object of these kinds, sorted."""
    return list(await objects(cluster, namespace))


async def nothing_left(cluster: Cluster, namespace: str, but: tuple[str, ...] = ()) -> None:
    """Wait until the namespace is empty, except for `but`."""
    wanted = sorted(but)
    await cluster.wait_for(
        f"{namespace} to hold {wanted or 'nothing'}",
        lambda: names_of(cluster, namespace),
        lambda seen: seen == wanted,
    )


def identity(item: Manifest) -> tuple[str, str]:
    """A value that changes if the object is written or replaced."""
    return item["metadata"]["uid"], item["metadata"]["resourceVersion"]


def owner_uid(item: Manifest) -> str:
    """The uid of the object's controller."""
    (uid,) = [owner["uid"] for owner in item["metadata"]["ownerReferences"] if owner.get("controller")]
    return str(uid)


def history(workload: Manifest) -> list[tuple[str, str, str]]:
    """The events in its status: type, reason and message, newest last."""
    return [(event["type"], event["reason"], event["message"]) for event in workload["status"].get("events", [])]


def messages(workload: Manifest, of_type: str = "Error") -> list[str]:
    """The messages of its events of one type."""
    return [message for kind, _, message in history(workload) if kind == of_type]


def violations(workload: Manifest) -> list[str]:
    """The violations in its status, as shown to users: `gpu: must be no greater than 4`."""
    return [f"{v['parameter']}: {v['message']}" for v in workload["status"].get("violations", [])]


def condition(workload: Manifest, kind: str) -> Manifest | None:
    """One of its conditions."""
    found = [one for one in workload.get("status", {}).get("conditions", []) if one["type"] == kind]
    return found[0] if found else None


def created(workload: Manifest) -> list[str]:
    """Its created resources, as `Kind/name`."""
    return [f"{one['kind']}/{one['name']}" for one in workload["status"].get("createdResources", [])]


async def notes(cluster: Cluster, workload: Manifest) -> list[tuple[str, str, str]]:
    """The Kubernetes Events about it: type, reason and note."""
    metadata = workload["metadata"]
    path = path_of("events", metadata["namespace"], api_version="events.k8s.io/v1")
    items: list[Manifest] = (await cluster.request("GET", path))["items"]
    return [
        (item["type"], item["reason"], item["note"])
        for item in sorted(items, key=lambda one: str(one["eventTime"]))
        if item["regarding"]["name"] == metadata["name"]
    ]


async def claim(cluster: Cluster, namespace: str, job: str) -> dict[str, Any]:
    """The decoded content of a job's claim: `values`, `provenance` and `sources`."""
    data = (await cluster.get("configmaps", job, namespace))["data"]
    return {name.removesuffix(".json"): json.loads(text) for name, text in data.items() if name != SEAL}


def reference(item: Manifest) -> dict[str, str]:
    """The reference to the resource's current version, as in a status or a claim."""
    metadata = item["metadata"]
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
