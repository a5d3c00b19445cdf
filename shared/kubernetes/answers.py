"""Read what the API server answers: an error, one JSON object, a bounded page, the lines of a watch."""

from collections.abc import AsyncIterator

import aiohttp
import orjson

from shared.errors import SlipwayError, TransientError, api_error
from shared.kubernetes.pages import PageTooLargeError
from shared.objects import JsonObject


async def failure(response: aiohttp.ClientResponse) -> SlipwayError:
    """Return the error that an answer with a status of 400 or more means."""
    raw = await response.read()
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = {"message": raw.decode(errors="replace")[:500] or response.reason}
    return api_error(response.status, body if isinstance(body, dict) else {}, response.headers.get("Retry-After"))


async def at_most(most: int, content: aiohttp.StreamReader) -> bytes:
    """Return the whole content; raise PageTooLargeError once it is larger than `most` bytes."""
    parts, size = list[bytes](), 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > most:
            raise PageTooLargeError
        parts.append(chunk)
    return b"".join(parts)


def decoded(raw: bytes, call: str) -> JsonObject:
    """Return the JSON object; TransientError if something else answered `call`."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise TransientError(f"what answered {call} does not speak JSON: it is not an API server") from error
    if not isinstance(found, dict):
        raise TransientError(f"what answered {call} sends no JSON object: it is not an API server")
    return found


async def lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield whole lines, however long: the stream reader's own line iterator has a limit that large objects exceed."""
    parts: list[bytes] = []
    async for chunk in content.iter_any():
        head, *tail = chunk.split(b"\n")
        parts.append(head)
        for piece in tail:
            if line := b"".join(parts):
                yield line
            parts = [piece]


def event(line: bytes) -> JsonObject:
    """Parse one event of a watch; TransientError if something other than the API server seems to answer."""
    try:
        event = orjson.loads(line)
        if event["type"] and event["object"]:
            return dict(event)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise TransientError(f"this is no event of a watch: {line[:200].decode(errors='replace')}")
