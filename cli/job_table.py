"""What `runai list jobs` prints of each job. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cli.capacity import Gpus, holds, requested
from cli.jobs import Job, name_of_node
from cli.tables import age
from shared.names import WORKLOAD_UID_LABEL

JsonObject = dict[str, Any]

HEADER: Final = (
    "NAME",
    "STATUS",
    "AGE",
    "NODE",
    "IMAGE",
    "TYPE",
    "PROJECT",
    "USER",
    "GPUs Allocated (Requested)",
    "PODs Running (Pending)",
    "SERVICE URL(S)",
)
WIDE: Final = ("WORKLOAD", "PRIORITY")
SEVERAL: Final = "<multiple>"
FINISHED: Final = ("Succeeded", "Failed", "TimedOut", "Deleted")
"""Statuses of jobs that hold nothing any more."""


@dataclass(frozen=True)
class Fronts:
    """What the jobs are reached by from outside: Services and Ingresses, by the uid of their workload."""

    services: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    ingresses: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)


def by_workload(items: Iterable[JsonObject]) -> dict[str, list[JsonObject]]:
    """Objects by the uid of the workload that they were made for."""
    found: dict[str, list[JsonObject]] = {}
    for item in items:
        uid = (item["metadata"].get("labels") or {}).get(WORKLOAD_UID_LABEL)
        if uid:
            found.setdefault(uid, []).append(item)
    return found


def row(job: Job, fronts: Fronts, now: datetime) -> list[str]:
    """The job's cells, those of `WIDE` last."""
    status = job.status
    labels = job.resource["metadata"].get("labels") or {}
    return [
        job.name,
        status,
        age(job.resource["metadata"].get("creationTimestamp"), now),
        node(job),
        image(job),
        job.type,
        job.project,
        str(labels.get("user") or ""),
        f"{_allocated(job, status)} ({requested_gpus(job)})",
        f"{len(job.running())} ({pending(job)})",
        ", ".join(urls(job, fronts)),
        job.workload.name if job.workload else "",
        str(labels.get("priorityClassName") or ""),
    ]


def node(job: Job) -> str:
    """The node of its pods; one word where there are several."""
    nodes = {name for pod in job.pods if holds(pod) and (name := name_of_node(pod))}
    return SEVERAL if len(nodes) > 1 else next(iter(nodes), "")


def image(job: Job) -> str:
    """What its first pods run."""
    template, _ = next(job.templates(), ({}, 0))
    containers = (template.get("spec") or {}).get("containers") or [{}]
    return str(containers[0].get("image") or "")


def requested_gpus(job: Job) -> Gpus:
    """The GPUs of all pods that it wants to have at a time."""
    return sum((requested(template).gpus.times(count) for template, count in job.templates()), Gpus())


def allocated_gpus(job: Job) -> Gpus:
    """The GPUs that its pods have."""
    return sum((requested(pod).gpus for pod in job.pods if holds(pod)), Gpus())


def _allocated(job: Job, status: str) -> str:
    gpus = str(allocated_gpus(job))
    return "-" if gpus == "0" and status in FINISHED else gpus


def pending(job: Job) -> int:
    """How many of its pods wait."""
    return sum((pod.get("status") or {}).get("phase") == "Pending" for pod in job.pods)


# ---------------------------------------------------------------- addresses


def urls(job: Job, fronts: Fronts) -> list[str]:
    """Where the job is reached from outside the cluster, as far as the cluster says."""
    if url := (job.resource.get("status") or {}).get("url"):  # Knative's own
        return [str(url)]
    uid = job.uid_of_pods
    found = [url for ingress in fronts.ingresses.get(uid, ()) for url in _of_ingress(ingress)]
    return found + [url for service in fronts.services.get(uid, ()) for url in _of_service(service, job)]


def _of_ingress(ingress: JsonObject) -> Iterator[str]:
    given = _outside(ingress)
    for rule in ingress["spec"].get("rules") or []:
        host = rule.get("host") or given
        for path in (rule.get("http") or {}).get("paths") or []:
            if host:
                yield f"https://{host}{path.get('path') or '/'}"


def _of_service(service: JsonObject, job: Job) -> Iterator[str]:
    spec = service["spec"]
    given, host = _outside(service), _host(job)
    ways: dict[str, Callable[[JsonObject], str | None]] = {
        "LoadBalancer": lambda port: given and f"http://{given}:{port['port']}",
        "NodePort": lambda port: host and f"http://{host}:{port['nodePort']}" if "nodePort" in port else None,
    }
    way = ways.get(spec.get("type", ""))
    for port in spec.get("ports") or []:
        if way and (url := way(port)):
            yield url


def _outside(item: JsonObject) -> str | None:
    """The address that the cluster's surroundings gave to a Service or an Ingress."""
    given = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    address = given[0].get("hostname") or given[0].get("ip")
    return str(address) if address else None


def _host(job: Job) -> str | None:
    """The address of a node that its pods are on."""
    addresses = ((pod.get("status") or {}).get("hostIP") for pod in job.running())
    return next((address for address in addresses if address), None)
