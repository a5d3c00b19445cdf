"""Rules for values that reach beyond a workload's own pods, which only a policy can grant. They run as part of `cross`.

`grants` defines what a grant is. Every sentence shows the rule of the policy that would grant the value.
"""

from collections.abc import Callable, Iterator
from typing import Final

from pydantic import JsonValue

from shared.names import HOSTS_ANNOTATION
from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.kinds import INFERENCE
from shared.parameters.reserved import is_ours, of_kubernetes, with_domain
from shared.parameters.types import PortService, ServiceType
from shared.resolution.chosen import Chosen, Found
from shared.resolution.grants import granting

ANY: Final[JsonValue] = {"rules": {"canEdit": True}}
ANY_ITEM: Final[JsonValue] = {"rules": {"canAdd": True}}
OF_NODE: Final = ("hostIpc", "hostNetwork", "allowPrivilegeEscalation")
"""Switches that give access to the node."""
OUTSIDE: Final = {
    ServiceType.LOAD_BALANCER: PortService.LOAD_BALANCER,
    ServiceType.NODE_PORT: PortService.NODE_PORT,
}
"""Service types that open a port to everybody who reaches the cluster, of a workload and of a port."""


def node(chosen: Chosen) -> Iterator[Found]:
    """Nothing reaches the node itself."""
    for name in OF_NODE:
        if chosen[name] and not chosen.grants.value(name, True):
            yield name, sentences.reaches_host(granting(name, ANY))
    for label, value in chosen.items("capabilities").items():
        if not chosen.grants.item("capabilities", label, value, "value"):
            yield ("capabilities", label), sentences.reaches_host(granting("capabilities", ANY_ITEM))


def volumes(chosen: Chosen) -> Iterator[Found]:
    """No directory of the node is mounted, and none of a file server."""
    # a policy with rules for the server means directories of a server when it lists directories
    of_server = chosen.grants.governs("volumes", "nfsServer")
    for label, volume in chosen.items("volumes").items():
        if volume.nfs_server is None:
            if not chosen.grants.item("volumes", label, volume, "" if of_server else "sourcePath"):
                yield ("volumes", label), sentences.reaches_host(granting("volumes", ANY_ITEM))
        elif not chosen.grants.item("volumes", label, volume, "nfsServer"):
            rule: JsonValue = {"itemRules": {"nfsServer": {"options": [str(volume.nfs_server)]}}}
            yield ("volumes", label, "nfsServer"), sentences.uses_server(granting("volumes", rule))


def services(chosen: Chosen) -> Iterator[Found]:
    """No port is opened outside the cluster. An inference workload has no such ports: Knative serves it."""
    if chosen.kind == INFERENCE.name:
        return
    by_workload = chosen["serviceType"]
    if by_workload in OUTSIDE and not chosen.grants.value("serviceType", by_workload):
        yield "serviceType", sentences.opens_port(_service(by_workload))
    named = {service: by_workload for by_workload, service in OUTSIDE.items()}
    for label, port in chosen.items("ports").items():
        meant = named.get(port.service_type) if port.service_type else None
        granted = meant is None or chosen.grants.allows("serviceType", meant)
        listed = chosen.grants.member("ports", "serviceType") or chosen.grants.own("ports", label, port)
        if meant and not granted and not listed:
            yield ("ports", label, "serviceType"), sentences.opens_port(_service(meant))


def _service(meant: ServiceType) -> str:
    return granting("serviceType", {"rules": {"options": [meant.value]}})


def taints(chosen: Chosen) -> Iterator[Found]:
    """No pod tolerates a taint of Kubernetes itself, such as those of the control plane and of cordoned nodes."""
    for label, one in chosen.items("tolerations").items():
        listed = chosen.grants.own("tolerations", label, one) or chosen.grants.member("tolerations", "key")
        if of_kubernetes(one.key) and not listed:
            rule: JsonValue = {"itemRules": {"key": {"options": [str(one.key)]}}}
            yield ("tolerations", label, "key"), sentences.tolerates_kubernetes(granting("tolerations", rule))


def devices(chosen: Chosen) -> Iterator[Found]:
    """No resource of a node but processor time, memory and GPUs is requested: all others are devices."""
    for name, amount in chosen.items("extendedResources").items():
        if not chosen.grants.item("extendedResources", name, amount):
            rule: JsonValue = {"items": {name: ANY}}
            yield ("extendedResources", name), sentences.requests_device(granting("extendedResources", rule))


def keys(chosen: Chosen) -> Iterator[Found]:
    """No label or annotation has a domain: such keys steer other software, from service meshes to runtimes."""
    for name in ("labels", "annotations"):
        for key, value in chosen.items(name).items():
            if with_domain(key) and not is_ours(key) and not chosen.grants.label(name, key, value):
                yield (name, key), sentences.steers_others(granting(name, {"items": {key: ANY}}))


def addresses(chosen: Chosen) -> Iterator[Found]:
    """No address is chosen, and if the policy grants that, none under a host of others.

    What a project's own policy lists belongs to the project. The global policy applies to many, and so lists for none.
    """
    listed = chosen.grants.of_project and chosen.grants.member("exposedUrls", "url")
    for label, exposed in chosen.items("exposedUrls").items():
        if exposed.url is None or chosen.grants.own("exposedUrls", label, exposed):
            continue
        path, host = ("exposedUrls", label, "url"), exposed.url.host
        if not chosen.grants.item("exposedUrls", label, exposed, "url"):
            rule: JsonValue = {"itemRules": {"url": {"options": [str(exposed.url)]}}}
            yield path, sentences.chooses_address(granting("exposedUrls", rule))
        elif chosen.hosts and chosen.hosts.reserve(host):
            yield path, sentences.reserved_host(host)
        elif chosen.hosts and not listed and not chosen.hosts.include(host):
            yield path, sentences.foreign_host(host, chosen.hosts.own, HOSTS_ANNOTATION)


def siblings(chosen: Chosen) -> Iterator[Found]:
    """A limit of one parameter is not evaded by another one that takes its place."""
    for group in EXCLUSIVE:
        limited = [name for name in group if chosen.grants.limits(name)]
        others = [name for name in group if limited and name not in limited and name in chosen.stated]
        for name in others:
            value = chosen[name]
            if value is not None and not chosen.grants.value(name, value):
                yield name, sentences.instead_of(limited, granting(name, ANY))


def limits_as_requests(chosen: Chosen) -> Iterator[Found]:
    """An upper bound of a request binds a limit that stands alone: Kubernetes requests the same amount."""
    for request, limit in (("cpu", "cpuLimit"), ("memory", "memoryLimit")):
        if request in chosen.stated or chosen[limit] is None:
            continue
        for bound in chosen.grants.most(request):
            if message := bound.check(chosen[limit], None):
                yield limit, sentences.limit_as_request(message, request)


def replicas(chosen: Chosen) -> Iterator[Found]:
    """An upper bound of the replicas forbids 0, which sets no limit."""
    if chosen["maxScale"] == 0 and "maxScale" in chosen.stated:
        for bound in chosen.grants.most("maxScale"):
            yield "maxScale", sentences.no_limit_at_zero(bound.written)


GRANT_RULES: Final[tuple[Callable[[Chosen], Iterator[Found]], ...]] = (
    node,
    volumes,
    services,
    taints,
    devices,
    keys,
    addresses,
    siblings,
    limits_as_requests,
    replicas,
)
