"""The messages that keep a list on a page as it is now."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final

from services.console.boards import Board, Standing
from services.console.events import ALIVE, BEAT, CLOSE, Message
from services.console.list_rows import Columns
from services.console.pages import TEMPLATES
from services.console.query import Query
from services.console.windows import Step, Window, steps, window
from shared.errors import UnauthorizedError

APART: Final = 0.25
"""Seconds between two messages at least: what changes in between travels together."""
READING_APART: Final = 1.0
"""The same while thousands of rows are still being read: almost all of them change the page."""
MOST_STEPS: Final = 60
"""Steps in a message, beyond which all rows are sent."""


async def messages(board: Board, parts: "Parts", known: str) -> AsyncGenerator[Message, None]:
    """Yield what turns the page, which shows the window of the digest `known`, into what the list is now, for ever."""
    loop = asyncio.get_running_loop()
    with board.watched() as news:
        shown: Window | None = None
        standing: Standing | None = None
        while True:
            now = window(board.rows.values(), parts.query, parts.columns)
            html = parts.all(now) if shown is None and now.digest != known else parts.between(shown or now, now)
            if html:
                yield Message(html, now.digest)
            shown = now
            if board.standing != standing:
                standing = board.standing
                yield Message(parts.standing(standing))
            if board.ended:
                if not isinstance(board.problem, UnauthorizedError):  # the page comes again with a renewed sign-in
                    yield CLOSE
                return
            sent = loop.time()
            while not await spoken(news):
                yield ALIVE
            await asyncio.sleep(max(0.0, (APART if board.whole else READING_APART) - (loop.time() - sent)))
            news.clear()


async def spoken(news: asyncio.Event) -> bool:
    """Wait for news; False if there is none for a while, after which a stream must say that it lives."""
    try:
        async with asyncio.timeout(BEAT):
            return await news.wait()
    except TimeoutError:
        return False


class Parts:
    """The parts of a list's page as HTML."""

    def __init__(self, columns: Columns, query: Query, known: Mapping[str, Any]) -> None:
        """`known` is what the template is made from, besides the rows."""
        self.columns, self.query = columns, query
        self._module = TEMPLATES.get_template("list_parts.html").make_module(dict(known))

    def all(self, now: Window) -> str:
        """Everything that changes."""
        return "".join(self._made(name)(now) for name in ("counts", "paging", "body"))

    def between(self, before: Window, now: Window) -> str:
        """What turns one window into the other; empty if they are the same."""
        if before == now:
            return ""
        found = steps(before.rows, now.rows)
        if len(found) > MOST_STEPS:
            return self.all(now)
        changed = [name for name in ("counts", "paging") if _facts(before, name) != _facts(now, name)]
        return "".join([*(self._made(name)(now) for name in changed), *map(self._step, found)])

    def standing(self, standing: Standing) -> str:
        """Whether the list is live, or why not."""
        return self._made("standing")(standing)

    def _step(self, step: Step) -> str:
        return self._made(type(step).__name__.lower())(step)

    def _made(self, name: str) -> Callable[[object], str]:
        macro: Callable[[object], str] = getattr(self._module, f"live_{name}")
        return macro


def _facts(of: Window, part: str) -> object:
    if part == "counts":
        return of.counts
    return of.first, of.last, of.matching, of.earlier, of.later
