"""RunaiJobs as a test writes them, what the runner creates for them, and how they end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.msg import Msg

from shared.jobs import end_of
from shared.messages import STREAM
from shared.objects import Manifest
from tests.integration.harness.broker import connected
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import Line

GPUS_OF_NO_NODE = {"nvidia.com/gpu": 64}
"""A limit that no node can satisfy, so that the pod waits."""
COPIES = 100
"""How often an old message is delivered again."""


def runaijob(
    name: str, namespace: str, restart: str = "Never", limits: Manifest | None = None, **spec: Any
) -> Manifest:
    """A RunaiJob with one container, as a user may write it."""
    container = {"name": "main", "image": "ubuntu", "resources": {"limits": limits or {}}}
    template = {
        "metadata": {"labels": {"release": name}},
        "spec": {"restartPolicy": restart, "containers": [container]},
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": {**spec, "template": template}}


async def ended(cluster: Cluster, namespace: str, name: str) -> tuple[str, str, str]:
    """Wait until the RunaiJob reports its end; return the condition's type, reason and message."""
    job = await cluster.wait_for(
        f"the end of {name}", lambda: cluster.get("runaijobs", name, namespace), lambda seen: end_of(seen)
    )
    end = end_of(job) or {}
    return end["type"], end.get("reason", ""), end.get("message", "")


async def active(cluster: Cluster, namespace: str, name: str) -> Manifest:
    """Wait until the RunaiJob reports that its pod exists."""
    return await cluster.wait_for(
        f"{name} to be active",
        lambda: cluster.get("runaijobs", name, namespace),
        lambda seen: seen.get("status", {}).get("active") == 1,
    )


async def pods_of(cluster: Cluster, namespace: str, name: str) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in await cluster.items("pods", namespace, f"release={name}"))


def made(line: Line, namespace: str) -> list[str]:
    """What the runner created in the namespace, oldest first."""
    writes = [one for one in line.proxy.writes() if one.client.startswith("runner-") and one.namespace == namespace]
    return [f"{one.resource}/{one.name}" for one in writes if one.verb == "create" and one.status == 201]


def calls(line: Line, namespace: str) -> list[str]:
    """Every API call of the runner in the namespace, oldest first."""
    seen = [one for one in line.proxy.exchanges if one.client.startswith("runner-") and one.namespace == namespace]
    return [f"{one.verb} {one.resource}" for one in seen]


async def all_again(line: Line, cluster: Cluster, namespace: str) -> None:
    """Restart watcher and runner, so that everything is listed and published again, and wait until it is handled."""
    line.services.kill("watcher", "runner")
    line.services.restart()
    await line.services.ready()
    await cluster.create(runaijob("sentinel", namespace))
    await ended(cluster, namespace, "sentinel")
    await drained(line, cluster)


async def drained(line: Line, cluster: Cluster) -> None:
    """Wait until the runner has no messages left."""
    client = await connected(line.nats)
    stream = client.jetstream()

    async def left() -> int:
        info = await stream.consumer_info(STREAM, "runner-job-observed")
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    await cluster.wait_for("the runner to have nothing left", left, lambda seen: seen == 0)
    await client.close()


@asynccontextmanager
async def overheard(line: Line) -> AsyncIterator[list[Msg]]:
    """Every `job.observed` message that is published while inside."""
    client = await connected(line.nats)
    told: list[Msg] = []

    async def on_message(message: Msg) -> None:
        told.append(message)

    await client.subscribe("job.observed", cb=on_message)
    await client.flush()
    try:
        yield told
    finally:
        await client.close()


async def repeat(line: Line, cluster: Cluster, messages: list[Msg]) -> None:
    """Deliver copies of the messages, newest first, and wait until they are handled."""
    client = await connected(line.nats)
    *copies, last = [message for message in reversed(messages) for _ in range(COPIES)]
    for message in copies:
        await client.publish(message.subject, message.data)
    await client.jetstream().publish(last.subject, last.data)  # stored, and so are all before it
    await client.close()
    await drained(line, cluster)


async def conditions(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    job = await cluster.get("runaijobs", name, namespace)
    return {one["type"]: one["status"] for one in job.get("status", {}).get("conditions", [])}
