"""Wire up the console."""

from services.console.people import People
from services.console.settings import ConsoleSettings
from services.console.site import Site, site
from shared.kubernetes.reading import choose
from shared.process.cluster import Cluster
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings


async def build(shared: SharedSettings, settings: ConsoleSettings) -> Service:
    """Build the console, which reads and writes with the rights of those who use it, and has none of its own."""
    api = await connected("console", shared)
    people = People(choose(shared.kubeconfig, None).cluster, shared.api_timeout)
    pages = Site(site(people), settings.host, settings.port)
    return Service("console", shared, None, api, Cluster(api), tasks=(pages.run,), checks=(pages.problem,))
