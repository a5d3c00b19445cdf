"""Credentials that are over are renewed by every kind of call, and a busy server is waited for as it asks."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from deploy.local.certificates import Authority, write_pair
from shared.errors import BusyError, LoginError, UnauthorizedError
from shared.kubernetes import api as kubernetes
from shared.kubernetes.api import Api
from tests.unit.shared.kubernetes.test_access import CALLS, every_call


class Server:
    """Accepts one token, and is as busy as it is told to be."""

    def __init__(self) -> None:
        self.accepts, self.busy, self.wait = "new", 0, "1"
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any call."""
        self.asked.append(f"{request.path} {request.headers.get('Authorization', '').removeprefix('Bearer ')}")
        if self.busy:
            self.busy -= 1
            return web.json_response({"message": "too many requests"}, status=429, headers={"Retry-After": self.wait})
        if request.headers.get("Authorization") != f"Bearer {self.accepts}":
            return web.json_response({"message": "Unauthorized"}, status=401)
        if "Upgrade" in request.headers:
            websocket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
            await websocket.prepare(request)
            await websocket.close()
            return websocket
        return web.Response(text='{"type": "ADDED", "object": {"x": 1}}\n', content_type="application/json")


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def kubeconfig(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """A kubeconfig whose token is over; each renewal is allowed at once."""
    monkeypatch.setattr(kubernetes, "RENEW_EVERY", 0.0)
    authority = Authority(tmp_path / "ca")
    write_pair(authority.server("127.0.0.1", ["127.0.0.1"]), tmp_path / "server")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    write(tmp_path / "config", f"https://127.0.0.1:{runner.addresses[0][1]}", "old")
    yield tmp_path / "config"
    await runner.cleanup()


def write(path: Path, server: str, token: str, current: str = "here") -> None:
    clusters = {"here": server, "there": "https://127.0.0.1:1"}
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": current,
                "clusters": [
                    {"name": name, "cluster": {"server": at, "certificate-authority": "ca/ca.crt"}}
                    for name, at in clusters.items()
                ],
                "users": [{"name": "u", "user": {"token": token}}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in clusters],
            }
        )
    )


def address(path: Path) -> str:
    return str(yaml.safe_load(path.read_text())["clusters"][0]["cluster"]["server"])


async def test_every_kind_of_call_logs_in_again(kubeconfig: Path, server: Server) -> None:
    """Watches, logs and websockets too: each begins with the token of the moment, which ended meanwhile."""
    api = await Api.connect(str(kubeconfig))
    try:
        for number, path in enumerate(CALLS):
            server.accepts = f"t{number}"
            write(kubeconfig, address(kubeconfig), server.accepts)
            await _one(api, path)
    finally:
        await api.close()
    before = ["old", *(f"t{number}" for number in range(len(CALLS)))]
    assert server.asked == [
        f"{path} {token}" for number, path in enumerate(CALLS) for token in (before[number], before[number + 1])
    ]


async def _one(api: Api, path: str) -> None:
    """One call of the kind that the path names."""
    match path:
        case "/get":
            await api.get(path)
        case "/create":
            await api.create(path, {})
        case "/text":
            await api.text(path)
        case "/watch":
            assert [event["type"] async for event in api.watch(path, {}, idle=5.0)] == ["ADDED"]
        case "/log":
            assert [chunk async for chunk in api.bytes_at(path, {"follow": "true"})]
        case _:
            async with api.websocket(path, [], ["v5.channel.k8s.io"]):
                pass


async def test_many_calls_renew_once(kubeconfig: Path, server: Server) -> None:
    """Twenty refused calls are one login, and none of them fails."""
    api = await Api.connect(str(kubeconfig))
    write(kubeconfig, address(kubeconfig), "new")
    server.accepts = "new"
    try:
        await asyncio.gather(*(api.get("/get") for _ in range(20)))
    finally:
        await api.close()
    assert server.asked.count("/get new") == 20


async def test_a_login_that_stays_refused_is_asked_for_once(kubeconfig: Path, server: Server) -> None:
    """Wrong credentials are no endless loop."""
    api = await Api.connect(str(kubeconfig))
    try:
        with pytest.raises(UnauthorizedError):
            await api.get("/get")
    finally:
        await api.close()
    assert len(server.asked) == 2


async def test_a_token_is_never_sent_to_another_cluster(kubeconfig: Path, server: Server) -> None:
    """Somebody switches the current context, or moves it to another server, while a command runs."""
    api = await Api.connect(str(kubeconfig))
    at = address(kubeconfig)
    try:
        write(kubeconfig, at, "new", current="there")
        await api.get("/get")
        server.accepts = "newest"
        write(kubeconfig, "https://127.0.0.1:2", "newest")
        with pytest.raises(LoginError, match=r"it leads to https://127.0.0.1:2, and no longer to"):
            await api.get("/get")
    finally:
        await api.close()
    assert "/get newest" not in server.asked


async def test_a_busy_server_is_waited_for_as_it_asks(kubeconfig: Path, server: Server) -> None:
    """By every kind of call, and no longer than the caller allows."""
    waits: list[float] = []

    async def busy(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) <= 10

    write(kubeconfig, address(kubeconfig), "new")
    api = await Api.connect(str(kubeconfig), busy=busy)
    try:
        for path in CALLS:
            server.busy, server.wait = 1, "7"
            await _one(api, path)
        assert waits == [7.0] * len(CALLS)
        server.busy = 100
        with pytest.raises(BusyError, match="too many requests"):
            await api.get("/get")
    finally:
        await api.close()
    assert len(waits) == 11


async def test_without_a_wait_a_busy_server_is_an_error(kubeconfig: Path, server: Server) -> None:
    """Services give a message back instead, and do other work."""
    write(kubeconfig, address(kubeconfig), "new")
    api = await Api.connect(str(kubeconfig))
    server.busy = 1
    try:
        with pytest.raises(BusyError) as told:
            await api.get("/get")
        assert told.value.retry_after == 1.0
        await every_call(api)
    finally:
        await api.close()
