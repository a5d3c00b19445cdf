"""Finds the addresses of a job outside the cluster."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import ForbiddenError
from shared.inquiry.jobs import Job
from shared.inquiry.notes import Say
from shared.names import WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject


@dataclass(frozen=True)
class Exposure:
    """Services and Ingresses that expose jobs outside the cluster, by the uid of their workload."""

    services: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    ingresses: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)


def by_workload(items: Iterable[JsonObject]) -> dict[str, list[JsonObject]]:
    """The objects by the uid of the workload that they were created for."""
    found: dict[str, list[JsonObject]] = {}
    for item in items:
        uid = (item["metadata"].get("labels") or {}).get(WORKLOAD_UID_LABEL)
        if uid:
            found.setdefault(uid, []).append(item)
    return found


def urls(job: Job, exposure: Exposure) -> list[str]:
    """The addresses of the job outside the cluster, as far as the cluster shows them."""
    if url := (job.resource.get("status") or {}).get("url"):  # set by Knative
        return [str(url)]
    uid = job.uid_of_pods
    found = [url for ingress in exposure.ingresses.get(uid, ()) for url in _of_ingress(ingress)]
    return found + [url for service in exposure.services.get(uid, ()) for url in _of_service(service, job)]


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
    """The external address that was assigned to a Service or an Ingress."""
    given = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    address = given[0].get("hostname") or given[0].get("ip")
    return str(address) if address else None


def _host(job: Job) -> str | None:
    """The address of a node that runs its pods."""
    addresses = ((pod.get("status") or {}).get("hostIP") for pod in job.running())
    return next((address for address in addresses if address), None)


async def read_exposure(api: Any, namespace: str, uid: str, note: Say) -> Exposure:
    """Read what exposes the workload with that uid. Empty, with a note, if the user may not see it."""
    selector = f"{WORKLOAD_UID_LABEL}={uid}"
    services, ingresses = await asyncio.gather(
        _items(api, resource_path("services", namespace, None, "v1"), selector, note),
        _items(api, resource_path("ingresses", namespace, None, "networking.k8s.io/v1"), selector, note),
    )
    return Exposure(by_workload(services), by_workload(ingresses))


async def _items(api: Any, path: str, selector: str, note: Say) -> list[JsonObject]:
    try:
        answer = await api.list(path, {"labelSelector": selector})
    except ForbiddenError as error:
        note(f"job addresses are not shown: {error}")
        return []
    return list(answer["items"])
