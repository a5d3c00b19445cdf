"""Streams that keep pages up to date: how many one person has, and how long they last."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from services.console import events
from services.console.counted import STREAMING
from services.console.events import ALIVE, STREAMS, Message, stream
from services.console.limits import Streams
from services.console.people import PERSON, Person
from shared.kubernetes.api import Api

WITHIN = 5.0
"""Seconds that anything may take here."""
Client = TestClient[web.Request, web.Application]


async def beating() -> AsyncGenerator[Message, None]:
    """Say something at once, and then only that the stream lives."""
    yield Message("<p>first</p>", "1")
    while True:
        await asyncio.sleep(0.01)
        yield ALIVE


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A site with one live page, for one person, who may have two of them."""

    async def live(request: web.Request) -> web.StreamResponse:
        request[PERSON] = Person("jane", (), cast(Api, object()), "jane")
        return await stream(request, beating())

    app = web.Application()
    app[STREAMING], app[STREAMS] = set(), Streams(2)
    app.add_routes([web.get("/live", live)])
    async with TestClient(TestServer(app)) as made:
        yield made


async def opened(client: Client) -> ClientResponse:
    """A live page that has had its first message."""
    response = await client.get("/live")
    assert await asyncio.wait_for(response.content.readuntil(b"\n\n"), WITHIN) == b"id: 1\ndata: <p>first</p>\n\n"
    return response


async def rest(response: ClientResponse) -> str:
    """What still comes until the stream ends."""
    return (await asyncio.wait_for(response.content.read(), WITHIN)).decode()


async def test_the_oldest_live_page_pauses_and_says_so(client: Client) -> None:
    """Browsers open only a few connections to a host: a person's newest pages have them."""
    oldest, older = await opened(client), await opened(client)
    newest = await opened(client)
    said = await rest(oldest)
    assert "paused, since you have newer live pages open" in said
    assert said.endswith("event: end\ndata:\n\n"), "it does not come again by itself"
    for one in (older, newest):
        assert await asyncio.wait_for(one.content.readuntil(b"\n\n"), WITHIN) == b":\n\n"
        one.close()


async def test_a_stream_ends_after_a_while_so_that_the_page_comes_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in that is over, or a right that was taken away, shows at the latest then."""
    monkeypatch.setattr(events, "LONGEST", 0.05)
    assert "event: end" not in await rest(await opened(client))


async def test_nothing_is_left_of_a_page_that_was_closed(client: Client) -> None:
    """Neither the stream nor its watches go on once nobody listens."""
    streams = client.app[STREAMS]
    (await opened(client)).close()
    async with asyncio.timeout(WITHIN):
        while len(streams):
            await asyncio.sleep(0.01)
