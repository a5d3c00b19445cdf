"""A proxy in front of the API server that fails on demand and counts what it sees.

Clients use plain HTTP, each through its own port (door), so that rules and counts can distinguish them. For a client
named as a service's replica (`creator-0`), the proxy sends the token of that service's account; for others, it acts as
the administrator, unless the client sends a token. It runs in its own thread.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from tests.integration.harness.accounts import token_of
from tests.integration.harness.credentials import Credentials, plain_kubeconfig
from tests.integration.harness.exchange import Exchange, read_exchange
from tests.integration.harness.faults import Cut, Fault, Rule
from tests.integration.harness.loops import LoopThread

_PASSED_ON = ("Accept", "Content-Type", "User-Agent", "Authorization", "Impersonate-User", "Impersonate-Group")
_HANDED_BACK = ("Content-Type", "Retry-After", "Warning")
_MAX_BODY = 64 * 1024**2


class FaultProxy:
    """Passes everything through unless a rule applies."""

    def __init__(self, kubeconfig: Path) -> None:
        self.exchanges: list[Exchange] = []
        """Every request so far, oldest first."""
        self._kubeconfig = kubeconfig
        self._credentials = Credentials.read(kubeconfig)
        self._rules: list[Rule] = []
        self._doors: dict[str, int] = {}
        self._tokens: dict[str, str | None] = {}
        self._clients: dict[int, str] = {}
        self._watches: list[tuple[Exchange, web.Request]] = []
        self._thread = LoopThread("fault-proxy")
        self._thread.call(self._start())

    def on(self, fault: Fault, **which: Any) -> Rule:
        """Apply the fault to requests that match (see `Rule`), until the rule ends; also a context manager."""
        rule = Rule(fault, on_end=self._remove, **which)
        self._rules.append(rule)
        return rule

    def heal(self) -> None:
        """End all rules."""
        for rule in list(self._rules):
            rule.end()

    def break_watches(self, resource: str = "", client: str = "") -> int:
        """Cut all open watches, or those of one resource or client; return how many."""
        return self._thread.call(self._break_watches(resource, client))

    async def break_watch(self, resource: str, rule: Rule) -> None:
        """Cut the watch of the resource, so that the next one meets the rule.

        The first watch may still be on its way: then it is cut once it is open, unless the rule has acted on it.
        """
        while not (self.break_watches(resource) or rule.acted):
            await asyncio.sleep(0.02)

    def door(self, client: str) -> int:
        """The port for this client, opened on first use."""
        if client not in self._doors:
            self._tokens[client] = token_of(client, self._kubeconfig)
            self._doors[client] = self._thread.call(self._open(client))
        return self._doors[client]

    def url(self, client: str = "anyone") -> str:
        """The address of the API server for this client."""
        return f"http://127.0.0.1:{self.door(client)}"

    def kubeconfig(self, folder: Path, client: str = "anyone") -> Path:
        """Write a kubeconfig with which this client uses its own port."""
        return plain_kubeconfig(folder / f"{client}.kubeconfig", self.url(client))

    def count(self, *, verb: str | None = None, resource: str | None = None, client: str | None = None) -> int:
        """The number of requests so far, of one verb, resource or client."""
        wanted = (client, verb, resource)
        return sum(
            number
            for key, number in self.counts().items()
            if all(want in (None, has) for want, has in zip(wanted, key, strict=True))
        )

    def counts(self) -> Counter[tuple[str, str, str]]:
        """The number of requests so far by (client, verb, resource)."""
        return Counter((exchange.client, exchange.verb, exchange.resource) for exchange in list(self.exchanges))

    def writes(self, client: str | None = None) -> list[Exchange]:
        """The requests that change something, of one client or of all, oldest first."""
        return [one for one in list(self.exchanges) if one.is_write and (client or one.client) == one.client]

    def forget(self) -> None:
        """Reset all counts."""
        self.exchanges.clear()

    def close(self) -> None:
        """Cut all connections and stop."""
        self.heal()
        self._thread.call(self._stop())
        self._thread.close()

    async def _start(self) -> None:
        self._session = _session(self._credentials.tls)
        self._anonymous = _session(self._credentials.anonymous_tls)
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()

    async def _stop(self) -> None:
        await self._break_watches("", "")
        await self._runner.cleanup()
        await self._session.close()
        await self._anonymous.close()

    async def _open(self, client: str) -> int:
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert isinstance(site._server, asyncio.Server)
        port = int(site._server.sockets[0].getsockname()[1])
        self._clients[port] = client
        return port

    async def _break_watches(self, resource: str, client: str) -> int:
        meant = [
            request
            for exchange, request in self._watches
            if resource in ("", exchange.resource) and client in ("", exchange.client)
        ]
        for request in meant:
            _abort(request)
        return len(meant)

    def _remove(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
            self._thread.soon(rule.fault.end)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
        client = self._clients.get(port, "anyone")
        exchange = read_exchange(client, request.method, request.path, request.query, await request.read())
        self.exchanges.append(exchange)
        acting = [rule.fault for rule in list(self._rules) if rule.takes(exchange)]
        for fault in acting:
            verdict = await fault.before(exchange)
            if isinstance(verdict, Cut):
                return _abort(request)
            if verdict is not None:
                exchange.status = verdict.status
                return verdict
        return await self._forward(request, exchange, acting)

    async def _forward(self, request: web.Request, exchange: Exchange, acting: list[Fault]) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        if token := self._tokens.get(exchange.client):
            headers["Authorization"] = f"Bearer {token}"
        own = "Authorization" in headers
        session = self._anonymous if own else self._session
        try:
            async with session.request(
                request.method,
                URL(self._credentials.server + request.raw_path, encoded=True),
                data=exchange.body or None,
                headers=headers if own else headers | self._credentials.headers,
            ) as answer:
                exchange.status = answer.status
                if exchange.verb == "watch" and answer.status == 200:
                    return await self._stream(request, exchange, answer, acting)
                body = await answer.read()
        except aiohttp.ClientError:  # the server is unreachable, so it must be for the client too
            return _abort(request)
        if await _cut_after(acting, exchange):
            return _abort(request)
        return web.Response(status=answer.status, body=body, headers=_kept(answer))

    async def _stream(
        self, request: web.Request, exchange: Exchange, answer: aiohttp.ClientResponse, acting: list[Fault]
    ) -> web.StreamResponse:
        if await _cut_after(acting, exchange):
            return _abort(request)
        response = web.StreamResponse(status=200, headers=_kept(answer))
        await response.prepare(request)
        watch = (exchange, request)
        self._watches.append(watch)
        try:
            async for line in _lines(request, answer):
                if await self._passes(exchange, line):
                    await response.write(line)
        except (ConnectionError, aiohttp.ClientError):
            _abort(request)
        finally:
            self._watches.remove(watch)
        return response

    async def _passes(self, exchange: Exchange, line: bytes) -> bool:
        faults = [rule.fault for rule in list(self._rules) if rule.selects(exchange)]
        if not faults:
            return True
        event = json.loads(line)
        for fault in faults:
            if not await fault.on_event(exchange, event):
                return False
        return True


def _kept(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: answer.headers[name] for name in _HANDED_BACK if name in answer.headers}


async def _cut_after(acting: list[Fault], exchange: Exchange) -> bool:
    return any([isinstance(await fault.after(exchange), Cut) for fault in acting])


async def _lines(request: web.Request, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The answer's lines, until either side disconnects."""
    rest = b""
    reading = asyncio.ensure_future(answer.content.readany())
    try:
        while not _gone(request):
            await asyncio.wait([reading], timeout=0.5)  # checked regularly, to notice a client that left a quiet watch
            if not reading.done():
                continue
            chunk = reading.result()
            if not chunk:
                return
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
            reading = asyncio.ensure_future(answer.content.readany())
    finally:
        reading.cancel()


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _abort(request: web.Request) -> web.StreamResponse:
    """Cut the client's connection; the response returned is for the library only and is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _session(tls: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls or False, limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type"),
        read_bufsize=2**20,
    )
