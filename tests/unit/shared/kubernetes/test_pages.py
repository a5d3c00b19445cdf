"""Pages of a list stay small, whatever the objects hold: against a server that sends objects of given sizes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.errors import TransientError
from shared.kubernetes import pages
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api
from shared.kubernetes.kubeconfig import Chosen, Cluster


class Lists:
    """A list of objects whose names are numbers, each of its own size; sent in pieces, with a pause between them."""

    def __init__(self, sizes: list[int], pause: float = 0.0) -> None:
        self.sizes, self.pause = sizes, pause
        self.limits: list[int] = []
        self.largest = 0
        """Bytes of the largest page that was sent whole."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        start, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
        self.limits.append(limit)
        end = min(start + limit, len(self.sizes))
        items = [{"metadata": {"name": str(n), "annotations": {"a": "x" * self.sizes[n]}}} for n in range(start, end)]
        token = str(end) if end < len(self.sizes) else ""
        body = json.dumps({"items": items, "metadata": {"resourceVersion": "7", "continue": token}}).encode()
        response = web.StreamResponse()
        await response.prepare(request)
        for at in range(0, len(body), 1024 * 1024):
            await response.write(body[at : at + 1024 * 1024])
            await asyncio.sleep(self.pause)
        self.largest = max(self.largest, len(body))
        return response


@asynccontextmanager
async def connected(lists: Lists, patience: float = 10.0) -> AsyncIterator[Api]:
    app = web.Application()
    app.router.add_get("/list", lists.answer)
    async with TestServer(app) as server:
        access = Access(Chosen(Cluster(server=str(server.make_url("")).rstrip("/"))))
        api = Api(access, patience, "test")
        try:
            yield api
        finally:
            await api.close()


@pytest.mark.parametrize(
    "sizes",
    [
        [10] * 1200,
        [500_000] * 60,
        [10] * 300 + [500_000] * 60,
        [10, 12_000_000, 10],
        [],
    ],
    ids=["small", "large", "large after small", "one beyond any page", "none"],
)
async def test_every_object_comes_once_and_no_page_is_large(sizes: list[int]) -> None:
    """All are listed in their order; no page but that of one object is read beyond the limit."""
    lists = Lists(sizes)
    async with connected(lists) as api:
        found = [(len(page["items"]), page["items"]) async for page in api.pages("/list")]
        names = [item["metadata"]["name"] for _, items in found for item in items]
    assert names == [str(number) for number in range(len(sizes))]
    bytes_read = [sum(sizes[int(item["metadata"]["name"])] for item in items) for _, items in found]
    assert all(size <= pages.LARGEST or count == 1 for size, (count, _) in zip(bytes_read, found, strict=True))


async def test_small_objects_take_few_calls() -> None:
    """Pages grow to the most objects, so that a long list is no long wait."""
    lists = Lists([10] * 10_000)
    async with connected(lists) as api:
        assert len(await api.names("/list")) == 10_000
    assert lists.limits[:4] == [100, 200, 400, 500]
    assert len(lists.limits) == 22


async def test_a_page_that_takes_longer_than_a_call_may_is_read_while_it_comes() -> None:
    """Only silence ends a list: one that keeps sending for longer than the time-out is read to its end."""
    lists = Lists([500_000] * 14, pause=0.15)
    async with connected(lists, patience=1.5) as api:
        assert len(await api.names("/list")) == 14


async def test_a_server_that_falls_silent_ends_the_list() -> None:
    """A server that stops sending is given up after the time-out."""
    async with connected(Lists([500_000] * 14, pause=5), patience=0.2) as api:
        with pytest.raises(TransientError, match=r"did not answer within 0\.2 s"):
            await api.names("/list")


@pytest.mark.parametrize(
    ("limit", "items", "size", "then"),
    [
        (100, 100, 50_000, 200),
        (400, 400, 100_000, 500),
        (100, 100, 2 * pages.WANTED, 50),
        (1, 1, 5 * pages.WANTED, 1),
        (100, 0, 100, 200),
    ],
)
def test_a_page_follows_the_size_of_the_one_before(limit: int, items: int, size: int, then: int) -> None:
    """Row by row: pages double at most, and shrink at once."""
    assert pages.following(limit, items, size) == then
