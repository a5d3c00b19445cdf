"""Servers that answer what kubectl and `runai whoami` ask, and record which identity asked it.

Two accept any name, one has another name in its certificate, and one is without TLS; it is an identity provider too. A
proxy leads `cluster.example` to the one with the other name.
"""

import asyncio
import base64
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.local.certificates import Authority, write_pair
from tests.integration.harness.loops import LoopThread

NAME = "api.example"
"""The name in the certificate of the server that has another name than its address."""
ALSO = "cluster.example"
"""The name by which the proxy reaches it."""
TOKENS = ("t1", "t2", "t3", "t4", "t9", "2026-01-02", "lasting", "renewed")
ACCEPTED = ("Basic YW5uOnA6dw==", *(f"Bearer {token}" for token in TOKENS))
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
IMPERSONATING = "Impersonate-"


def token_of(name: str, until: int) -> str:
    """An unsigned identity token whose last part is its name."""
    claims = base64.urlsafe_b64encode(b'{"exp": %d}' % until).decode().rstrip("=")
    return f"head.{claims}.{name}"


class ApiServers:
    """All of them, in a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ca")
        self.places: dict[str, int] = {}
        self.seen: list[str] = []
        """What identified each request; of one for pods, followed by their namespace."""
        self._folder, self._through = folder, set[int]()
        self._thread = LoopThread("api-servers")
        self._thread.call(self._start())

    def variables(self) -> dict[str, str]:
        """Addresses, by the names that the table uses."""
        found = {name: f"https://127.0.0.1:{port}" for name, port in self.places.items()}
        plain = f"127.0.0.1:{self.places['plain']}"
        return {**found, "plain": f"http://{plain}", "plain_host": plain, "proxy": f"http://{found['proxy'][8:]}"}

    def close(self) -> None:
        """Stop."""
        self._thread.call(self._runner.cleanup())
        self._thread.close()

    async def _start(self) -> None:
        app = web.Application()
        app.add_routes([
            web.get("/.well-known/openid-configuration", self._configuration), web.post("/token", self._renew),
            web.route("*", "/{path:.*}", self._answer),
        ])  # fmt: skip
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        hosts = {"a": ["127.0.0.1"], "b": ["127.0.0.1"], "named": [NAME]}
        for name in ("a", "b", "named", "plain"):
            self.places[name] = await self._open(self._tls(name, hosts[name]) if name in hosts else None)
        server = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self.places["proxy"] = server.sockets[0].getsockname()[1]

    def _tls(self, name: str, hosts: list[str]) -> ssl.SSLContext:
        write_pair(self.authority.server(name, hosts), self._folder / name)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.authority.certificate_file))
        context.load_cert_chain(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        context.verify_mode = ssl.CERT_OPTIONAL
        context.sni_callback = lambda connection, asked, _: setattr(connection, "asked", asked)
        return context

    async def _open(self, tls: ssl.SSLContext | None) -> int:
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        return int(self._runner.addresses[-1][1])

    async def _answer(self, request: web.Request) -> web.Response:
        path, accepted = request.path, self._knows(request)
        if not accepted:
            self.seen.append("refused")
            return web.json_response({"kind": "Status", "status": "Failure", "code": 401, "message": "no"}, status=401)
        if path.endswith(REVIEW):
            self.seen.append(self._who(request))
            return web.json_response({"status": {"userInfo": {"username": "somebody"}}})
        if path.endswith("/pods"):
            self.seen.append(f"{self._who(request)} in {path.split('/')[-2]}")
            return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []})
        return web.json_response(_discovery(path))

    def _knows(self, request: web.Request) -> bool:
        said = _said(request)
        return not request.secure or bool(request.get_extra_info("peercert")) or any(one in ACCEPTED for one in said)

    def _who(self, request: web.Request) -> str:
        port = request.get_extra_info("sockname")[1]
        place = next(name for name, its in self.places.items() if its == port) + request.path.partition("/api")[0]
        subject: Any = (request.get_extra_info("peercert") or {}).get("subject", ())
        names = [f"CN={value}" for ((key, value),) in subject if key == "commonName"]
        acting = sorted(
            f"{name.title()}={value}" for name, value in request.headers.items() if name.startswith(IMPERSONATING)
        )
        asked = getattr(request.get_extra_info("ssl_object"), "asked", None)
        by = ["by proxy"] if request.get_extra_info("peername")[1] in self._through else []
        return " ".join([place, *names, *_said(request), *acting, *([f"for {asked}"] if asked else []), *by])

    async def _configuration(self, request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": str(request.url.with_path("/token"))})

    async def _renew(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("refresh_token") != "once":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {
                "id_token": token_of("renewed", 1 << 33),
                "access_token": "a",
                "token_type": "bearer",
                "refresh_token": "next",
            }
        )

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one CONNECT, then relay bytes."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.split()[1] != f"{ALSO}:443":
            writer.close()
            return
        far_reader, far = await asyncio.open_connection("127.0.0.1", self.places["named"])
        port = far.get_extra_info("sockname")[1]
        self._through.add(port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_carry(reader, far), _carry(far_reader, writer))
        self._through.discard(port)  # the next connection with this port may be a direct one


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def _said(request: web.Request) -> list[str]:
    """What authenticates it; of an identity token, only the name."""
    words = (value.partition(" ") for value in request.headers.getall("Authorization", []))
    return [f"{scheme} {said.rpartition('.')[2]}" for scheme, _, said in words]


def _discovery(path: str) -> dict[str, Any]:
    if path.endswith("/api"):
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path.endswith("/apis"):
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
    pods = {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]}
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": [pods]}
