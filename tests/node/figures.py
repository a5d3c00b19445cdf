"""What is measured on the way, and shown at the end of the run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.node.node import Node
from tests.node.release import NAMESPACE, Release, is_ready, service_of

MEBI: Final = 1 << 20
OBSERVED: Final = 'slipway_messages_total{subject="workload.observed",verdict="done"}'
"""What a resolver counts of the workloads that it has resolved."""


@dataclass
class Figures:
    """Lines by title, in the order in which they came."""

    tables: dict[str, list[str]] = field(default_factory=dict)

    def add(self, title: str, *lines: str) -> None:
        """Add lines under a title."""
        self.tables.setdefault(title, []).extend(lines)

    def __str__(self) -> str:
        return "\n".join(
            f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in self.tables.items()
        )


@dataclass(frozen=True)
class Usage:
    """What a container has used, as its kubelet measured it."""

    seconds: float
    """Of processor time since its start."""
    resident: float
    """MiB that it cannot give back (the working set)."""
    at: float
    """When it was measured, in seconds."""


def usage(node: Node) -> Mapping[str, Usage]:
    """The use of each service's pods, by pod."""
    found = {}
    for pod in node.stats()["pods"]:
        if pod["podRef"]["namespace"] == NAMESPACE:
            for container in pod.get("containers", []):
                cpu, memory = container.get("cpu", {}), container.get("memory", {})
                used = Usage(
                    cpu.get("usageCoreNanoSeconds", 0) / 1e9, memory.get("workingSetBytes", 0) / MEBI, time.monotonic()
                )
                found[pod["podRef"]["name"]] = used
    return found


def compared(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> Sequence[str]:
    """A line for each pod that both know: processor in between, in thousandths of one, and memory at the end."""
    return [
        f"{name:<34} {1000 * (now.seconds - before[name].seconds) / (now.at - before[name].at):5.0f} m"
        f" {now.resident:6.0f} MiB"
        for name, now in sorted(after.items())
        if name in before
    ]


async def resolved(cluster: Cluster, pods: Sequence[Manifest]) -> Mapping[str, int]:
    """How many workloads each of these resolvers has resolved, by pod."""
    found = {}
    for pod in pods:
        name = pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}:8080/proxy/metrics"
        page = (await cluster.request("GET", path))["message"]
        found[name] = sum(int(float(line.split()[-1])) for line in page.splitlines() if line.startswith(OBSERVED))
    return found


async def start(release: Release, service: str, of: Callable[[Manifest], Any] = service_of) -> tuple[float, float]:
    """Delete the service's pod; return after how many seconds the next one ran, and was ready, from its creation."""
    (before,) = await release.pods(service)
    await release.cluster.delete("pods", before["metadata"]["name"], NAMESPACE)
    seen: dict[str, float] = {}

    async def look() -> bool:
        for pod in await release.pods(service):
            if pod["metadata"]["uid"] != before["metadata"]["uid"]:
                seen.setdefault("created", time.monotonic())
                if any("running" in one.get("state", {}) for one in pod["status"].get("containerStatuses", [])):
                    seen.setdefault("running", time.monotonic())
                if is_ready(pod):
                    seen.setdefault("ready", time.monotonic())
        return "ready" in seen

    await release.cluster.wait_for(f"another ready pod of {service}", look)
    return seen["running"] - seen["created"], seen["ready"] - seen["created"]
