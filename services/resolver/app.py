"""Wire up the resolver."""

from services.resolver.admission import Admission
from services.resolver.gather import Gather
from services.resolver.handlers import subscribe
from services.resolver.settings import ResolverSettings
from shared.kubernetes.versions import ADMISSION, DEFINITIONS
from shared.process.bus import Bus
from shared.process.cluster import Cluster
from shared.process.keys import KeyFile, read_sealing_key
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: ResolverSettings) -> Service:
    """Build the resolver."""
    bus = Bus("resolver", shared)
    api = await connected("resolver", shared)
    key = KeyFile("RESOLVER_SEAL_KEY", settings.seal_key, read_sealing_key)
    admission = Admission(api) if settings.require_stamp else None
    subscribe(bus, Gather(api, settings.projects_by_prefix), settings, key, shared.scheduler, admission)
    beside, checks = ([admission.run], [admission.problem]) if admission else ([], [])
    cluster = Cluster(api, least=ADMISSION if admission else DEFINITIONS)
    return Service("resolver", shared, bus, api, cluster, needs=[key.problem], tasks=beside, checks=checks)
