"""Real autoscalers: one adds resolvers by processor, one by the messages that wait; nothing is lost or doubled."""

import asyncio
import time
from typing import Any, Final

import pytest

from tests.integration.harness.cluster import Cluster
from tests.node import autoscalers
from tests.node.figures import Figures
from tests.node.load import under_load
from tests.node.node import Node
from tests.node.record import AUTOSCALERS, recorded
from tests.node.release import Release

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
SCALING: Final = {"min": 1, "max": 3}
LITTLE: Final = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"memory": "384Mi"}}
"""So little that a load that a small node can carry is far above what one pod is meant for."""
SLOW: Final = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"cpu": "50m", "memory": "384Mi"}}
"""So slow that messages wait."""
AT_ONCE: Final = 30
"""Workloads a second: more than one slow resolver resolves."""


@pytest.fixture(scope="module")
async def autoscaling(node: Node, release: Release, figures: Figures) -> None:
    """metrics-server and KEDA serve their metrics."""
    began = time.monotonic()
    await asyncio.to_thread(autoscalers.provide, node)
    figures.add("times", f"metrics-server and KEDA serve metrics: {time.monotonic() - began:.1f} s")


async def test_processor_adds_and_removes_resolvers(
    autoscaling: None, release: Release, cluster: Cluster, figures: Figures
) -> None:
    """P1: a HorizontalPodAutoscaler takes the resolver from 1 to 3 pods under load and back; each workload is a job."""
    await _scaled_by(release, {"by": "hpa", "cpu": 80, **SCALING}, LITTLE)
    async with recorded(cluster) as record:
        await cluster.wait_for("the first measurement", lambda: _current(cluster))
        async with under_load(cluster, "by-processor", 5) as load:
            record.load = load
            await record.until("three ready resolvers", lambda seen: 3 in seen.ready)
        await record.until("one resolver", lambda seen: seen.ready[-1] == 1)
    figures.add("by processor: HorizontalPodAutoscaler and metrics-server", *record.lines)
    assert sorted(set(record.wanted)) in ([1, 3], [1, 2, 3])


async def test_waiting_messages_add_and_remove_resolvers(
    autoscaling: None, release: Release, cluster: Cluster, figures: Figures
) -> None:
    """P1: KEDA takes the resolver from 1 to 3 pods while messages wait, and back; each workload is a job."""
    await _scaled_by(release, {"by": "keda", "lag": 10, **SCALING}, SLOW)
    await cluster.wait_for("KEDA's autoscaler", lambda: cluster.request("GET", AUTOSCALERS), lambda seen: seen["items"])
    async with recorded(cluster) as record:
        async with under_load(cluster, "by-lag", AT_ONCE, most=1000) as load:
            record.load = load
            await record.until("a demand for three", lambda seen: seen.wanted[-1] == 3 and load.created >= 200)
            load.end()
            await record.until("three ready resolvers", lambda seen: 3 in seen.ready)
        await record.until("one resolver", lambda seen: seen.ready[-1] == 1)
    figures.add("by lag: KEDA", *record.lines)
    assert sorted(set(record.wanted)) in ([1, 3], [1, 2, 3])


async def _scaled_by(release: Release, scaling: dict[str, Any], resources: dict[str, Any]) -> None:
    values = {"resolver.autoscaling": scaling, "resolver.resources": resources}
    await asyncio.to_thread(release.upgrade, values)


async def _current(cluster: Cluster) -> object:
    (autoscaler,) = (await cluster.request("GET", AUTOSCALERS))["items"]
    return autoscaler["status"].get("currentMetrics")
