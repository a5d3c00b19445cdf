"""All services behind proxies, on a broker of their own."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from deploy.local.nats import NatsServer
from tests.integration.harness.pipeline import QUICK, Pipeline
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import SERVICES, Services
from tests.integration.harness.tcp import TcpProxy

SUBMITTING = ("status", "creator", "resolver", "watcher")
"""What a submission needs."""


@dataclass
class Line(Pipeline):
    """A pipeline of forked services with a proxy in front of the broker too."""

    services: Services
    bus: TcpProxy
    """What the services take for the broker."""


@asynccontextmanager
async def forked_line(
    kubeconfig: Path,
    folder: Path,
    services: Sequence[str] = SERVICES,
    creators: int = 1,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Line]:
    """These services behind proxies, with so many creators, ready; `environment` is for all of them.

    Their watcher's lease is left to the caller.
    """
    proxy = FaultProxy(kubeconfig)
    try:
        with NatsServer(folder / "nats") as nats, closing(TcpProxy(nats.ports["nats"])) as bus:

            def settings(replica: str) -> dict[str, str]:
                kubernetes = proxy.kubeconfig(folder, replica)
                own = {"SLIPWAY_KUBECONFIG": str(kubernetes), "SLIPWAY_NATS_URL": f"nats://127.0.0.1:{bus.port}"}
                runner = {"WATCHER_JOBS": str("runner" in services)}  # else its messages would lie there for ever
                return {**QUICK, **own, **runner, **(environment or {})}

            made = Services(settings, folder)
            try:
                await made.start_all(*services, *["creator"] * (creators - 1))
                yield Line(made, proxy, nats, bus)
            finally:
                proxy.heal()
                bus.restore()
                nats.start()
                await made.stop()
    finally:
        proxy.close()


Start = Callable[..., AbstractAsyncContextManager[Line]]
"""Starts a pipeline with these services and settings."""
