"""Shows what is being done and for how long: as a live line on a terminal, as occasional lines elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

QUIET: Final = 20.0
"""Seconds between two lines if the output is not a terminal."""


class Progress:
    """Reports progress on one stream."""

    def __init__(self, stream: TextIO | None = None, *, quiet: float = QUIET) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._pause = 0.5 if self._live else quiet

    def say(self, text: str = "") -> None:
        """Print a line (or several)."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, doing: str, done: str = "", detail: Callable[[], str] = str) -> Iterator[None]:
        """Show `doing`, with `detail` and the elapsed time, until the block ends; then `done` and the time it took."""
        started, over = time.monotonic(), threading.Event()

        def show() -> None:
            while not over.wait(self._pause):
                self._show(f"{doing} {_length(time.monotonic() - started)} {detail()}".rstrip())

        if self._live:
            self._show(doing)
        watcher = threading.Thread(target=show, daemon=True)
        watcher.start()
        finished = False
        try:
            yield
            finished = True
        finally:
            over.set()
            watcher.join()
            taken = _length(time.monotonic() - started)
            last = f"  {done or doing} ({taken})" if finished else f"  {doing}: failed after {taken}"
            self.say(f"\r\033[K{last}" if self._live else last)

    def _show(self, text: str) -> None:
        line = f"\r\033[K  {text[:110]}" if self._live else f"  {text}\n"
        self._stream.write(line)
        self._stream.flush()


def _length(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
