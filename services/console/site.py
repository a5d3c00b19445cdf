"""The public web site of the console: its middlewares, and the port that it listens on."""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from services.console.pages import failed, secured
from services.console.people import PEOPLE, PERSON, People, recognised
from services.console.routes import OPEN, ROUTES
from shared.errors import SlipwayError

LARGEST: Final = 1024 * 1024
"""Bytes of the largest body that is read."""
ANSWERED_WITHIN: Final = 2.0
"""Seconds that an open request may take after SIGTERM."""


def site(people: People) -> web.Application:
    """Return the web application."""
    app = web.Application(client_max_size=LARGEST, middlewares=[_explained, _signed_in])
    app[PEOPLE] = people
    app.add_routes(ROUTES)
    app.on_response_prepare.append(secured)
    return app


class Site:
    """The web application on its port."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._app, self._host, self._port = app, host, port
        self._serves = False

    def problem(self) -> str | None:
        """Return why no page is served; None if they are."""
        return None if self._serves else "site: it does not listen yet"

    async def run(self) -> None:
        """Serve pages until cancelled."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=ANSWERED_WITHIN)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
            self._serves = True
            await asyncio.Event().wait()
        finally:
            self._serves = False
            await runner.cleanup()
            await self._app[PEOPLE].close()


@web.middleware
async def _explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer an error with a page that says what is wrong in a sentence."""
    try:
        return await handler(request)
    except SlipwayError as error:
        return failed(request, error)


@web.middleware
async def _signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, except for what everybody may see."""
    if request.match_info.handler not in OPEN:
        request[PERSON] = await recognised(request)
    return await handler(request)
