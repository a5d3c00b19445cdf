"""Forked services behind proxies, with their own broker."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from tests.integration.harness.broker import declared, guarded, told_of
from tests.integration.harness.pipeline import QUICK, Pipeline
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import SERVICES, Services
from tests.integration.harness.tcp import TcpProxy

SUBMITTING = ("status", "creator", "resolver", "watcher")
"""The services that a submission needs."""


@dataclass
class Line(Pipeline):
    """A pipeline of forked services with a proxy in front of the broker too."""

    services: Services
    bus: TcpProxy
    """The proxy that the services connect to as their broker."""


@asynccontextmanager
async def forked_line(
    kubeconfig: Path,
    folder: Path,
    services: Sequence[str] = SERVICES,
    creators: int = 1,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Line]:
    """Run these services behind proxies, with this many creators, until ready; `environment` applies to all of them.

    The caller deletes the watcher's lease.
    """
    proxy = FaultProxy(kubeconfig)
    try:
        # without TLS, since the proxy reads what passes
        with guarded(folder / "nats") as nats, closing(TcpProxy(nats.ports["nats"])) as bus:
            await declared(nats)

            def settings(replica: str) -> dict[str, str]:
                kubernetes = proxy.kubeconfig(folder, replica)
                own = {"SLIPWAY_KUBECONFIG": str(kubernetes), **told_of(nats, replica, f"nats://127.0.0.1:{bus.port}")}
                runner = {"WATCHER_JOBS": str("runner" in services)}  # otherwise its messages would stay forever
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
"""Starts a pipeline with the given services and settings."""
