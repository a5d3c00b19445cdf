"""What an autoscaler sees and does, second by second."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.node.load import Load
from tests.node.release import NAMESPACE

RESOLVER: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/slipway-resolver"
AUTOSCALERS: Final = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"


@dataclass
class Record:
    """One line a second: what is wanted, what is ready, what the autoscaler measures, how many workloads there are."""

    cluster: Cluster
    began: float = field(default_factory=time.monotonic)
    load: Load | None = None
    lines: list[str] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)
    """The number of resolvers that was wanted, each second."""
    ready: list[int] = field(default_factory=list)
    """The number of resolvers that were ready, each second."""

    async def follow(self) -> None:
        """Write a line each second."""
        while True:
            second = round(time.monotonic() - self.began)
            deployment = await self.cluster.request("GET", RESOLVER)
            (autoscaler,) = (await self.cluster.request("GET", AUTOSCALERS))["items"]
            wanted, ready = deployment["spec"]["replicas"], deployment["status"].get("readyReplicas", 0)
            created = self.load.created if self.load else 0
            self.wanted.append(wanted)
            self.ready.append(ready)
            self.lines.append(
                f"{second:4} s  {wanted} wanted  {ready} ready  {measured(autoscaler)}  {created} created"
            )
            await asyncio.sleep(max(0.0, self.began + len(self.lines) - time.monotonic()))

    async def until(self, what: str, done: Callable[["Record"], bool], within: float = 180.0) -> None:
        """Wait until the record satisfies `done`. AssertionError with the record if it does not in time."""

        async def look() -> str:
            return "\n".join(self.lines)

        await self.cluster.wait_for(what, look, lambda _: done(self), within)


def measured(autoscaler: Manifest) -> str:
    """The value that the autoscaler compares, and its target."""
    (target,) = autoscaler["spec"]["metrics"]
    (now,) = autoscaler.get("status", {}).get("currentMetrics") or [{}]
    kind = target["type"].lower()
    current: dict[str, Any] = now.get(kind, {}).get("current", {})
    if kind == "resource":
        return f"cpu {current.get('averageUtilization', '?')} % of {target[kind]['target']['averageUtilization']} %"
    return f"lag per pod {current.get('averageValue', '?')} of {target[kind]['target']['averageValue']}"


@asynccontextmanager
async def recorded(cluster: Cluster) -> AsyncIterator[Record]:
    """Follow the one autoscaler of the release while inside."""
    record = Record(cluster)
    following = asyncio.create_task(record.follow())
    try:
        yield record
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
