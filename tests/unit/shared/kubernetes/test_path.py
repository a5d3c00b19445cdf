"""The path of a call, as sent over the wire."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from shared.errors import NotFoundError, TransientError
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api
from shared.kubernetes.kubeconfig import Chosen, Cluster


def client(host: str) -> Api:
    return Api(Access(Chosen(Cluster(server=host))), 5.0, "test")


@pytest.fixture
async def asked() -> AsyncIterator[list[str]]:
    """The requests to a server without any objects; its own address comes first."""
    paths: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.raw_path)
        return web.json_response({"message": "not found"}, status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    paths.append(f"http://{host}:{port}")
    yield paths
    await runner.cleanup()


@pytest.mark.parametrize("path", ["/api/v1/a/../b", "/api/v1/a/./b", "/api/v1/%2E%2E/b%2Fc", "/api/v1/a//b"])
async def test_a_path_is_sent_as_it_is(path: str, asked: list[str]) -> None:
    """The client never normalizes a path: what was checked is what is sent."""
    api = client(asked.pop())
    try:
        for call in (
            api.get(path),
            api.patch(path, {}),
            api.text(path),
            anext(api.watch(path, {}, idle=5.0)),
            anext(api.bytes_at(path, {"follow": "true"})),
        ):
            with pytest.raises(NotFoundError):
                await call
        with pytest.raises(NotFoundError):
            await api.get(path, {"labelSelector": "a=b c"})
    finally:
        await api.close()
    assert [sent.partition("?")[0] for sent in asked] == [path] * 6
    assert asked[-1].partition("?")[2] == "labelSelector=a%3Db+c"


@pytest.mark.parametrize("host", ["http://127.0.0.1:99999", "http://[::1", "http://"])
async def test_an_address_that_is_none_is_told(host: str) -> None:
    """An unusable address of the API server ends with a sentence."""
    api = client(host)
    try:
        with pytest.raises(TransientError, match="did not answer"):
            await api.get("/api")
    finally:
        await api.close()
