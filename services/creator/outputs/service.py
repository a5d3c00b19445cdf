"""The Service named as the job: its ports under one name."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from services.creator.naming import Manifest, Names, port_name
from shared.parameters.catalogue import CommonValues
from shared.parameters.types import PortMapping, ServiceType

TYPES: Final = {ServiceType.NODE_PORT: "NodePort", ServiceType.LOAD_BALANCER: "LoadBalancer"}
"""How Kubernetes calls a service type; the others are reached inside the cluster, and from there by other means."""


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """Reach the workload's ports under one name; nothing where no port is exposed."""
    if not values.ports:
        return
    service_type, seen = type_of(values), Counter[str]()
    ports = [_port(port, service_type, seen) for port in values.ports.values()]
    yield service(names, names.job, service_type, ports)


def type_of(values: CommonValues) -> str:
    """The type of the workload's Services, as Kubernetes calls it."""
    return TYPES.get(values.service_type, "ClusterIP") if values.service_type else "ClusterIP"


def service(names: Names, name: str, service_type: str, ports: list[Manifest]) -> Manifest:
    """A Service in front of the job's pods."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": names.metadata(name),
        "spec": {"type": service_type, "selector": names.selector, "ports": ports},
    }


def _port(mapping: PortMapping, service_type: str, seen: Counter[str]) -> Manifest:
    """One port; a port of the container that is reached under several numbers has its name counted."""
    name = port_name(mapping.container)
    seen[name] += 1
    port: Manifest = {
        "name": name if seen[name] == 1 else f"{name}-{seen[name]}",
        "protocol": "TCP",
        "port": mapping.external or mapping.container,
        "targetPort": mapping.container,
    }
    if service_type == "NodePort" and mapping.external:  # otherwise the cluster chooses one
        port["nodePort"] = mapping.external
    return port
