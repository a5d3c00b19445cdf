"""A test's own broker, with the users that Slipway ships and one more, which may do everything: the test's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from deploy.local.certificates import Authority
from deploy.local.nats import EVERYTHING, USERS, NatsServer
from deploy.rights.bus import BOOTSTRAP
from services.bootstrap.declare import declare
from shared.process.login import Login
from shared.process.settings import SharedSettings
from tests.integration.harness.accounts import service_of

TESTER = "tester"


def guarded(folder: Path, authority: Authority | None = None) -> NatsServer:
    """A broker with users, and with TLS if there is an authority. Without one, a proxy can read what passes."""
    return NatsServer(folder, users={**USERS, TESTER: EVERYTHING}, authority=authority)


def settings_of(server: NatsServer, user: str, **more: Any) -> SharedSettings:
    """The settings of a service that connects as this user."""
    told = server.environment(user)
    login, authority = told.get("SLIPWAY_NATS_LOGIN"), told.get("SLIPWAY_NATS_CA")
    known = {"nats_url": server.url, "nats_login": login, "nats_ca": authority}
    return SharedSettings.model_validate({**known, **more})


def told_of(server: NatsServer, replica: str, url: str | None = None) -> dict[str, str]:
    """The settings of a service's replica; `url` is another address of the broker."""
    told = server.environment(service_of(replica))
    return {**told, "SLIPWAY_NATS_URL": url} if url else told


async def declared(server: NatsServer) -> None:
    """Declare the stream, as the bootstrap step does before services start."""
    await declare(settings_of(server, BOOTSTRAP))


async def connected(server: NatsServer, user: str = TESTER, **options: Any) -> Client:
    """A client that connects as this user, once."""
    login = Login(settings_of(server, user))
    names = {part: (server.login_of(user) / part).read_text() for part in ("username", "password")}
    tls = {"tls": login.security.ssl_context, "tls_handshake_first": True} if server.url.startswith("tls") else {}
    known = {"user": names["username"], "password": names["password"], **tls}
    return await nats.connect(server.url, **{**known, **options})


@asynccontextmanager
async def talking(server: NatsServer, user: str = TESTER, **options: Any) -> AsyncIterator[Client]:
    """A connected client, closed at the end."""
    client = await connected(server, user, **options)
    try:
        yield client
    finally:
        await client.close()
