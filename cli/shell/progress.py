"""Shows what a command waits for on standard error, once it takes more than two seconds.

On a terminal, it is one live line that is removed at the end; elsewhere, and on a terminal that cannot clear lines
(TERM=dumb), a new line for each change.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Final, TextIO

from cli.shell.escapes import is_dumb
from shared.inquiry.texts import printable
from shared.inquiry.times import span

PATIENCE: Final = 2.0
"""Seconds that users wait before they want to see progress."""
UNWANTED: Final = "RUNAI_NO_PROGRESS"
"""The environment variable that turns progress off."""
PAUSE: Final = 0.25
"""Seconds between two updates."""
CLEAR: Final = "\r\033[K"
"""Moves to the start of the terminal's line and clears it."""
ANNOUNCED: Final = ContextVar("ANNOUNCED", default=False)
"""Whether an enclosing block already reports progress."""
COLUMNS: Final = 80
"""Columns of a terminal that does not report its width."""


class Progress:
    """What the command currently waits for; change it with `say`."""

    def __init__(self, text: str, stream: TextIO, *, live: bool = True) -> None:
        self._text, self._stream, self._shown = text, stream, ""
        self._live = live and stream.isatty() and not is_dumb()
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Set what the command waits for from now on."""
        self._text = text

    async def show(self, patience: float) -> None:
        """Report it until cancelled, from `patience` seconds after the start."""
        await asyncio.sleep(patience)
        while True:
            self._show()
            await asyncio.sleep(PAUSE)

    def end(self) -> None:
        """Clear the terminal's line."""
        if self._live and self._shown:
            self._write(CLEAR)

    def _show(self) -> None:
        text = printable(self._text)
        if self._live:
            since = f" ({span(time.monotonic() - self._started)})"
            room = self._columns() - 1  # a live line must not wrap
            self._write(f"{CLEAR}{f'{text[: max(0, room - len(since))]}{since}'[:room]}")
        elif text != self._shown:
            self._write(f"{text}\n")
        self._shown = text

    def _columns(self) -> int:
        """The terminal's current columns, since users resize windows."""
        with suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or COLUMNS
        return COLUMNS

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody reads it any more: do not fail because of that
            self._stream.write(text)
            self._stream.flush()


@asynccontextmanager
async def waiting(
    text: str, *, patience: float = PATIENCE, stream: TextIO | None = None, live: bool = True
) -> AsyncIterator[Progress]:
    """Report that `text` is waited for while inside, if it takes more than `patience` seconds and progress is on.

    Without `live`, what others write to the terminal meanwhile is never cleared.
    """
    before = ANNOUNCED.set(True)
    try:
        async with telling(text, patience, stream, live=live) as progress:
            yield progress
    finally:
        ANNOUNCED.reset(before)


@asynccontextmanager
async def telling(
    text: str, patience: float = PATIENCE, stream: TextIO | None = None, *, live: bool = True
) -> AsyncIterator[Progress]:
    """Report progress even if an enclosing block already does."""
    progress = Progress(text, stream or sys.stderr, live=live)
    if os.environ.get(UNWANTED):
        yield progress
        return
    task = asyncio.create_task(progress.show(patience))
    try:
        yield progress
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # Ctrl-C now is for us, not for the task
        progress.end()
