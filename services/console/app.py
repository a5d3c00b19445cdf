"""Wire up the console."""

import gc
from collections.abc import Callable
from typing import Final

from services.console.claims import Naming
from services.console.cookies import Jar
from services.console.doors import Doors
from services.console.people import People
from services.console.provider import Client, Provider
from services.console.sealing import Keys, read_keys
from services.console.settings import ConsoleSettings
from services.console.site import Site, site
from shared.kubernetes.reading import choose
from shared.process.cluster import Cluster
from shared.process.keys import KeyFile
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
    people = People(choose(shared.kubeconfig, None), shared.api_timeout, api_called)
    keys = KeyFile("CONSOLE_KEYS", settings.keys, read_keys)
    pages = Site(site(doors_of(settings, people, keys)), settings.host, settings.port, shared.drain_timeout)
    return Service("console", shared, pages, api, Cluster(api), needs=(keys.problem,), explains=True)


def doors_of(settings: ConsoleSettings, people: People, keys: Callable[[], Keys | None]) -> Doors:
    """Return the ways in that the settings open."""
    address = settings.address
    secure = bool(address and address.startswith("https://"))
    made = Doors(people, Jar(keys, secure, "" if secure else f"-{settings.port}"), address, settings.session)
    made.proxies, made.links, made.tokens = settings.proxies, settings.links, settings.tokens
    if settings.oidc_issuer:
        redirect = f"{address}/signed-in"
        made.provider = Provider(
            Client(
                settings.oidc_issuer, settings.oidc_client, redirect, settings.oidc_scopes, settings.oidc_secret,
                settings.oidc_ca,
            )
        )  # fmt: skip
    if settings.impersonate:
        made.naming = Naming(
            settings.impersonate_user_claim, settings.impersonate_groups_claim, settings.impersonate_prefix
        )
    return made
