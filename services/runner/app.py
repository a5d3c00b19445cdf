"""Wiring of the runner."""

from services.runner.handlers import subscribe
from services.runner.run import Runner
from services.runner.settings import RunnerSettings
from shared.bus import Bus
from shared.kubernetes import Api
from shared.service import Service
from shared.settings import SharedSettings


async def build(shared: SharedSettings) -> Service:
    """The runner, put together."""
    settings = RunnerSettings()
    bus = Bus("runner", shared)
    api = await Api.connect(shared.kubeconfig, timeout=shared.api_timeout, agent="slipway-runner")
    subscribe(bus, Runner(api), settings)
    return Service("runner", shared, bus, api)
