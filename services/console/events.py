"""Server-sent events: what a page is sent for as long as it is open."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from services.console.counted import streaming
from services.console.doors import SESSION_OF, who_of
from services.console.limits import Streams
from services.console.pages import TEMPLATES

BEAT: Final = 5.0
"""Seconds after which a silent stream says that it lives, and sees whether it must yield."""
LONGEST: Final = 300.0
"""Seconds after which a stream ends, and the page comes again: whether its sign-in still holds is asked then."""
END: Final = "end"
"""The event that tells the page not to connect again: its `hx-sse:close`."""
STREAMS: Final = web.AppKey("streams", Streams)
"""The live pages of everybody."""
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
PAUSED: Final = "paused, since you have newer live pages open or have signed out: reload this one to go on"
CLOSE: Final = Message(event=END)


async def stream(request: web.Request, messages: AsyncGenerator[Message, None]) -> web.StreamResponse:
    """Send the messages for as long as somebody listens, and has no newer live pages than they may have at once."""
    response, until = web.StreamResponse(headers=HEADERS), time.monotonic() + LONGEST
    with streaming(request), request.app[STREAMS].entered(who_of(request)) as yields:
        await response.prepare(request)
        async with aclosing(messages):
            with suppress(ConnectionResetError):  # the page was left
                async for message in messages:
                    await response.write(message.encoded())
                    if SESSION_OF in request and request[SESSION_OF].expired():
                        break  # the page connects again, by a token that was renewed, or is told to sign in
                    if yields.is_set():
                        await response.write(Message(_paused()).encoded() + CLOSE.encoded())
                    if yields.is_set() or time.monotonic() > until:
                        break
    return response


def _paused() -> str:
    """What stands instead of the word that the page is live."""
    return TEMPLATES.get_template("paused.html").render(said=PAUSED)
