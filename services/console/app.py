"""Wire up the console."""

from services.console.people import People
from services.console.settings import ConsoleSettings
from services.console.site import Site, site
from shared.kubernetes.reading import choose
from shared.process.cluster import Cluster
from shared.process.metrics import api_called
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: ConsoleSettings) -> Service:
    """Build the console, which reads and writes with the rights of those who use it, and has none of its own.

    While the API server is away, its pages say so: it stays ready once it has been.
    """
    api = await connected("console", shared)
    people = People(choose(shared.kubeconfig, None).cluster, shared.api_timeout, api_called)
    pages = Site(site(people), settings.host, settings.port, shared.drain_timeout)
    return Service("console", shared, pages, api, Cluster(api), explains=True)
