"""All services behind proxies, kept up for a whole module: each test puts right what it broke."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.nats import NatsServer
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
    """The services (client `creator-0` of the proxy is the creator), and what stands between them and the world."""

    services: Services
    proxy: FaultProxy
    nats: NatsServer

    async def mend(self) -> None:
        """End all faults, start again what was killed, and wait until all is well."""
        self.proxy.heal()
        self.services.restart()
        await self.services.ready()
        self.proxy.forget()


@asynccontextmanager
async def pipeline_of(kubeconfig: Path, folder: Path) -> AsyncIterator[Pipeline]:
    """All five services, one replica each, ready; ended afterwards."""
    proxy = FaultProxy(kubeconfig)
    try:
        with NatsServer(folder / "nats") as nats:

            def environment(replica: str) -> dict[str, str]:
                own = {"SLIPWAY_KUBECONFIG": str(proxy.kubeconfig(folder, replica)), "SLIPWAY_NATS_URL": nats.url}
                return {**QUICK, **own}

            services = Services(environment, folder)
            try:
                await services.start_all("status", "creator", "resolver", "watcher")
                yield Pipeline(services, proxy, nats)
            finally:
                proxy.heal()
                await services.stop()
    finally:
        proxy.close()
