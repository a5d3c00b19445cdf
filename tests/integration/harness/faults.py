"""Faults that the proxy can inject into a request or a watch, one class each; rules select the requests."""

import asyncio
import inspect
import json
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.integration.harness.exchange import Exchange

Event = dict[str, Any]
"""One line of a watch: `type` and `object`."""


class Cut:
    """Returned by a fault to cut the connection without an answer."""


class Fault:
    """Changes nothing; each fault below overrides what it affects."""

    async def before(self, exchange: Exchange) -> web.StreamResponse | Cut | None:
        """Act before the server gets the request: answer in its stead, cut, or let it pass (None)."""
        return None

    async def after(self, exchange: Exchange) -> Cut | None:
        """Act after the server has answered, before the client gets it: cut, or let the answer pass (None)."""
        return None

    async def on_event(self, exchange: Exchange, event: Event) -> bool:
        """Whether this event of a watch reaches the client."""
        return True

    def end(self) -> None:
        """Release everything that is held back."""


@dataclass
class Answer(Fault):
    """Answer with this status instead of the server; `retry_after` is in seconds."""

    status: int
    message: str = "the proxy was told to refuse"
    reason: str = ""
    retry_after: int | None = None

    async def before(self, exchange: Exchange) -> web.StreamResponse:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        body = status_body(self.status, self.message, self.reason)
        return web.json_response(body, status=self.status, headers=headers)


@dataclass
class Delay(Fault):
    """Delay the request, and each event of a watch, by this many seconds."""

    seconds: float
    events: bool = False

    async def before(self, exchange: Exchange) -> None:
        if not self.events:
            await asyncio.sleep(self.seconds)

    async def on_event(self, exchange: Exchange, event: Event) -> bool:
        if self.events:
            await asyncio.sleep(self.seconds)
        return True


class CutBefore(Fault):
    """Cut the connection; the server never gets the request."""

    async def before(self, exchange: Exchange) -> Cut:
        return Cut()


class CutAfter(Fault):
    """Cut the connection once the server has answered: the write is stored, but the client does not know."""

    async def after(self, exchange: Exchange) -> Cut:
        return Cut()


@dataclass
class Silence(Fault):
    """Send nothing: requests get no answer, and watches (open ones too) no event, until the rule ends."""

    held: int = 0
    """Requests and events that were held back."""
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def before(self, exchange: Exchange) -> None:
        if exchange.verb != "watch":
            self.held += 1
            await self._over.wait()

    async def on_event(self, exchange: Exchange, event: Event) -> bool:
        self.held += 1
        await self._over.wait()
        return True

    def end(self) -> None:
        self._over.set()


@dataclass
class DropEvents(Fault):
    """Drop events of a watch: of one type, of objects whose name matches, up to a number."""

    type: str = "DELETED"
    name: str = ""
    times: int | None = None
    dropped: list[Event] = field(default_factory=list)

    async def on_event(self, exchange: Exchange, event: Event) -> bool:
        name = event.get("object", {}).get("metadata", {}).get("name", "")
        meant = event.get("type") == self.type and re.search(self.name, name) is not None
        if not meant or (self.times is not None and len(self.dropped) >= self.times):
            return True
        self.dropped.append(event)
        return False


@dataclass
class ErrorEvent(Fault):
    """Answer a watch with an ERROR event of this code, as the server does if the resource version is too old."""

    code: int = 410
    message: str = "too old resource version"

    async def before(self, exchange: Exchange) -> web.StreamResponse | None:
        if exchange.verb != "watch":
            return None
        event = {"type": "ERROR", "object": status_body(self.code, self.message, "Expired" if self.code == 410 else "")}
        return web.Response(text=json.dumps(event) + "\n", content_type="application/json")


Hooked = Callable[[Exchange], Cut | Awaitable[Cut | None] | None]


@dataclass
class Hook(Fault):
    """Call functions with the exchange, before the server gets it and after it answers; each may return `Cut()`.

    They run in the proxy's thread, so they must be short, such as killing a process.
    """

    before_it: Hooked | None = None
    after_it: Hooked | None = None

    async def before(self, exchange: Exchange) -> Cut | None:
        return await _call(self.before_it, exchange)

    async def after(self, exchange: Exchange) -> Cut | None:
        return await _call(self.after_it, exchange)


async def _call(hook: Hooked | None, exchange: Exchange) -> Cut | None:
    verdict = hook(exchange) if hook else None
    return await verdict if inspect.isawaitable(verdict) else verdict


class Rule:
    """A fault and the requests that it applies to. All given expressions must match from the start."""

    def __init__(
        self,
        fault: Fault,
        *,
        verb: str = "",
        path: str = "",
        resource: str = "",
        client: str = "",
        writes: bool = False,
        nth: int | None = None,
        times: int | None = None,
        on_end: Callable[["Rule"], None] = lambda rule: None,
    ) -> None:
        """`path` may match anywhere; `verb`, `resource` and `client` in full; `nth` acts on that match only, from 1."""
        self.fault, self.nth, self.times, self.writes = fault, nth, times, writes
        self._wanted = [re.compile(text or ".*", re.DOTALL) for text in (verb, resource, client)]
        self._path = re.compile(path)
        self._on_end = on_end
        self._lock = threading.Lock()
        self.matched = 0
        """Number of requests that matched."""
        self.acted = 0
        """Number of requests that the fault acted on."""

    def selects(self, exchange: Exchange) -> bool:
        """Whether this request matches, regardless of counts."""
        fields = (exchange.verb, exchange.resource, exchange.client)
        return (
            all(wanted.fullmatch(value) for wanted, value in zip(self._wanted, fields, strict=True))
            and self._path.search(exchange.path) is not None
            and (exchange.is_write or not self.writes)
        )

    def takes(self, exchange: Exchange) -> bool:
        """Count the request; return whether the fault acts on it."""
        if not self.selects(exchange):
            return False
        with self._lock:
            self.matched += 1
            acts = (self.nth is None or self.matched == self.nth) and (self.times is None or self.acted < self.times)
            self.acted += acts
        return acts

    def end(self) -> None:
        """End the fault, so that everything passes again."""
        self._on_end(self)

    def __enter__(self) -> "Rule":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def status_body(code: int, message: str, reason: str = "") -> dict[str, Any]:
    """The API server's `Status` object for a failure."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
