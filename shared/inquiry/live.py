"""Reads lists from the API server page by page, in order, and then every change to them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Final, Literal

from shared.objects import JsonObject

Page = list[JsonObject]
Change = tuple[Literal["ADDED", "MODIFIED", "DELETED"], JsonObject]

Keep = Callable[[JsonObject], JsonObject]

IDLE: Final = 120.0
"""Seconds of silence after which a watch is considered dead; the API server sends something every minute."""
TRIES: Final = 3
"""How often a broken watch is resumed without any response."""
PAUSE: Final = 1.0
"""Seconds between two tries."""


def named(page: JsonObject) -> Page:
    """The objects of a list, each with its kind and version, which lists of built-in kinds leave out."""
    kind = {"apiVersion": page["apiVersion"], "kind": str(page["kind"]).removesuffix("List")}
    return [{**kind, **item} for item in page["items"]]


async def pages(api: Any, path: str, params: dict[str, str] | None = None) -> AsyncIterator[Page]:
    """The objects at a path, some hundreds at a time."""
    async for page in api.pages(path, params or {}):
        yield named(page)


class Live:
    """The objects at one path: as they are, by pages, and then each change.

    To read changes, set `remember`: it keeps what was listed, to find what a broken watch missed by comparing.
    `keep` returns what is kept of each object, for a reader that holds many of them for long.
    """

    def __init__(
        self,
        api: Any,
        path: str,
        params: dict[str, str] | None = None,
        *,
        remember: bool = True,
        keep: Keep | None = None,
    ) -> None:
        self._api, self._path, self._params, self._remember = api, path, params or {}, remember
        self._keep = keep or _whole
        self._version = ""
        self._known: dict[str, JsonObject] = {}

    async def pages(self) -> AsyncIterator[Page]:
        """The list, some hundreds at a time."""
        async for page in self._api.pages(self._path, self._params):
            self._version = str(page["metadata"]["resourceVersion"])
            items = [*map(self._keep, named(page))]
            if self._remember:
                self._known.update((str(item["metadata"]["uid"]), item) for item in items)
            yield items

    async def changes(self) -> AsyncIterator[Change]:
        """Every change since the list was read, forever; raises the error if the server refuses permanently.

        Listing again finds what a watch missed.
        """
        from shared.errors import GoneError, TransientError

        tries, missed = 0, False
        while True:
            try:
                if missed:
                    for change in await self._missed():
                        yield change
                    tries, missed = 0, False
                async for change in self._watch():
                    tries = 0
                    yield change
                tries = 0  # the server ended it normally
            except (GoneError, TransientError) as error:
                missed = missed or isinstance(error, GoneError)
                tries += 1
                if tries >= TRIES:
                    raise
                await asyncio.sleep(PAUSE)

    async def _watch(self) -> AsyncIterator[Change]:
        from shared.errors import api_error

        params = {**self._params, "resourceVersion": self._version}
        async for event in self._api.watch(self._path, params, idle=IDLE):
            change, item = event["type"], event["object"]
            if change == "ERROR":
                raise api_error(int(item.get("code") or 500), item)
            self._version = item["metadata"]["resourceVersion"]
            if change != "BOOKMARK":
                yield self._seen(change, self._keep(item))

    def _seen(self, change: Any, item: JsonObject) -> Change:
        uid = item["metadata"]["uid"]
        if change == "DELETED":
            self._known.pop(uid, None)
        else:
            self._known[uid] = item
        return change, item

    async def _missed(self) -> list[Change]:
        before, self._known = self._known, {}
        try:
            async for _ in self.pages():
                pass  # they are remembered
        except BaseException:
            self._known = before  # for the next list to be compared with
            raise
        gone = [item for uid, item in before.items() if uid not in self._known]
        changed = [item for uid, item in self._known.items() if _version(item) != _version(before.get(uid))]
        return [*(("DELETED", item) for item in gone), *(("MODIFIED", item) for item in changed)]


def _whole(item: JsonObject) -> JsonObject:
    return item


def _version(item: JsonObject | None) -> Any:
    return item and item["metadata"]["resourceVersion"]


async def in_order(streams: Sequence[AsyncIterator[Page]], key: Callable[[JsonObject], Any]) -> AsyncIterator[Page]:
    """Merge several lists page by page: each list is in the order of `key`, and so is the result."""
    waiting: list[Page] = [[] for _ in streams]
    open_ones = set(range(len(streams)))
    while open_ones:
        wanted = [number for number in open_ones if not waiting[number]]
        for number, page in zip(
            wanted, await asyncio.gather(*(_next(streams[number]) for number in wanted)), strict=True
        ):
            if page is None:
                open_ones.discard(number)
            else:
                waiting[number] = page
        ready = _ready(waiting, open_ones, key)
        if ready:
            yield sorted(ready, key=key)


async def _next(stream: AsyncIterator[Page]) -> Page | None:
    return await anext(stream, None)


def _ready(waiting: list[Page], open_ones: set[int], key: Callable[[JsonObject], Any]) -> Page:
    """Take what no later page can precede: everything up to the smallest last object of the unfinished lists."""
    if any(not waiting[number] for number in open_ones):
        return []
    bound = min((key(waiting[number][-1]) for number in open_ones), default=None)
    ready: Page = []
    for number, items in enumerate(waiting):
        count = len(items) if bound is None else sum(key(item) <= bound for item in items)
        ready += items[:count]
        waiting[number] = items[count:]
    return ready


async def changes_of(lists: Sequence[Live]) -> AsyncGenerator[Change, None]:
    """The changes of several lists as they come; the first failure ends it."""
    queue: asyncio.Queue[Change | Exception] = asyncio.Queue()
    tasks = [asyncio.create_task(_hand_on(one, queue)) for one in lists]
    try:
        while True:
            change = await queue.get()
            if isinstance(change, Exception):
                raise change
            yield change
    finally:
        for task in tasks:
            task.cancel()


async def _hand_on(one: Live, queue: "asyncio.Queue[Change | Exception]") -> None:
    try:
        async for change in one.changes():
            queue.put_nowait(change)
    except Exception as error:  # noqa: BLE001 - raised again by the reader of the changes
        queue.put_nowait(error)
