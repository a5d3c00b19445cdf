"""What a command waits for, told on standard error once it takes more than two seconds.

On a terminal it is one line that lives and then goes; elsewhere a line whenever there is something new to tell.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Final, TextIO

from cli.printing.tables import printable
from shared.inquiry.times import span

PATIENCE: Final = 2.0
"""Seconds that people wait without wondering."""
UNWANTED: Final = "RUNAI_NO_PROGRESS"
"""The variable by which a person says that they want none of it."""
PAUSE: Final = 0.25
"""Seconds between two looks at what there is to tell."""
CLEAR: Final = "\r\033[K"
"""Goes back to the beginning of a terminal's line and empties it."""
ANNOUNCED: Final = ContextVar("ANNOUNCED", default=False)
"""Whether what is waited for is being told around this."""
COLUMNS: Final = 80
"""Of a terminal that does not say how many it has."""


class Progress:
    """What is waited for at the moment; whoever waits changes it with `say`."""

    def __init__(self, text: str, stream: TextIO) -> None:
        self._text, self._stream, self._shown = text, stream, ""
        self._live = stream.isatty()
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """From now on this is waited for."""
        self._text = text

    async def show(self, patience: float) -> None:
        """Tell it for ever, from `patience` seconds after the beginning."""
        await asyncio.sleep(patience)
        while True:
            self._show()
            await asyncio.sleep(PAUSE)

    def end(self) -> None:
        """Leave the terminal's line empty."""
        if self._live and self._shown:
            self._write(CLEAR)

    def _show(self) -> None:
        text = printable(self._text)
        if self._live:
            since = f" ({span(time.monotonic() - self._started)})"
            room = self._columns() - 1  # a line that lives must not become two
            self._write(f"{CLEAR}{f'{text[: max(0, room - len(since))]}{since}'[:room]}")
        elif text != self._shown:
            self._write(f"{text}\n")
        self._shown = text

    def _columns(self) -> int:
        """As they are at the moment: people draw their windows to other sizes."""
        with suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or COLUMNS
        return COLUMNS

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody listens any more: that is no reason to end
            self._stream.write(text)
            self._stream.flush()


@asynccontextmanager
async def waiting(text: str, *, patience: float = PATIENCE, stream: TextIO | None = None) -> AsyncIterator[Progress]:
    """Tell that `text` is waited for while inside, if it takes more than `patience` seconds and is wanted."""
    before = ANNOUNCED.set(True)
    try:
        async with telling(text, patience, stream) as progress:
            yield progress
    finally:
        ANNOUNCED.reset(before)


@asynccontextmanager
async def telling(text: str, patience: float = PATIENCE, stream: TextIO | None = None) -> AsyncIterator[Progress]:
    """The same, without regard to who else tells what is waited for."""
    progress = Progress(text, stream or sys.stderr)
    if os.environ.get(UNWANTED):
        yield progress
        return
    task = asyncio.create_task(progress.show(patience))
    try:
        yield progress
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # a Ctrl-C at this moment is ours, not the task's
        progress.end()
