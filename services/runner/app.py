"""Wire up the runner."""

from services.runner.handlers import subscribe
from services.runner.run import Runner
from services.runner.settings import RunnerSettings
from shared.process.bus import Bus
from shared.process.cluster import Cluster
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: RunnerSettings) -> Service:
    """Build the runner."""
    bus = Bus("runner", shared)
    api = await connected("runner", shared)
    subscribe(bus, Runner(api), settings)
    return Service("runner", shared, bus, api, Cluster(api, {"run.ai/v1": ["runaijobs"]}))
