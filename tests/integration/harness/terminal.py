"""A user at a terminal: what they type, what they see, and the state in which the terminal is left."""

import asyncio
import fcntl
import os
import pty
import shlex
import signal
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.harness.cluster import PATIENCE
from tests.integration.harness.commands import surroundings
from tests.integration.harness.forking import Forked, the_forker


class Terminal:
    """One command on its own terminal."""

    def __init__(self, near: int, far: int) -> None:
        self._near, self._far = near, far
        self._before = termios.tcgetattr(far)
        self._seen, self._news = b"", asyncio.Event()
        self.process: Forked

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was before the command."""
        return termios.tcgetattr(self._far) == self._before

    @property
    def raw(self) -> bool:
        """Whether every key goes to the command, including Ctrl-C."""
        return not termios.tcgetattr(self._far)[3] & termios.ISIG

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._near, keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        """Resize the window; the command gets the signal that any terminal sends."""
        fcntl.ioctl(self._far, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    async def until(self, text: str) -> str:
        """Wait for this text; return the output up to it."""
        wanted = text.encode()
        try:
            async with asyncio.timeout(PATIENCE):
                while wanted not in self._seen:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain to see {text!r}; what was seen: {self._seen!r}") from None
        seen, _, self._seen = self._seen.partition(wanted)
        return (seen + wanted).decode(errors="replace")

    async def ended(self) -> int:
        """Wait until the command ends; return its exit code."""
        code = await asyncio.to_thread(self.process.wait, PATIENCE)
        assert code is not None
        return code

    def left(self) -> str:
        """The output since the last text waited for."""
        return self._seen.decode(errors="replace")

    def readable(self) -> None:
        """Read the available output."""
        try:
            self._seen += os.read(self._near, 65536)
        except OSError:
            asyncio.get_running_loop().remove_reader(self._near)
        self._news.set()


@asynccontextmanager
async def at_terminal(
    folder: Path, kubeconfig: Path, line: str, size: tuple[int, int] = (33, 101), anew: bool = False
) -> AsyncIterator[Terminal]:
    """Run `runai ...` on a terminal with this many lines and columns; the command ends with the block."""
    near, far = pty.openpty()
    terminal = Terminal(near, far)
    terminal.resize(*size)
    loop = asyncio.get_running_loop()
    loop.add_reader(near, terminal.readable)
    around = surroundings(folder, kubeconfig, NO_COLOR="1")
    terminal.process = the_forker().start(
        "cli", shlex.split(line), environment=around, folder=folder, streams=(far, far, far), terminal=True, anew=anew
    )
    try:
        yield terminal
    finally:
        terminal.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(terminal.process.wait, PATIENCE)
        loop.remove_reader(near)
        os.close(near)
        os.close(far)
