"""The public web site of the console: its middlewares, and the port that it listens on."""

import asyncio
from typing import Final

from aiohttp import web

from services.console.boards import BOARDS, Boards
from services.console.counted import STREAMING, counted, end_streams
from services.console.doors import Doors
from services.console.events import STREAMS
from services.console.forms import prepare
from services.console.guard import explained, finished, guarded, limits, recognised
from services.console.limits import Streams
from services.console.people import PEOPLE
from services.console.received import LARGEST
from services.console.routes import ROUTES
from services.console.sign_in import DOORS
from shared.process.environment import SettingsError
from shared.process.service import cannot_listen

HEADERS: Final = 16 * 1024
"""Bytes of the largest header: a sign-in may take three cookies of 4 KB."""
NOT_YET: Final = "it does not listen yet"


def site(doors: Doors) -> web.Application:
    """Return the web application."""
    app = web.Application(client_max_size=LARGEST, middlewares=[counted, explained, guarded, recognised])
    app[DOORS], app[PEOPLE], app[STREAMING] = doors, doors.people, set()
    app[STREAMS] = Streams()
    prepare(app)
    app[BOARDS] = boards = Boards()
    app.on_shutdown.append(boards.end)
    limits(app)
    app.add_routes(ROUTES)
    app.on_response_prepare.append(finished)
    app.on_shutdown.append(end_streams)
    return app


class Site:
    """The web application on its port: where the console's work comes from."""

    name: Final = "site"

    def __init__(self, app: web.Application, host: str, port: int, drain_timeout: float) -> None:
        """`drain_timeout` are the seconds that open requests may take after SIGTERM."""
        self._host, self._port = host, port
        self._people = app[PEOPLE]
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=drain_timeout, max_field_size=HEADERS)
        self.closed = asyncio.Event()
        self.problem: str | None = NOT_YET

    @property
    def in_hand(self) -> int:
        """Return how many connections are open."""
        server = self._runner.server
        return len(server.connections) if server else 0

    async def start(self) -> None:
        """Serve pages from now on. SettingsError if nothing can listen where the settings say."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self.stop()
            raise SettingsError(cannot_listen("CONSOLE", self._host, self._port, error)) from None
        self.problem = None

    async def watch_over(self) -> None:
        """Wait until cancelled: nothing ends a port."""
        await self.closed.wait()

    async def stop(self) -> None:
        """Accept no more connections, end streams, and give open requests their time."""
        self.problem = NOT_YET
        await self._runner.cleanup()
        await self._people.close()
