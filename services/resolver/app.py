"""Wire up the resolver."""

from services.resolver.gather import Gather
from services.resolver.handlers import subscribe
from services.resolver.settings import ResolverSettings
from shared.kubernetes.api import Api
from shared.process.bus import Bus
from shared.process.keys import KeyFile, read_sealing_key
from shared.process.service import Service
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings) -> Service:
    """Build the resolver."""
    settings = ResolverSettings()
    bus = Bus("resolver", shared)
    api = await Api.connect(shared.kubeconfig, timeout=shared.api_timeout, agent="slipway-resolver")
    key = KeyFile("RESOLVER_SEAL_KEY", settings.seal_key, read_sealing_key)
    subscribe(bus, Gather(api), settings, key, shared.scheduler)
    return Service("resolver", shared, bus, api, needs=[key.problem])
