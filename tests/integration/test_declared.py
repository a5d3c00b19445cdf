"""Who creates the stream and the consumers: a job, where services only use what exists."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy.local.certificates import Authority
from deploy.local.nats import NatsServer
from deploy.rights.bus import BOOTSTRAP
from services.bootstrap.declare import declare
from shared.messages import READERS, STREAM, WorkloadObserved, durable_of
from shared.process.bus import Bus
from shared.process.settings import SharedSettings
from shared.reasons import Reason
from tests.integration.harness.broker import guarded, settings_of, talking

pytestmark = pytest.mark.contract

DURABLES = {durable_of(reader, message) for message, reader in READERS.items()}
RESOLVERS = durable_of("resolver", WorkloadObserved)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A broker as it is shipped, without a stream."""
    authority = Authority(tmp_path / "authority")
    authority.make()
    with guarded(tmp_path / "broker", authority) as server:
        yield server


async def until(look: Callable[[], object], within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not look():
            await asyncio.sleep(0.05)


async def test_the_job_declares_every_consumer_and_services_only_use_them(broker: NatsServer) -> None:
    """P2: a service that may not declare names what is missing, and starts once the job has run, with its settings."""
    bus = Bus("resolver", settings_of(broker, "resolver", declare_consumers=False, ack_wait=7.0))

    async def on_last(event: WorkloadObserved, reason: Reason, text: str) -> None: ...

    @bus.consumes(WorkloadObserved, on_last=on_last, workers=1, give_up_after=60)
    async def on_workload_observed(event: WorkloadObserved) -> None: ...

    starting = asyncio.create_task(bus.start())
    try:
        await until(lambda: "stream" in str(bus.problem))
        async with talking(broker) as client:
            js = client.jetstream()
            await js.add_stream(name=STREAM, subjects=["workload.*", "job.*"])
            await until(lambda: "consumer" in str(bus.problem))
            assert [one.name for one in await js.consumers_info(STREAM)] == []
            await declare(settings_of(broker, BOOTSTRAP, ack_wait=11.0))
            async with asyncio.timeout(60):
                await starting
            assert {one.name for one in await js.consumers_info(STREAM)} == DURABLES
            assert (await js.consumer_info(STREAM, RESOLVERS)).config.ack_wait == 11.0
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await bus.stop()


async def test_a_second_job_changes_consumers_but_never_the_stream(broker: NatsServer) -> None:
    """An upgrade gives consumers the settings that it states; what an operator chose for the stream stays."""
    await declare(settings_of(broker, BOOTSTRAP))
    async with talking(broker) as client:
        js = client.jetstream()
        config = (await js.stream_info(STREAM)).config
        await js.update_stream(config.evolve(max_bytes=1024**2))
        await declare(settings_of(broker, BOOTSTRAP, ack_wait=12.0))
        assert (await js.stream_info(STREAM)).config.max_bytes == 1024**2
        assert (await js.consumer_info(STREAM, RESOLVERS)).config.ack_wait == 12.0


async def test_three_servers_each_keep_the_stream(tmp_path: Path) -> None:
    """P2: on a cluster of NATS, the stream has the copies that the setting states, and outlives one of the servers."""
    ports = [free_port() for _ in range(3)]
    servers = [in_cluster(tmp_path / str(number), number, ports) for number in range(3)]
    try:
        for server in servers:
            server.launch()
        for server in servers:
            server.component.wait()
        urls = ",".join(server.url for server in servers)
        await declare(SharedSettings(nats_url=urls, stream_replicas=3))
        async with connection(urls) as client:
            js = client.jetstream()
            info = await js.stream_info(STREAM)
            assert info.cluster is not None
            assert (info.config.num_replicas, len(info.cluster.replicas or [])) == (3, 2)
            servers[0].kill()
            async with asyncio.timeout(60):
                while not await stored(js):
                    await asyncio.sleep(0.2)
    finally:
        for server in servers:
            server.stop()


def in_cluster(folder: Path, number: int, ports: Sequence[int]) -> NatsServer:
    """A server of a cluster with these ports; what is written last in its configuration counts."""
    routes = json.dumps([f"nats://127.0.0.1:{port}" for port in ports])
    own = f'server_name: "n{number}"\ncluster {{ name: "c", listen: "127.0.0.1:{ports[number]}", routes: {routes} }}'
    return NatsServer(folder, settings=own)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@asynccontextmanager
async def connection(urls: str) -> AsyncIterator[Client]:
    client = await nats.connect(urls.split(","))
    try:
        yield client
    finally:
        await client.close()


async def stored(js: JetStreamContext) -> bool:
    """Whether the stream takes a message now; it chooses another leader first."""
    try:
        return (await js.publish("workload.observed", b"{}", timeout=2)).seq > 0
    except (nats.errors.Error, TimeoutError):
        return False
