"""The Ingress with the name of the job, which serves its ports under paths of the cluster's host."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.objects import Manifest
from shared.outputs import jupyter, tensorboard
from shared.outputs.naming import Names
from shared.outputs.service import services
from shared.parameters.catalogue import CommonValues
from shared.parameters.types import ServiceType


class Route(NamedTuple):
    """The target of an address: a port of the container, and the Service that exposes it."""

    host: str
    path: str
    container: int
    service: str
    port: int


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """The Ingress that exposes ports over http outside the cluster; nothing if no port is exposed this way."""
    by_host: dict[str, list[Manifest]] = {}
    for route in routes(values, names):
        backend = {"service": {"name": route.service, "port": {"number": route.port}}}
        by_host.setdefault(route.host, []).append({"path": route.path, "pathType": "Prefix", "backend": backend})
    if not by_host:
        return
    spec: Manifest = {"ingressClassName": names.site.ingress_class} if names.site.ingress_class else {}
    rules = [{**({"host": host} if host else {}), "http": {"paths": paths}} for host, paths in by_host.items()]
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": names.metadata(names.job),
        "spec": {**spec, "rules": rules},
    }


def routes(values: CommonValues, names: Names) -> list[Route]:
    """Every address: as the workload says, else `/<project>/<job>`, followed by `/<port>` if there are several.

    Neither a project's name nor a job's contains a slash, so that no two jobs have the same path.
    """
    targets = _targets(values, names)
    several = len(targets) > 1
    found = []
    for container, service, port, url in targets:
        path = f"/{names.project}/{names.job}{f'/{container}' if several else ''}"
        host, path = (url.host, url.path) if url else (names.site.ingress_host, path)
        found.append(Route(host, path, container, service, port))
    return found


def path_of(values: CommonValues, names: Names, container: int) -> str:
    """The path under which a port of the container is reached; empty if no Ingress reaches it."""
    return next((route.path for route in routes(values, names) if route.container == container), "")


def _targets(values: Any, names: Names) -> list[tuple[int, str, int, Any]]:
    """Every exposed port once: port of the container, Service, port of the Service and address."""
    reached = {
        port["targetPort"]: (name, port["port"])
        for name, (_, ports) in reversed(services(values, names).items())
        for port in reversed(ports)
    }
    if getattr(values, "jupyter", False):
        reached[jupyter.PORT] = (names.jupyter, jupyter.PORT)
    if getattr(values, "tensorboard", False):
        reached[tensorboard.PORT] = (names.tensorboard, tensorboard.PORT)
    urls = [(one.container, one.url) for one in values.exposed_urls.values()]
    if values.service_type is ServiceType.INGRESS:
        stated = {container for container, _ in urls}
        by_workload = [port.container for port in values.ports.values() if port.service_type is None]
        notebook = [jupyter.PORT] if getattr(values, "jupyter", False) else []
        every = dict.fromkeys([*by_workload, *notebook])
        urls = [*((container, None) for container in every if container not in stated), *urls]
    return [(container, *reached[container], url) for container, url in urls]
