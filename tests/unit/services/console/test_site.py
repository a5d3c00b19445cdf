"""The port of the pages: when it listens, how it ends, and what is counted."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from services.console.cookies import Jar
from services.console.counted import LEFT, streaming
from services.console.doors import Doors
from services.console.people import People
from services.console.site import NOT_YET, Site, site
from shared.process.environment import SettingsError

SLOW = 0.05
"""Seconds that a slow page takes."""


class Nobody:
    """People of whom none ever came."""

    async def close(self) -> None:
        """Do nothing."""


def nobody_enters() -> Doors:
    """Ways in that nobody takes."""
    return Doors(cast(People, Nobody()), Jar(lambda: None, False), None, 60.0)


class Visited:
    """A site with a slow page and a stream, on a port that the system chooses."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        app = site(nobody_enters())
        app.add_routes([web.get("/slow/{project}", self._slow), web.get("/stream/{project}", self._stream)])
        app.middlewares.pop()  # which finds out who asks
        self.site = Site(app, "127.0.0.1", 0, 10.0)

    @property
    def url(self) -> str:
        """Its address."""
        host, port = self.site._runner.addresses[0]
        return f"http://{host}:{port}"

    async def _slow(self, _: web.Request) -> web.Response:
        self.begun.set()
        await asyncio.sleep(SLOW)
        return web.Response(text="done")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        with streaming(request):
            response = web.StreamResponse()
            await response.prepare(request)
            self.begun.set()
            await asyncio.Event().wait()
            return response


@pytest.fixture
async def visited() -> AsyncIterator[Visited]:
    """A site that serves."""
    made = Visited()
    await made.site.start()
    yield made
    await made.site.stop()


def count(name: str, **labels: str) -> float:
    """The present value of a metric."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_port_that_is_taken_is_told_in_a_sentence(visited: Visited) -> None:
    """The settings are named with the address and the system's words."""
    host, port = visited.site._runner.addresses[0]
    second = Site(site(nobody_enters()), host, port, 1.0)
    words = f"^CONSOLE_HOST, CONSOLE_PORT: cannot listen on {host}:{port}: Address already in use$"
    with pytest.raises(SettingsError, match=words):
        await second.start()
    assert second.problem == NOT_YET


async def test_an_open_request_is_answered_although_the_console_stops(visited: Visited) -> None:
    """After SIGTERM no connection is accepted, and what was asked before gets its answer."""
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(session.get(f"{visited.url}/slow/team-a"))
        await visited.begun.wait()
        url = visited.url
        assert (visited.site.problem, visited.site.in_hand) == (None, 1)
        await visited.site.stop()
        assert await (await asked).text() == "done"
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


async def test_a_stream_ends_with_the_console(visited: Visited) -> None:
    """A page that is kept up to date does not hold up the end of the process, and is counted while it is open."""
    labels = {"page": "/stream/{project}", "code": LEFT}
    before = count("slipway_console_requests_total", **labels)
    async with aiohttp.ClientSession() as session, session.get(f"{visited.url}/stream/team-a") as answer:
        await visited.begun.wait()
        assert count("slipway_console_streams") == 1
        async with asyncio.timeout(5):
            await visited.site.stop()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    assert count("slipway_console_streams") == 0
    assert count("slipway_console_requests_total", **labels) == before + 1


async def test_requests_are_counted_by_page_and_never_by_what_people_choose(visited: Visited) -> None:
    """Labels hold the address with names for what differs; addresses that lead nowhere count as one."""
    pages = {"/slow/team-a": ("/slow/{project}", "200"), "/nowhere/team-a": ("other", "404")}
    async with aiohttp.ClientSession() as session:
        for path, (page, code) in pages.items():
            before = count("slipway_console_requests_total", page=page, code=code)
            async with session.get(visited.url + path) as answer:
                assert answer.status == int(code)
            assert count("slipway_console_requests_total", page=page, code=code) == before + 1
    assert count("slipway_console_request_seconds_sum", page="/slow/{project}") >= SLOW
