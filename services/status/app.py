"""Wire up the status service."""

import socket

from services.status.handlers import subscribe
from services.status.record import Recorder
from services.status.settings import StatusSettings
from shared.process.bus import Bus
from shared.process.cluster import Cluster
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: StatusSettings) -> Service:
    """Build the status service."""
    bus = Bus("status", shared)
    api = await connected("status", shared)
    subscribe(bus, Recorder(api, socket.gethostname()[:128]), settings)
    return Service("status", shared, bus, api, Cluster(api))
