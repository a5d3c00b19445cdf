"""All services behind a proxy, running for a whole module: each test repairs what it broke."""

import asyncio
from dataclasses import dataclass

from deploy.local.nats import NatsServer
from shared.messages import STREAM
from tests.integration.harness.broker import connected
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Cut, Hook, Rule
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import Services

QUICK = {
    "SLIPWAY_ACK_WAIT": "1.5",  # messages of a killed service are redelivered this soon
    "WATCHER_RESYNC": "5",
    "WATCHER_LEASE_DURATION": "3",
}
"""Settings, in seconds, that keep waiting times short."""


@dataclass
class Pipeline:
    """The services, the broker, and the API server's proxy, whose client `creator-0` is the first creator."""

    services: Services
    proxy: FaultProxy
    nats: NatsServer

    def crash(self, service: str, nth: int, *, after: bool) -> Rule:
        """Kill the replica that makes the service's n-th write from now on, at that moment.

        Before the write, the server never gets it; after it, the write is stored, but the service does not know.
        """

        def kill(exchange: Exchange) -> Cut:
            (meant,) = [process for process in self.services[service] if process.name == exchange.client]
            meant.kill()
            return Cut()

        hook = Hook(after_it=kill) if after else Hook(before_it=kill)
        return self.proxy.on(hook, client=f"{service}-.*", writes=True, nth=nth)

    async def died(self, service: str) -> None:
        """Wait until the service's first replica has ended; subprocess.TimeoutExpired if it does not."""
        await asyncio.to_thread(self.services[service][0].wait)

    async def delete_stream(self) -> None:
        """Delete the stream, which loses all messages in flight."""
        client = await connected(self.nats)
        try:
            await client.jetstream().delete_stream(STREAM)
        finally:
            await client.close()

    async def publish(self, subject: str, body: bytes) -> None:
        """Publish a message with any content."""
        client = await connected(self.nats)
        try:
            await client.jetstream().publish(subject, body, stream=STREAM)
        finally:
            await client.close()

    async def mend(self) -> None:
        """End all faults, restart what was killed, and wait until everything is ready."""
        self.proxy.heal()
        self.services.restart()
        await self.services.ready()
        self.proxy.forget()
