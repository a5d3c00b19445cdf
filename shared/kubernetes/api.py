"""The only module that calls the API server: read, list, create, patch, delete.

`shared.kubernetes.access` knows how to reach it and which identity to use. The calls themselves are raw JSON on an
aiohttp session: generated methods and models cost several times as much as the call.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial
from math import inf
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from shared.distrust import distrust
from shared.errors import (
    BusyError,
    ConflictError,
    GoneError,
    InvalidError,
    LoginError,
    RightsError,
    SlipwayError,
    TransientError,
    UnauthorizedError,
    api_error,
)
from shared.kubernetes import pages
from shared.kubernetes.access import Access, read_access, renewed
from shared.kubernetes.answers import at_most, decoded, event, failure, lines
from shared.kubernetes.calls import Called, counted
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.login import Around
from shared.objects import JsonObject

T = TypeVar("T")
Busy = Callable[[float], Awaitable[bool]]
"""Waits this many seconds for a busy server; returns False if that is too long."""

READINESS: Final = "/readyz"
MERGE_PATCH: Final = "application/merge-patch+json"
NAMES_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Accept header of a list that needs only metadata."""
LIST_TRIES: Final = 3
"""How often a list is started whose continuation expires."""
CONNECTIONS: Final = 128
"""Calls that one process may have under way; the server's own fairness does the rest."""
RENEW_EVERY: Final = 10.0
"""Shortest time in seconds between two readings of the credentials, so that not every refusal costs one."""
BEGINNING: Final = 40.0
"""Seconds within which a stream begins: longer than the API server itself tries to reach a node, so that its own error
about an unreachable one arrives."""
FAREWELL: Final = 1.0
"""Seconds to wait for a server's answer to the close of a websocket."""
HEARTBEAT: Final = 30.0
"""Seconds between two pings on a websocket: they keep it open and detect a dead one."""
WHICH_AUTHORITY: Final = (
    "is it the right cluster, and is the kubeconfig's certificate-authority the one that signs its certificate?"
)
BROKEN = (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError, ssl.SSLError)


def session_of(access: Access, agent: str) -> aiohttp.ClientSession:
    """Return connections to the API server, for whoever calls it: each call carries its own credentials."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        headers={"User-Agent": agent, "Content-Type": "application/json"},
        proxy=access.proxy,
        auto_decompress=True,
    )


class Api:
    """Calls the API server with plain JSON; every failure is raised as one of `shared.errors`."""

    def __init__(
        self,
        access: Access,
        timeout: float,
        agent: str,
        renew: Callable[[Access], Awaitable[Access]] | None = None,
        around: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
        busy: Busy | None = None,
        called: Called | None = None,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """`around` is entered for as long as a call is under way, for example to show that to a person.

        `called` is called after each call. `session`, of `session_of`, is shared with others and closed by them.
        """
        self._access, self._renew, self._renewed_at = access, renew, -inf
        self._renewing, self._busy, self._called = asyncio.Lock(), busy, called
        self._base, self._server_name = access.server, access.server_name
        self._session, self._shared = session or session_of(access, agent), session is not None
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._timeout, self._around = aiohttp.ClientTimeout(total=timeout), around
        self._silence = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)

    @classmethod
    async def connect(
        cls,
        kubeconfig: str | None = None,
        *,
        context: str | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - of each call, not of this one
        agent: str = "slipway",
        around: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
        logging_in: Around = nullcontext,
        busy: Busy | None = None,
        called: Called | None = None,
        later: bool = False,
    ) -> Self:
        """Connect to the cluster of `kubeconfig`, else KUBECONFIG, else the pod's account; `timeout` is in seconds.

        `logging_in` is entered while a login program runs that does not use the terminal. `busy` waits, in seconds, as
        the server asks, and returns whether to try again, for a program that a person waits for; without it, every 429
        is an error. `called` is called after each call, to count it. `later` logs in with the first call: a service
        starts with credentials that are mended later.

        Raises UnusableError if there is no usable configuration, and LoginError if its login fails.
        """

        async def renew(before: Access) -> Access:
            return await renewed(before, kubeconfig, logging_in)

        access = await read_access(kubeconfig, context, logging_in, later=later)
        return cls(access, timeout, agent, renew=renew, around=around, busy=busy, called=called)

    @property
    def identity(self) -> str:
        """Return where the credentials come from, for a sentence."""
        return self._access.identity

    async def close(self) -> None:
        """Close the connections."""
        if not self._shared:
            await self._session.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, accept: str | None = None) -> JsonObject:
        """Return the object (or list) at `path`."""
        return await self._call("GET", path, params=params, accept=accept)

    async def create(self, path: str, body: JsonObject, params: Mapping[str, str] | None = None) -> JsonObject:
        """Create `body` in the collection at `path`; raise AlreadyExistsError rather than overwrite."""
        try:
            return await self._call("POST", path, body=body, params=params)
        except ConflictError as error:  # a create has no precondition: a quota is being counted, for example
            raise TransientError(str(error)) from error

    async def patch(
        self, path: str, body: Any, content_type: str = MERGE_PATCH, params: Mapping[str, str] | None = None
    ) -> JsonObject:
        """Change the object at `path`.

        A `metadata.resourceVersion` or `.uid` in a merge patch is a precondition (ConflictError).
        """
        return await self._call("PATCH", path, body=body, content_type=content_type, params=params)

    async def replace(self, path: str, body: JsonObject) -> JsonObject:
        """Replace the object at `path` with `body`; its resourceVersion, if given, is a precondition."""
        return await self._call("PUT", path, body=body)

    async def delete(self, path: str, *, uid: str | None = None, propagation: str = "Background") -> JsonObject:
        """Delete the object at `path`; if `uid` is given, only the one with that uid (another one: ConflictError)."""
        options: JsonObject = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        return await self._call("DELETE", path, body=options)

    async def list(
        self, path: str, params: Mapping[str, str] | None = None, *, accept: str | None = None
    ) -> JsonObject:
        """Return the whole list at `path`, read page by page as of one moment: `items`, and the last page's `metadata`.

        A continuation that expires half-way (410) starts the list again; TransientError if that does not help.
        """
        for _ in range(LIST_TRIES):
            try:
                return await self._list_once(path, dict(params or {}), accept)
            except GoneError as error:
                expired = error
        raise TransientError(f"the list of {path} expires before it is read: {expired}") from expired

    async def _list_once(self, path: str, params: dict[str, str], accept: str | None) -> JsonObject:
        items: list[JsonObject] = []
        last: JsonObject = {}
        async for page in self.pages(path, params, accept=accept):
            items += page["items"]
            last = page
        return {**last, "items": items}

    async def names(self, path: str) -> Sequence[str]:
        """Return the names of all objects at `path`, and hold nothing else of them: their annotations may be large."""
        for _ in range(LIST_TRIES):
            try:
                found = self.pages(path, accept=NAMES_ONLY)
                return [item["metadata"]["name"] async for page in found for item in page["items"]]
            except GoneError as error:
                expired = error
        raise TransientError(f"the list of {path} expires before it is read: {expired}") from expired

    async def pages(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str | None = None,
        first: int = pages.FIRST,
    ) -> AsyncIterator[JsonObject]:
        """Yield the list at `path` page by page, all as of one moment, for callers that need not hold it whole.

        Pages have fewer objects if these are large; the first one has at most `first`. A page may take any time, as
        long as the server is not silent.

        Raises GoneError if the continuation expires half-way: the pages until then are not a whole list.
        """
        wanted, limit = dict(params or {}), first
        while True:
            try:
                raw = await self._page(
                    path, {**wanted, "limit": str(limit)}, accept, None if limit == 1 else pages.LARGEST
                )
            except pages.PageTooLargeError:
                limit = pages.fewer(limit)
                continue
            page = decoded(raw, f"GET {path}")
            items = page.get("items") or []
            limit = pages.following(limit, len(items), len(raw))
            del raw
            yield {**page, "items": items}
            if not (token := page["metadata"].get("continue")):
                return
            wanted["continue"] = token

    async def _page(self, path: str, params: Mapping[str, str], accept: str | None, most: int | None) -> bytes:
        return await self._raw("GET", path, params=params, accept=accept, silence=True, most=most)

    async def watch(self, path: str, params: Mapping[str, str], *, idle: float) -> AsyncIterator[JsonObject]:
        """Yield watch events (`type`, `object`) at `path` until the server ends the watch.

        A connection that stays silent for `idle` seconds, bookmarks included, raises TransientError.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=idle, sock_read=idle)
        wanted = {**params, "watch": "true", "allowWatchBookmarks": "true"}
        try:
            async with await self._persistently(lambda: self._opened(path, wanted, timeout)) as response:
                async for line in lines(response.content):
                    yield event(line)
        except BROKEN as error:
            raise TransientError(f"the watch of {path} broke: {_said(error)}") from error

    async def about(self) -> tuple[JsonObject, str]:
        """Return what the API server says about its version, and the time by its clock as HTTP writes it."""
        try:
            async with await self._persistently(lambda: self._opened("/version", {}, self._timeout)) as response:
                return decoded(await response.read(), "GET /version"), response.headers.get("Date", "")
        except BROKEN as error:
            raise self._unanswered(error) from error

    async def text(self, path: str) -> str:
        """Return the plain text at `path`, such as `/readyz`."""
        return (await self._raw("GET", path)).decode()

    async def bytes_at(self, path: str, params: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield what `path` sends, as it arrives, for as long as it goes on: a container's log.

        Through intermediaries, a log that is followed begins only once the container prints something.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=BEGINNING)
        within = None if params.get("follow") == "true" else BEGINNING
        try:
            response = await self._persistently(lambda: self._begun(self._opened(path, params, timeout), within))
        except BROKEN as error:
            raise self._unanswered(error, BEGINNING) from error
        try:
            async with response:
                async for chunk in response.content.iter_any():
                    yield chunk
        except BROKEN as error:
            raise TransientError(f"the connection to the API server broke: {_said(error)}") from error

    async def _opened(
        self,
        path: str,
        params: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - not of this call
    ) -> aiohttp.ClientResponse:
        """Return the response once its head is there; its failure is raised."""
        headers = await self._access.headers()
        with counted(self._called, "GET", path, params) as call:
            response = await self._session.get(
                self._url(path),
                params=params,
                headers=headers,
                ssl=self._access.tls,
                server_hostname=self._server_name,
                timeout=timeout,
            )
            call.code = str(response.status)
        if response.status >= 400:
            async with response:
                raise await failure(response)
        return response

    async def _begun(self, asking: Awaitable[T], within: float | None) -> T:
        """Wait for the beginning of a response, like for any call; after that it may last as long as it likes."""
        async with self._around(), asyncio.timeout(within):
            return await asking

    @asynccontextmanager
    async def websocket(
        self, path: str, params: Sequence[tuple[str, str]], protocols: Sequence[str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a websocket at `path` with the first of the protocols that the server accepts.

        A refusal is raised in the server's own words, which a refused handshake alone does not contain.
        """
        refused = 0
        for protocol in protocols:
            try:
                opening = await self._persistently(partial(self._opening, path, params, protocol))
            except aiohttp.WSServerHandshakeError as error:
                refused = error.status
                await self._explain(path, params)
            except BROKEN as error:
                raise self._unanswered(error, BEGINNING) from error
            else:
                try:
                    yield opening
                finally:
                    with suppress(TimeoutError):  # the server may never answer the close
                        async with asyncio.timeout(FAREWELL):
                            await opening.close()
                return
        raise TransientError(f"the stream was refused with HTTP status {refused}: {path}")

    async def _opening(
        self, path: str, params: Sequence[tuple[str, str]], protocol: str
    ) -> aiohttp.ClientWebSocketResponse:
        headers = await self._access.headers()
        headers["Sec-WebSocket-Protocol"] = protocol
        try:
            return await self._begun(
                self._session.ws_connect(
                    self._url(f"{path}?{urlencode(params)}"),
                    headers=headers,
                    ssl=self._access.tls,
                    server_hostname=self._server_name,
                    heartbeat=HEARTBEAT,
                ),
                BEGINNING,
            )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 429):
                wait = error.headers.get("Retry-After") if error.headers else None
                raise api_error(error.status, {}, wait) from error
            raise

    async def _explain(self, path: str, params: Sequence[tuple[str, str]]) -> None:
        """Raise the server's error about the request itself; do nothing if it only demands a websocket."""
        try:
            await self._raw("GET", path, params=params)
        except InvalidError as error:
            if "pgrade request required" not in str(error):
                raise

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        content_type: str | None = None,
        accept: str | None = None,
    ) -> JsonObject:
        raw = await self._raw(method, path, body=body, params=params, content_type=content_type, accept=accept)
        return decoded(raw, f"{method} {path}")

    async def _raw(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        content_type: str | None = None,
        accept: str | None = None,
        silence: bool = False,
        most: int | None = None,
    ) -> bytes:
        """Return the answer; with `silence`, only a server that sends nothing is late.

        Raises PageTooLargeError beyond `most` bytes.
        """
        once = partial(self._once, method, path, body, params, content_type, accept, silence, most)
        return await self._persistently(once)

    async def _persistently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt a call again with new credentials if the old ones are over, and when a busy server asks to wait."""
        fresh = False
        while True:
            access = self._access
            try:
                return await attempt()
            except LoginError:
                raise
            except UnusableError as error:
                raise LoginError(_said(error)) from error
            except UnauthorizedError:
                if fresh or not await self._renewed(access):
                    raise
                fresh = True
            except RightsError as error:
                if await self._is_starting():
                    raise TransientError(f"the API server has just started and knows no rights yet: {error}") from error
                raise
            except BusyError as error:
                if self._busy is None or error.retry_after is None or not await self._busy(error.retry_after):
                    raise

    async def _is_starting(self) -> bool:
        """Return whether the API server is not ready: until it has read all roles, it denies what they grant.

        A server that denies even this is not ready for a service, which tries again; a person is told at once.
        """
        try:
            await self._once("GET", READINESS, None, None, None, None, silence=False, most=None)
        except TransientError:
            return True
        except SlipwayError:  # everybody may ask that, unless an administrator forbids it
            return self._busy is None
        return False

    async def _renewed(self, spent: Access) -> bool:
        """Return whether there are other credentials than the spent ones, which are read again for all callers once."""
        async with self._renewing:
            if self._access is not spent:
                return True
            if self._renew is None or time.monotonic() - self._renewed_at < RENEW_EVERY:
                return False
            self._renewed_at = time.monotonic()
            try:
                self._access = await self._renew(spent)
            except LoginError:
                raise
            except UnusableError as error:
                raise LoginError(f"the credentials cannot be renewed: {_said(error)}") from error
            return True

    async def _once(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None,
        content_type: str | None,
        accept: str | None,
        silence: bool,
        most: int | None,
    ) -> bytes:
        headers = await self._access.headers()
        if content_type:
            headers["Content-Type"] = content_type
        if accept:
            headers["Accept"] = accept
        try:
            async with self._around(), self._slots:
                with counted(self._called, method, path, params) as call:
                    async with self._session.request(
                        method,
                        self._url(path),
                        params=params,
                        headers=headers,
                        ssl=self._access.tls,
                        server_hostname=self._server_name,
                        timeout=self._silence if silence else self._timeout,
                        data=None if body is None else orjson.dumps(body),
                    ) as response:
                        call.code = str(response.status)
                        if response.status >= 400:
                            raise await failure(response)
                        return await response.read() if most is None else await at_most(most, response.content)
        except BROKEN as error:
            raise self._unanswered(error) from error

    def _unanswered(self, error: BaseException, within: float | None = None) -> TransientError:
        cause = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            self._access.look_again()
            return TransientError(f"{self._base} shows {distrust(cause, WHICH_AUTHORITY)}")
        if isinstance(error, asyncio.TimeoutError):
            return TransientError(f"the API server did not answer within {within or self._timeout.total:g} s")
        return TransientError(f"the API server did not answer: {_said(error)}")

    def _url(self, path: str) -> URL:
        """Return the URL to call: the path as it is, never normalized into another one."""
        try:
            url = URL(self._base + path, encoded=True)
            _ = url.port  # an invalid port is only found on access
        except ValueError as error:
            raise aiohttp.InvalidURL(self._base, str(error)) from error
        return url


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
