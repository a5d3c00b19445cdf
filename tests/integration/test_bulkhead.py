"""One project whose calls hang does not hold up the others."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import nats
import pytest

from deploy.local.nats import NatsServer
from shared.messages import STREAM, WorkloadObserved, WorkloadRef
from shared.process.bus import Bus
from shared.process.settings import SharedSettings
from tests.integration.harness.cluster import ApiError, Cluster, path_of
from tests.integration.harness.counts import count
from tests.integration.harness.forked import Start
from tests.integration.harness.manifests import training
from tests.integration.harness.outcome import history
from tests.integration.harness.outcomes import create_all
from tests.integration.harness.prepare import new_project, remove_project

pytestmark = pytest.mark.faults

HELD = 10_500
"""Messages of the slow namespace: more than a consumer may have unconfirmed by its former limit."""
SLOW = count(200, 1000)
"""Workloads of the project whose webhook hangs."""
HEALTHY = 10
"""Workloads of the other project, one after another."""
WORST = 15.0 + SLOW / 40
"""Seconds that one of these may take: the first comes behind all of the slow project's, each of which is looked at."""
ADMISSION = "admissionregistration.k8s.io/v1"


def observed(namespace: str, number: int) -> bytes:
    ref = WorkloadRef(
        kind="TrainingWorkload", namespace=namespace, name="w", uid=str(number), generation=1, resource_version="1"
    )
    message = WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec={})
    return message.model_dump_json(by_alias=True).encode()


async def test_ten_thousand_messages_of_one_namespace_stop_nobody(nats_server: NatsServer) -> None:
    """Whatever a slow namespace has handed back, a message behind all of it is handled."""
    bus = Bus("resolver", SharedSettings(nats_url=nats_server.url, declare_stream=True))
    over, quick = asyncio.Event(), asyncio.Event()

    async def on_last(*_: Any) -> None:
        raise AssertionError

    @bus.consumes(WorkloadObserved, on_last=on_last, workers=16, give_up_after=600)
    async def on_workload_observed(event: WorkloadObserved) -> None:
        await over.wait() if event.tenant == "slow" else quick.set()

    await bus.start()
    client = await nats.connect(nats_server.url)
    stream = client.jetstream()
    for start in range(0, HELD, 500):
        await asyncio.gather(*(stream.publish("workload.observed", observed("slow", start + n)) for n in range(500)))
    await stream.publish("workload.observed", observed("quick", 0))
    await asyncio.wait_for(quick.wait(), 300)
    info = await stream.consumer_info(STREAM, "resolver-workload-observed")
    await client.close()
    over.set()
    await bus.stop()
    assert info.num_ack_pending > 10_000


@pytest.fixture
async def slow_project(cluster: Cluster) -> AsyncIterator[str]:
    """A project whose admission webhook never answers: each creation of a job waits for ten seconds."""
    namespace = await new_project(cluster)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as hole:  # connections are made, and nothing answers
        name, where = f"hangs-{namespace}", {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        rule = {"apiGroups": ["run.ai"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["runaijobs"]}
        hook = {
            "name": "hangs.example.com", "rules": [rule], "namespaceSelector": where, "timeoutSeconds": 10,
            "clientConfig": {"url": f"https://127.0.0.1:{hole.getsockname()[1]}/"}, "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
        }  # fmt: skip
        path = f"/apis/{ADMISSION}/validatingwebhookconfigurations"
        body = {"apiVersion": ADMISSION, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}}
        await cluster.request("POST", path, {**body, "webhooks": [hook]})
        probe = {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": {"name": "p", "namespace": namespace}}

        async def hangs() -> bool:
            began = time.monotonic()
            with suppress(ApiError):
                body = {**probe, "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}
                await cluster.request("POST", path_of("runaijobs", namespace), body, {"dryRun": "All"})
            return time.monotonic() - began > 5

        await cluster.wait_for("the webhook to count", hangs)
        yield namespace
        await cluster.request("DELETE", f"{path}/{name}")
    await remove_project(cluster, namespace)


async def test_a_healthy_project_is_served_beside_one_whose_webhook_hangs(
    start: Start, cluster: Cluster, namespace: str, slow_project: str, record_property: Any
) -> None:
    """Each workload of the healthy project ends soon, and those of the other one show that they wait."""
    waits: list[float] = []
    async with start() as line:
        await create_all(cluster, [training(f"slow-{n}", slow_project, image="alpine") for n in range(SLOW)])
        for number in range(HEALTHY):
            began = time.monotonic()
            await cluster.submitted(await cluster.create(training(f"w-{number}", namespace, image="alpine")))
            waits.append(time.monotonic() - began)

        async def shown() -> int:
            found = await cluster.items("trainingworkloads", slow_project)
            return sum(any("waits until slow" in m for _, _, m in history({"status": {}} | one)) for one in found)

        await cluster.wait_for("the waits to be shown", shown, lambda seen: seen >= SLOW // 4)
        await cluster.request("DELETE", path_of("trainingworkloads", slow_project))
        line.services.kill("creator")
    record_property("waits", waits)
    print("waits:", [round(wait, 1) for wait in waits])
    assert max(waits) < WORST
