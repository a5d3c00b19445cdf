"""The start of a long-lived call, a log or a websocket, is reported and has a time limit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from shared.errors import TransientError
from shared.kubernetes import api as kubernetes
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api
from shared.kubernetes.kubeconfig import Chosen, Cluster


class Server:
    """Is silent until released, then sends one word, and the next when triggered."""

    def __init__(self) -> None:
        self.speaks, self.goes_on = asyncio.Event(), asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A log, or a websocket."""
        await self.speaks.wait()
        if "Upgrade" in request.headers:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            await self.goes_on.wait()
            return websocket
        log = web.StreamResponse()
        await log.prepare(request)
        await log.write(b"first\n")
        await self.goes_on.wait()
        await log.write(b"second\n")
        return log


class Told:
    """The number of calls that are reported as starting."""

    def __init__(self) -> None:
        self.now, self.changed = 0, asyncio.Condition()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        await self._add(1)
        try:
            yield
        finally:
            await self._add(-1)

    async def _add(self, number: int) -> None:
        async with self.changed:
            self.now += number
            self.changed.notify_all()

    async def begun(self) -> None:
        """Wait until a call is reported."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.now == 1)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def api(server: Server, told: Told) -> AsyncIterator[Api]:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"http://127.0.0.1:{runner.addresses[0][1]}"

    made = Api(Access(Chosen(Cluster(server=host))), 5.0, "test", around=told)
    yield made
    await made.close()
    server.speaks.set()
    server.goes_on.set()
    await runner.cleanup()


@pytest.mark.parametrize("follow", ["true", "false"])
async def test_a_log_is_told_of_until_it_begins(follow: str, api: Api, server: Server, told: Told) -> None:
    """Progress is shown until the first byte of a log, and not after it."""
    log = api.bytes_at("/log", {"follow": follow})
    first = asyncio.ensure_future(anext(log))
    await told.begun()
    server.speaks.set()
    assert (await first, told.now) == (b"first\n", 0)
    server.goes_on.set()
    assert [chunk async for chunk in log] == [b"second\n"]


async def test_a_websocket_is_told_of_until_it_is_open(api: Api, server: Server, told: Told) -> None:
    """Progress is shown until a websocket is open."""

    async def opened() -> int:
        async with api.websocket("/exec", [], ["v5.channel.k8s.io"]):
            server.goes_on.set()
            return told.now

    opening = asyncio.ensure_future(opened())
    await told.begun()
    server.speaks.set()
    assert await opening == 0


async def test_what_does_not_begin_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that does not begin in time ends with a sentence."""
    monkeypatch.setattr(kubernetes, "BEGINNING", 0.05)
    with pytest.raises(TransientError, match=r"^the API server did not answer within 0\.05 s$"):
        await anext(api.bytes_at("/log", {"tailLines": "1"}))
    with pytest.raises(TransientError, match=r"^the API server did not answer within 0\.05 s$"):
        async with api.websocket("/exec", [], ["v5.channel.k8s.io"]):
            pass


async def test_a_log_that_is_followed_has_all_the_time_until_the_container_prints(
    api: Api, server: Server, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A followed log may stay silent for as long as its container does."""
    monkeypatch.setattr(kubernetes, "BEGINNING", 1.0)  # to connect takes a while on a busy machine
    first = asyncio.ensure_future(anext(api.bytes_at("/log", {"follow": "true"})))
    await told.begun()
    await asyncio.sleep(1.5)
    server.speaks.set()
    assert await first == b"first\n"
