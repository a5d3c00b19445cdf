"""Server-sent events: what a page is sent for as long as it is open."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from services.console.counted import streaming

BEAT: Final = 10.0
"""Seconds after which a silent stream says that it lives; proxies and browsers give up on others."""
END: Final = "end"
"""The event that tells the page not to connect again: its `hx-sse:close`."""
HEADERS: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True)
class Message:
    """One message: parts of the page, and the state that the page is in once it has them."""

    html: str = ""
    id: str = ""
    """Comes back as `Last-Event-ID` if the connection breaks."""
    event: str = ""

    def encoded(self) -> bytes:
        """The message as it travels; a comment if it says nothing."""
        lines = [f"id: {self.id}"] if self.id else []
        if self.event:
            lines += [f"event: {self.event}", "data:"]
        elif self.html:
            lines += [f"data: {line}" for line in self.html.replace("\r", "&#13;").split("\n")]
        return ("\n".join(lines or [":"]) + "\n\n").encode(errors="backslashreplace")


ALIVE: Final = Message()
CLOSE: Final = Message(event=END)


async def stream(request: web.Request, messages: AsyncGenerator[Message, None]) -> web.StreamResponse:
    """Send the messages for as long as somebody listens."""
    response = web.StreamResponse(headers=HEADERS)
    with streaming(request):
        await response.prepare(request)
        async with aclosing(messages):
            with suppress(ConnectionResetError):  # the page was left
                async for message in messages:
                    await response.write(message.encoded())
    return response
