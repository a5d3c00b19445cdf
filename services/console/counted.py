"""Counts the requests of the console and its streams, which end when the console does."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from shared.process.metrics import OTHER, counter, gauge, histogram

CONSOLE: Final = ("console",)
PAGE: Final = {"page": "the address with names for what differs, such as `/p/{project}/jobs`, or `other`"}
LEFT: Final = "left"
"""Stands for the status of an answer for which the browser did not wait."""
REQUESTS = counter(
    "slipway_console_requests_total",
    "Requests for pages and their parts",
    {**PAGE, "code": f"HTTP status, or `{LEFT}` if the browser did not wait for the answer"},
    CONSOLE,
)
SECONDS = histogram(
    "slipway_console_request_seconds", "Seconds from a request to its answer; no streams", PAGE, CONSOLE
)
STREAMS = gauge("slipway_console_streams", "Streams that keep open pages up to date", services=CONSOLE)
WATCHES = gauge("slipway_console_watches", "Watches of the API server that these streams need", services=CONSOLE)
STREAMING: Final = web.AppKey("streaming", set[asyncio.Task[Any]])
"""The tasks of handlers that stream."""


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request and its seconds, by the page that it asks for."""
    began, page, code = time.monotonic(), page_of(request), "500"
    try:
        response = await handler(request)
        code = str(response.status)
    except web.HTTPException as error:
        code = str(error.status)
        raise
    except (asyncio.CancelledError, ConnectionError):
        code = LEFT
        raise
    finally:
        REQUESTS.labels(page, code).inc()
    if isinstance(response, web.Response):
        SECONDS.labels(page).observe(time.monotonic() - began)
    return response


def page_of(request: web.Request) -> str:
    """Return the address of the route, which names no project and no job."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else OTHER


@contextmanager
def streaming(request: web.Request) -> Iterator[None]:
    """Count the handler that runs this as a stream, and have it cancelled when the console stops."""
    task = asyncio.current_task()
    assert task, "a handler runs in a task"
    request.app[STREAMING].add(task)
    try:
        with STREAMS.track_inprogress():
            yield
    finally:
        request.app[STREAMING].discard(task)


async def end_streams(app: web.Application) -> None:
    """Cancel the handlers that stream: browsers connect again, and find another replica."""
    for task in app[STREAMING]:
        task.cancel()
