"""Wiring of the resolver."""

from services.resolver.gather import Gather
from services.resolver.handlers import subscribe
from services.resolver.settings import ResolverSettings
from shared.bus import Bus
from shared.kubernetes import Api
from shared.service import Service
from shared.settings import SchedulerSettings, SharedSettings


async def build(shared: SharedSettings) -> Service:
    """The resolver, put together."""
    settings = ResolverSettings()
    bus = Bus("resolver", shared)
    api = await Api.connect(shared.kubeconfig, timeout=shared.api_timeout, agent="slipway-resolver")
    subscribe(bus, Gather(api), settings, SchedulerSettings().scheduler)
    return Service("resolver", shared, bus, api)
