"""How the API server is reached, and under which identity, in every kind of call."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from deploy.local.certificates import Authority, write_pair
from shared.errors import TransientError
from shared.kubernetes.access import Headers, acting_as, read_access
from shared.kubernetes.api import Api
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import check_user, parsed

NAME = "api.example"
"""The name in the server's certificate."""


# ------------------------------------------------------------ identity
def headers_of(user: dict[str, Any]) -> Headers:
    """The headers of a kubeconfig's user."""
    read = parsed({"users": [{"name": "u", "user": user}]}, "/config").users["u"]
    check_user(read, "u")
    return acting_as(read)


def test_who_acts_as_somebody_else_says_so_in_headers() -> None:
    """The impersonation fields of a kubeconfig become headers, encoded as kubectl does."""
    user = {
        "as": "ann",
        "as-uid": "u-1",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"reason": ["a", "b"], "example.com/ü%": ["c"]},
    }
    assert headers_of(user) == (
        ("Impersonate-User", "ann"),
        ("Impersonate-Uid", "u-1"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-reason", "a"),
        ("Impersonate-Extra-reason", "b"),
        ("Impersonate-Extra-example.com%2F%C3%BC%25", "c"),
    )


@pytest.mark.parametrize("user", [{}, {"as": None}, {"as": "", "as-groups": None, "as-uid": ""}])
def test_who_acts_as_nobody_else_says_nothing(user: dict[str, Any]) -> None:
    """Empty impersonation fields send no header."""
    assert headers_of(user) == ()


@pytest.mark.parametrize(
    "user",
    [
        {"as-groups": ["dev"]},
        {"as-uid": "u"},
        {"as-user-extra": {"k": ["v"]}},
        {"as": 7},
        {"as": False},
        {"as": ["ann"]},
        {"as": "ann\nX-Other: 1"},
        {"as": "ann", "as-groups": "dev"},
        {"as": "ann", "as-groups": [1]},
        {"as": "ann", "as-user-extra": ["v"]},
        {"as": "ann", "as-user-extra": {"k": "v"}},
    ],
)
def test_nobody_acts_as_themselves_by_a_mistake(user: dict[str, Any]) -> None:
    """Impersonation fields without a user are refused instead of ignored."""
    with pytest.raises(UnusableError):
        headers_of(user)


async def test_of_several_files_the_first_that_names_the_user_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several kubeconfigs, the first that has the user counts."""
    first = kubeconfig(tmp_path / "first", {"as": "ann"})
    second = kubeconfig(tmp_path / "second", {"as": "bob"})
    (tmp_path / "empty").write_text(yaml.safe_dump({"users": []}))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'empty'}:{first}:{second}")
    assert (await read_access(None, None)).acting_as == (("Impersonate-User", "ann"),)


async def test_the_user_is_that_of_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Impersonation is read from the user of the chosen context."""
    plain = {
        "users": [{"name": "plain", "user": {}}],
        "contexts": [{"name": "plain", "context": {"cluster": "c", "user": "plain"}}],
    }
    (tmp_path / "plain").write_text(yaml.safe_dump(plain))
    monkeypatch.setenv("KUBECONFIG", f"{kubeconfig(tmp_path / 'config', {'as': 'ann'})}:{tmp_path / 'plain'}")
    assert (await read_access(None, None)).acting_as == (("Impersonate-User", "ann"),)
    assert (await read_access(None, "plain")).acting_as == ()


# ------------------------------------------------------------ route
async def test_a_proxy_that_cannot_be_spoken_to_is_told(tmp_path: Path) -> None:
    """A proxy of an unsupported kind is refused with a sentence that hides its password."""
    path = kubeconfig(tmp_path / "config", {}, **{"proxy-url": "socks5://me:secret@127.0.0.1:1"})
    with pytest.raises(UnusableError, match="socks5://, and only those of http:// and https:// can be used"):
        await Api.connect(path)


class Tunnels:
    """A proxy that connects clients to the targets it knows by the names in their requests."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self.asked: list[str] = []
        self._places, self._tasks = places, set[asyncio.Task[None]]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one CONNECT, then relay bytes."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split()[1])
        far_reader, far = await asyncio.open_connection("127.0.0.1", self._places[self.asked[-1]])
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for ends in ((reader, far), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._carry(*ends)))

    async def close(self) -> None:
        """Close all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def requests() -> list[web.BaseRequest]:
    """The requests that reached the API server."""
    return []


@pytest.fixture
async def port(tmp_path: Path, requests: list[web.BaseRequest]) -> AsyncIterator[int]:
    """An API server of `NAME`, at this port of this machine."""
    authority = Authority(tmp_path / "ca")
    write_pair(authority.server(NAME, [NAME]), tmp_path / "server")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")

    async def answer(request: web.Request) -> web.StreamResponse:
        requests.append(request)
        if "Upgrade" in request.headers:
            websocket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
            await websocket.prepare(request)
            await websocket.close()
            return websocket
        return web.json_response({"type": "ADDED", "object": {"x": 1}})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def tunnels(port: int) -> AsyncIterator[tuple[Tunnels, str]]:
    """A proxy that knows the API server as cluster.example, and the proxy's own address."""
    made = Tunnels({"cluster.example:6443": port})
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    yield made, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await made.close()


def kubeconfig(path: Path, user: dict[str, Any], server: str = "https://cluster.example:6443", **cluster: Any) -> str:
    content = {
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


async def every_call(api: Api) -> None:
    """Every kind of call."""
    await api.get("/get")
    await api.create("/create", {})
    await api.text("/text")
    async for _ in api.watch("/watch", {}, idle=5.0):
        pass
    async for _ in api.bytes_at("/log", {"follow": "true"}):
        pass
    async with api.websocket("/exec", [("command", "a b;c+d")], ["v5.channel.k8s.io"]):
        pass


CALLS = ["/get", "/create", "/text", "/watch", "/log", "/exec"]


@pytest.mark.parametrize("of", ["the kubeconfig", "the environment"])
async def test_every_call_goes_through_the_proxy_to_the_server_of_that_name_as_that_person(
    of: str,
    tunnels: tuple[Tunnels, str],
    requests: list[web.BaseRequest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plain calls, streams and websockets all use proxy, server name and identity."""
    proxy, at = tunnels
    cluster = {"certificate-authority": "ca/ca.crt", "tls-server-name": NAME}
    if of == "the kubeconfig":
        cluster["proxy-url"] = at
        monkeypatch.setenv("NO_PROXY", "cluster.example")
    else:
        monkeypatch.setenv("HTTPS_PROXY", at)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
    user = {"token": "t", "as": "ann", "as-groups": ["dev", "ops"]}
    api = await Api.connect(kubeconfig(tmp_path / "config", user, **cluster))
    try:
        await every_call(api)
    finally:
        await api.close()
    assert [request.path for request in requests] == CALLS
    for request in requests:
        assert request.headers["Authorization"] == "Bearer t"
        assert request.headers.getall("Impersonate-User") == ["ann"]
        assert request.headers.getall("Impersonate-Group") == ["dev", "ops"]
    assert requests[-1].query.getall("command") == ["a b;c+d"]
    assert set(proxy.asked) == {"cluster.example:6443"}


async def test_a_certificate_of_another_name_is_not_trusted(port: int, tmp_path: Path) -> None:
    """A certificate for another name is refused with a sentence."""
    cluster = {"certificate-authority": "ca/ca.crt", "tls-server-name": "other.example"}
    api = await Api.connect(kubeconfig(tmp_path / "config", {}, f"https://127.0.0.1:{port}", **cluster))
    try:
        with pytest.raises(TransientError, match="shows a certificate for other names"):
            await api.get("/get")
    finally:
        await api.close()
