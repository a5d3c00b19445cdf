"""The Service with the name of the job, which exposes its ports. Ports of another type have a Service of their own."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names, port_name
from shared.outputs.roles import runs_mpi
from shared.parameters.catalogue import CommonValues
from shared.parameters.types import PortMapping, PortService
from shared.resolution.cross_details import service_of

ANY: Final = PortMapping(container=1)
"""A port mapping that does not say how its port is reached."""


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """The Services that expose the workload's ports; nothing if it exposes none."""
    for name, (service_type, ports) in services(values, names).items():
        yield service(names, name, service_type, ports)


def services(values: CommonValues, names: Names) -> dict[str, tuple[PortService, list[Manifest]]]:
    """The Services of the workload's ports, by name, each with its type and ports.

    The Service of the workload's own type, or else of the first port's type, has the job's name. For an MPIJob it is
    `<job>-ports`: the MPI Operator creates its own Service with the job's name, and stops if there is another one.
    """
    mappings: dict[PortService, list[PortMapping]] = {type_of(values): []}
    for mapping in values.ports.values():
        mappings.setdefault(service_of(mapping, values.service_type), []).append(mapping)
    known = {mapping.container for mapping in values.ports.values()}
    exposed = dict.fromkeys(url.container for url in values.exposed_urls.values() if url.container not in known)
    if exposed:
        of_urls = [PortMapping(container=container, auto_generate=True) for container in exposed]
        mappings.setdefault(PortService.CLUSTER_IP, []).extend(of_urls)
    used = [(service_type, ports) for service_type, ports in mappings.items() if ports]
    first = names.service("ports") if runs_mpi(values) else names.job
    return {
        first if not place else names.service(service_type.value): (service_type, _ports(ports, service_type))
        for place, (service_type, ports) in enumerate(used)
    }


def type_of(values: CommonValues) -> PortService:
    """The type of the workload's Services, in Kubernetes' spelling."""
    return service_of(ANY, values.service_type)


def service(names: Names, name: str, service_type: PortService, ports: list[Manifest]) -> Manifest:
    """A Service in front of the job's pods."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": names.metadata(name),
        "spec": {"type": service_type.value, "selector": names.selector, "ports": ports},
    }


def single(container: int) -> list[Manifest]:
    """The only port of a Service that exposes a tool."""
    return [{"name": port_name(container), "protocol": "TCP", "port": container, "targetPort": container}]


def _ports(mappings: list[PortMapping], service_type: PortService) -> list[Manifest]:
    taken = {mapping.external or mapping.container for mapping in mappings if not mapping.auto_generate}
    seen: Counter[str] = Counter()
    return [_port(mapping, service_type, seen, taken) for mapping in mappings]


def _port(mapping: PortMapping, service_type: PortService, seen: Counter[str], taken: set[int]) -> Manifest:
    """A Service port. If a container port is exposed under several numbers, its name gets a counter."""
    name = port_name(mapping.container)
    seen[name] += 1
    number = mapping.external or mapping.container
    if mapping.auto_generate:
        number = _free(mapping.container, taken)
        taken.add(number)
    port: Manifest = {
        "name": name if seen[name] == 1 else f"{name}-{seen[name]}",
        "protocol": "TCP",
        "port": number,
        "targetPort": mapping.container,
    }
    if service_type is PortService.NODE_PORT and mapping.external:  # otherwise the cluster chooses a number
        port["nodePort"] = mapping.external
    return port


def _free(first: int, taken: set[int]) -> int:
    """The first free number, searching up from `first` and then from the lowest."""
    numbers = chain(range(first, 65536), range(first - 1, 0, -1))
    return next(number for number in numbers if number not in taken)
