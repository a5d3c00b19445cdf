"""The rows of `runai list nodes` and the page of `runai describe node`. Pure."""

from datetime import datetime
from typing import Final

from cli.nodes.node import Node
from cli.printing.tables import table
from shared.inquiry.capacity import Gpus, number, requested, size
from shared.inquiry.texts import printable
from shared.inquiry.times import age
from shared.jobs import pod_status
from shared.names import project_of
from shared.objects import JsonObject

HEADER: Final = (
    "NAME",
    "STATUS",
    "AGE",
    "IP ADDRESS",
    "ROLE",
    "GPU TYPE",
    "GPUs Allocated (Allocatable)",
    "CPUs Allocated (Allocatable)",
    "MEMORY Allocated (Allocatable)",
    "PODs",
)
WIDE: Final = ("KUBELET", "OS IMAGE", "TAINTS")
NO_GPUS: Final = str(Gpus())


def row(node: Node, now: datetime) -> list[str]:
    """The node's cells, with those of `WIDE` last."""
    has, taken = node.allocatable, node.allocated
    info = (node.resource.get("status") or {}).get("nodeInfo") or {}
    return [
        node.name,
        node.status,
        age(node.resource["metadata"].get("creationTimestamp"), now),
        node.address,
        node.roles,
        node.gpu_type,
        f"{taken.gpus if taken else '?'} ({has.gpus})",
        f"{number(taken.cpu) if taken else '?'} ({number(has.cpu)})",
        f"{size(taken.memory) if taken else '?'} ({size(has.memory)})",
        "?" if node.pods is None else str(len(node.pods)),
        str(info.get("kubeletVersion") or ""),
        str(info.get("osImage") or ""),
        ",".join(taints(node)) or "<none>",
    ]


def taints(node: Node) -> list[str]:
    """The node's taints: `key=value:effect`."""
    given = (node.resource.get("spec") or {}).get("taints") or []
    return [f"{one['key']}{'=' + one['value'] if one.get('value') else ''}:{one['effect']}" for one in given]


def page(node: Node, now: datetime) -> list[str]:
    """All lines about a node: its properties, its capacity, and the pods that use it."""
    has, all_of_it, taken = node.allocatable, node.capacity, node.allocated
    facts = {
        "NAME": node.name,
        "STATUS": node.status,
        "AGE": age(node.resource["metadata"].get("creationTimestamp"), now),
        "IP ADDRESS": node.address,
        "ROLE": node.roles,
        "TAINTS": ", ".join(taints(node)) or "<none>",
        "GPU TYPE": node.gpu_type,
        "GPUS CAPACITY": str(all_of_it.gpus),
        "GPUS ALLOCATABLE": str(has.gpus),
        "GPUS ALLOCATED": str(taken.gpus) if taken else "?",
        "CPUS CAPACITY": number(all_of_it.cpu),
        "CPUS ALLOCATABLE": number(has.cpu),
        "CPUS ALLOCATED": number(taken.cpu) if taken else "?",
        "MEMORY CAPACITY": size(all_of_it.memory),
        "MEMORY ALLOCATABLE": size(has.memory),
        "MEMORY ALLOCATED": size(taken.memory) if taken else "?",
    }
    lines = [f"{name}: {printable(text)}" for name, text in facts.items()]
    return [*lines, "", "Pods:", *_pods(node, now)]


def _pods(node: Node, now: datetime) -> list[str]:
    if node.pods is None:
        return ["not shown: you are not allowed to list them"]
    if not node.pods:
        return ["none"]
    found = sorted(node.pods, key=lambda pod: (str(requested(pod).gpus) == NO_GPUS, pod["metadata"]["namespace"]))
    return table(("POD", "PROJECT", "STATUS", "AGE", "GPUS", "CPUS", "MEMORY"), [_pod(pod, now) for pod in found])


def _pod(pod: JsonObject, now: datetime) -> tuple[str, ...]:
    metadata, asked = pod["metadata"], requested(pod)
    place = project_of(metadata["namespace"]) or f"(namespace {metadata['namespace']})"
    lived = age(metadata.get("creationTimestamp"), now)
    amounts = str(asked.gpus), number(asked.cpu), size(asked.memory)
    return metadata["name"], place, pod_status(pod).upper(), lived, *amounts
