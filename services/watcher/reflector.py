"""Mirror one kind of object: list it, then watch every change to it, for as long as the process lives.

Slipway has its own reflector because a watch must survive what real servers do to it. An expired version (410) means
list again. A silent connection is dead. A permanent error is reported and retried slowly, never in a hot loop. The next
list finds a missed deletion (mark and sweep). An empty or failed list never counts as "all deleted" unless the server
really says so.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import structlog

from shared.errors import GoneError, InvalidError, SlipwayError, TransientError
from shared.kubernetes import pages
from shared.kubernetes.api import Api
from shared.objects import JsonObject

Change = Literal["listed", "changed", "deleted"]
Handler = Callable[[Change, JsonObject], Awaitable[None]]
"""Called with every object: `listed` if a list shows it, `changed` from the watch, `deleted` with the last state
seen."""

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
"""Seconds between tries while the API server refuses or is away: the first wait, and the longest."""
SHORTEST_WATCH: Final = 1.0
"""Shortest time in seconds between the starts of two watches, however the server ends the first."""
CALM_AFTER: Final = 10.0
"""Seconds that a watch must last for the wait to start over from the first."""
NOT_SELECTABLE: Final = "field label not supported"
"""What the API server says about a selector by fields that the definition does not list."""
DROPPED: Final = ("managedFields",)

log = structlog.get_logger()


class Reflector:
    """Calls `handler` with every object at `path` and every change to it.

    Everything is listed again after `relist` seconds; a connection is dead after `idle` seconds of silence. `keep`
    reduces an object to what is remembered of it (for `deleted`). The rest is forgotten, so that ten thousand objects
    stay small.
    """

    def __init__(
        self,
        api: Api,
        path: str,
        handler: Handler,
        *,
        keep: Callable[[JsonObject], JsonObject],
        relist: float = 300.0,
        idle: float = 90.0,
        selector: str | None = None,
        fields: str | None = None,
    ) -> None:
        """`selector` is one of labels. `fields` is one of fields; a server that does not know it sends everything."""
        self._api, self.path, self._handler, self._keep = api, path, handler, keep
        self._relist, self._idle = relist, idle
        self._labels = {"labelSelector": selector} if selector else {}
        self._fields = {"fieldSelector": fields} if fields else {}
        self._params: dict[str, str] = {}
        self._first = pages.FIRST
        self._known: dict[str, JsonObject] = {}
        self.listed = asyncio.Event()
        """Set once everything has been listed and handled."""
        self._began = time.monotonic()
        self.heard_at: float | None = None
        """`time.monotonic()` of the API server's last sign of life for this kind; None before the first list."""
        self.problem: str | None = None
        """What currently keeps this watch from working, in the server's own words."""

    def fresh(self) -> bool:
        """Return whether the last sign of life is recent enough to trust."""
        return self.heard_at is not None and time.monotonic() - self.heard_at < 2 * self._idle

    def age(self) -> float:
        """Return the seconds since the last sign of life; before the first one, since the start."""
        return time.monotonic() - (self._began if self.heard_at is None else self.heard_at)

    async def run(self) -> None:
        """List and watch forever; only cancellation ends it."""
        wait = FIRST_WAIT
        while True:
            began = time.monotonic()
            try:
                await self._list_and_watch()
                wait = FIRST_WAIT
                continue
            except GoneError:
                reason = "the version to watch from has expired"
            except SlipwayError as error:
                reason = str(error)
                self.problem = reason
                if isinstance(error, TransientError) and error.retry_after:
                    wait = max(wait, error.retry_after)
            except Exception as error:  # what answers is no API server, or we have a bug: other kinds go on
                log.exception("watch failed", path=self.path)
                reason = self.problem = f"internal error: {error!r}"
            if time.monotonic() - began > CALM_AFTER:
                wait = FIRST_WAIT
            log.warning("watch interrupted", path=self.path, reason=reason, again_in=round(wait, 1))
            await asyncio.sleep(wait * random.uniform(1.0, 1.3))  # jitter, not a secret; never before the server asks
            wait = min(wait * 2, LONGEST_WAIT)

    async def _list_and_watch(self) -> None:
        version = await self._list_selected()
        listed_at = time.monotonic()
        while (left := self._relist - (time.monotonic() - listed_at)) > 1:
            began = time.monotonic()
            version = await self._watch(version, seconds=min(left, 290.0))
            await asyncio.sleep(max(0.0, SHORTEST_WATCH - (time.monotonic() - began)))

    async def _list_selected(self) -> str:
        """List what the selectors select, or everything if the installed definition does not know the fields."""
        self._params = self._labels | self._fields
        try:
            return await self._list()
        except InvalidError as error:
            if not self._fields or NOT_SELECTABLE not in str(error):
                raise
            log.warning("everything is watched: apply the current definitions", path=self.path, reason=str(error))
        self._params = self._labels
        return await self._list()

    async def _list(self) -> str:
        """List page by page, never the whole at once; after a server that was too slow with smaller pages."""
        try:
            version = await self._list_from(self._first)
        except TransientError:
            self._first = pages.fewer(self._first)
            raise
        self._first = pages.FIRST
        return version

    async def _list_from(self, first: int) -> str:
        seen: set[str] = set()
        version = ""
        async for page in self._api.pages(self.path, self._params, first=first):
            self._heard()
            version = str(page["metadata"]["resourceVersion"])
            for item in page["items"]:
                uid = item["metadata"]["uid"]
                seen.add(uid)
                known = self._known.get(uid)
                if known is None or known["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                    await self._tell("listed", item)
        for uid in [uid for uid in self._known if uid not in seen]:
            await self._hand("deleted", self._known.pop(uid))
        self.listed.set()
        return version

    async def _watch(self, version: str, seconds: float) -> str:
        params = {**self._params, "resourceVersion": version, "timeoutSeconds": str(max(1, int(seconds)))}
        async for event in self._api.watch(self.path, params, idle=self._idle):
            self._heard()
            kind, item = event["type"], event["object"]
            if kind == "ERROR":
                message = str(item.get("message", "the watch ended in an error"))
                raise GoneError(message) if item.get("code") == 410 else TransientError(message)
            version = item["metadata"]["resourceVersion"]
            if kind == "DELETED":
                self._known.pop(item["metadata"]["uid"], None)
                await self._hand("deleted", _light(item))
            elif kind != "BOOKMARK":
                await self._tell("changed", item)
        return version

    async def _tell(self, change: Change, item: JsonObject) -> None:
        self._known[item["metadata"]["uid"]] = self._keep(_light(item))
        await self._hand(change, item)

    async def _hand(self, change: Change, item: JsonObject) -> None:
        """Handle one object. A failure sets only this object aside, so that it does not hide the others."""
        try:
            await self._handler(change, item)
        except Exception:
            metadata = item["metadata"]
            log.exception(
                "object set aside",
                path=self.path,
                namespace=metadata.get("namespace"),
                name=metadata["name"],
                uid=metadata["uid"],
                generation=metadata.get("generation"),
            )

    def _heard(self) -> None:
        self.heard_at, self.problem = time.monotonic(), None


def _light(item: JsonObject) -> JsonObject:
    """Remove from the item what no handler reads, and return it."""
    for key in DROPPED:
        item["metadata"].pop(key, None)
    return item
