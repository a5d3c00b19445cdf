"""Wire up the console."""

import gc
from typing import Final

from services.console.people import People
from services.console.settings import ConsoleSettings
from services.console.site import Site, site
from shared.kubernetes.reading import choose
from shared.process.cluster import Cluster
from shared.process.metrics import api_called
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings

COLLECTED: Final = (50_000, 20, 20)
"""How often Python looks for garbage: a list of thousands of objects is read in half the time if it does so less often
than by default, and costs no more memory."""


async def build(shared: SharedSettings, settings: ConsoleSettings) -> Service:
    """Build the console, which reads and writes with the rights of those who use it, and has none of its own.

    While the API server is away, its pages say so: it stays ready once it has been.
    """
    gc.set_threshold(*COLLECTED)
    api = await connected("console", shared)
    people = People(choose(shared.kubeconfig, None).cluster, shared.api_timeout, api_called)
    pages = Site(site(people), settings.host, settings.port, shared.drain_timeout)
    return Service("console", shared, pages, api, Cluster(api), explains=True)
