"""All services behind a proxy, kept up for a whole module: each test puts right what it broke."""

import asyncio
from dataclasses import dataclass

import nats

from deploy.local.nats import NatsServer
from shared.messages import STREAM
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Cut, Hook, Rule
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import Services

QUICK = {
    "SLIPWAY_ACK_WAIT": "1.5",  # what a killed service had in hand comes back as soon
    "WATCHER_RESYNC": "5",
    "WATCHER_LEASE_DURATION": "3",
}
"""Settings, in seconds, that make what must be waited for short."""


@dataclass
class Pipeline:
    """The services (client `creator-0` of the proxy is the first creator), and what stands between them and the
    world."""

    services: Services
    proxy: FaultProxy
    nats: NatsServer

    def crash(self, service: str, nth: int, *, after: bool) -> Rule:
        """Kill whichever replica of the service does its n-th write from now on, at that moment.

        Before the write, the server never gets it; after it, the write is done and nobody was told.
        """

        def kill(exchange: Exchange) -> Cut:
            (meant,) = [process for process in self.services[service] if process.name == exchange.client]
            meant.kill()
            return Cut()

        hook = Hook(after_it=kill) if after else Hook(before_it=kill)
        return self.proxy.on(hook, client=f"{service}-.*", writes=True, nth=nth)

    async def died(self, service: str) -> None:
        """Wait until its first replica has ended. subprocess.TimeoutExpired where it does not."""
        await asyncio.to_thread(self.services[service][0].wait)

    async def delete_stream(self) -> None:
        """Lose everything that is on its way."""
        client = await nats.connect(self.nats.url)
        try:
            await client.jetstream().delete_stream(STREAM)
        finally:
            await client.close()

    async def publish(self, subject: str, body: bytes) -> None:
        """Put a message on the bus, whatever it says."""
        client = await nats.connect(self.nats.url)
        try:
            await client.jetstream().publish(subject, body, stream=STREAM)
        finally:
            await client.close()

    async def mend(self) -> None:
        """End all faults, start again what was killed, and wait until all is well."""
        self.proxy.heal()
        self.services.restart()
        await self.services.ready()
        self.proxy.forget()
