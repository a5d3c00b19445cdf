"""Wiring of the creator."""

from services.creator.create import Creator
from services.creator.handlers import subscribe
from services.creator.indices import Indices
from services.creator.seals import Seals
from services.creator.settings import CreatorSettings
from shared.process.bus import Bus
from shared.process.cluster import Cluster
from shared.process.keys import PublicKeyFiles
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: CreatorSettings) -> Service:
    """The creator, put together."""
    bus = Bus("creator", shared)
    api = await connected("creator", shared)
    keys = PublicKeyFiles("CREATOR_SEAL_KEYS", settings.seal_keys)
    seals = Seals(keys, settings.unsealed_claims)
    subscribe(bus, Creator(api, Indices(api), seals, settings, shared.ack_wait, shared.scheduler), settings)
    return Service("creator", shared, bus, api, Cluster(api), needs=[keys.problem])
