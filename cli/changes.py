"""Lists of the API server's, and every change to them while somebody looks on (`--watch`)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cli.connection import JsonObject

IDLE: Final = 120.0
"""Seconds of silence after which a watch is dead; the API server says something every minute."""
PAUSE: Final = 1.0
"""Seconds between a watch that broke and the next."""


@dataclass
class Source:
    """One list of the API server's, and how far it has been read."""

    path: str
    params: dict[str, str] = field(default_factory=dict)
    items: dict[str, JsonObject] = field(default_factory=dict)
    """What it holds, by uid."""
    version: str = ""
    """Empty until it has been read."""


class Event(NamedTuple):
    """A change to an object of a list."""

    source: Source
    item: JsonObject
    deleted: bool


async def read(api: Any, source: Source) -> None:
    """Read the whole list anew."""
    answer = await api.list(source.path, source.params)
    source.version = str(answer["metadata"]["resourceVersion"])
    source.items = {item["metadata"]["uid"]: item for item in answer["items"]}


async def changes(api: Any, sources: Sequence[Source]) -> AsyncIterator[Event]:
    """Every change to lists that were read, for ever; an outage is waited out. What is not permitted is raised."""
    queue: asyncio.Queue[Event | Exception] = asyncio.Queue()
    tasks = [asyncio.create_task(_follow(api, source, queue)) for source in sources if source.version]
    try:
        while True:
            change = await queue.get()
            if isinstance(change, Exception):
                raise change
            yield change
    finally:
        for task in tasks:
            task.cancel()


async def _follow(api: Any, source: Source, queue: "asyncio.Queue[Event | Exception]") -> None:
    from shared.errors import GoneError, SlipwayError, TransientError

    while True:
        try:
            await _watch(api, source, queue)
        except GoneError:  # the version to go on from has been forgotten
            await _read_again(api, source, queue)
        except TransientError:
            await asyncio.sleep(PAUSE)
        except SlipwayError as error:
            queue.put_nowait(error)
            return


async def _watch(api: Any, source: Source, queue: "asyncio.Queue[Event | Exception]") -> None:
    from shared.errors import api_error

    async for event in api.watch(source.path, {**source.params, "resourceVersion": source.version}, idle=IDLE):
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            raise api_error(int(item.get("code") or 500), item)
        source.version = item["metadata"]["resourceVersion"]
        if kind == "DELETED":
            source.items.pop(item["metadata"]["uid"], None)
        elif kind != "BOOKMARK":
            source.items[item["metadata"]["uid"]] = item
        if kind != "BOOKMARK":
            queue.put_nowait(Event(source, item, deleted=kind == "DELETED"))


async def _read_again(api: Any, source: Source, queue: "asyncio.Queue[Event | Exception]") -> None:
    before = source.items
    await read(api, source)
    for uid, item in before.items():
        if uid not in source.items:
            queue.put_nowait(Event(source, item, deleted=True))
    for uid, item in source.items.items():
        known = before.get(uid)
        if known is None or known["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
            queue.put_nowait(Event(source, item, deleted=False))
