"""A real broker whose limits, rights or settings are not Slipway's own: what can never pass ends visibly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo

from deploy.local.nats import NatsServer
from shared.errors import RightsError, TooLargeError
from shared.messages import STREAM, STREAM_CONFIG, WorkloadObserved, WorkloadRef
from shared.process.bus import Bus
from shared.process.delivery import MAX_DELIVER
from shared.process.settings import SharedSettings

pytestmark = pytest.mark.contract

DURABLE = "resolver-workload-observed"
DENIES = 'authorization {{ users = [{{ user: "u", password: "p", permissions: {{ publish: {{ deny: "{}" }} }} }}] }}'


def observed(size: int = 0) -> WorkloadObserved:
    ref = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid="u", generation=1, resource_version="1")
    return WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec={"text": "x" * size})


@asynccontextmanager
async def resolver(url: str, **settings: Any) -> AsyncIterator[Bus]:
    """A resolver's connection to the broker; its handler does nothing."""
    bus = Bus("resolver", SharedSettings(nats_url=url, declare_stream=True, **settings))

    async def on_last(*_: Any) -> None:
        pass

    @bus.consumes(WorkloadObserved, on_last=on_last, workers=2, give_up_after=60)
    async def on_workload_observed(event: WorkloadObserved) -> None:
        pass

    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


async def consumer(url: str) -> ConsumerInfo:
    client = await nats.connect(url)
    try:
        found: ConsumerInfo = await client.jetstream().consumer_info(STREAM, DURABLE)
        return found
    finally:
        await client.close()


async def test_changed_settings_reach_a_consumer_that_exists(nats_server: NatsServer) -> None:
    """A restart with other settings changes the durable consumer; what its operator added stays."""
    client = await nats.connect(nats_server.url)
    stream = client.jetstream()
    await stream.add_stream(STREAM_CONFIG)
    old = ConsumerConfig(
        durable_name=DURABLE, filter_subject="workload.observed", ack_policy=AckPolicy.EXPLICIT, ack_wait=30,
        max_deliver=7, max_ack_pending=5, description="the operator's words",
    )  # fmt: skip
    await stream.add_consumer(STREAM, old)
    await client.close()
    async with resolver(nats_server.url, ack_wait=4):
        config = (await consumer(nats_server.url)).config
    assert (config.ack_wait, config.max_deliver, config.description) == (4, MAX_DELIVER, "the operator's words")
    assert config.max_ack_pending != 5


async def test_replicas_with_other_settings_do_not_undo_each_other(nats_server: NatsServer) -> None:
    """The replica that started last decides, and the older one renews its messages in time for the new setting."""
    async with resolver(nats_server.url, ack_wait=30) as older, resolver(nats_server.url, ack_wait=4):
        for _ in range(3):
            assert await older._ready()
        assert (await consumer(nats_server.url)).config.ack_wait == 4
        assert older._consumers["workload.observed"].ack_wait == 4


@pytest.mark.parametrize("limit", ["stream", "connection"])
async def test_a_message_beyond_the_brokers_limit_is_refused_for_good(limit: str, tmp_path: Path) -> None:
    """A limit of the stream or of the server below Slipway's own is no busy broker."""
    with NatsServer(tmp_path / "nats", settings="max_payload: 4096" if limit == "connection" else "") as server:
        client = await nats.connect(server.url)
        await client.jetstream().add_stream(STREAM_CONFIG.evolve(max_msg_size=4096))
        await client.close()
        async with resolver(server.url) as bus:
            await bus.tell(observed(100))
            with pytest.raises(TooLargeError, match="is larger than the bus accepts"):
                await bus.tell(observed(8000))


async def test_a_missing_right_to_publish_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject that the broker does not let the service publish is a missing right, and others are published."""
    monkeypatch.setattr("shared.process.bus.PUBLISH_TIMEOUT", 0.5)
    with NatsServer(tmp_path / "nats", settings=DENIES.format("workload.observed")) as server:
        login = tmp_path / "login"
        login.mkdir()
        for part, text in (("username", "u"), ("password", "p")):
            (login / part).write_text(text)
        async with resolver(server.url, nats_login=login) as bus:
            with pytest.raises(RightsError, match="does not permit this service to publish"):
                await bus.tell(observed())
            await asyncio.wait_for(bus.broker.publish(b"{}", "job.observed", stream=STREAM), 5)
