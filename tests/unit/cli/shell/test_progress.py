"""Progress: none for quick steps; for slow ones, a line that updates on a terminal and plain lines elsewhere."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
from io import StringIO

import pytest

from cli.cluster.connection import Patience
from cli.shell.ending import _color
from cli.shell.progress import CLEAR, waiting


class Terminal(StringIO):
    """A stream that people watch."""

    def isatty(self) -> bool:
        return True


async def said(stream: StringIO, text: str) -> None:
    while text not in stream.getvalue():
        await asyncio.sleep(0.01)


async def test_what_is_quick_is_not_told() -> None:
    """A quick step prints no progress."""
    for stream in (Terminal(), StringIO()):
        async with waiting("the end", stream=stream):
            await asyncio.sleep(0)
        assert stream.getvalue() == ""


async def test_a_terminal_has_one_line_that_goes() -> None:
    """A terminal shows one progress line that disappears."""
    stream = Terminal()
    async with waiting("the beginning", patience=0, stream=stream) as progress:
        await asyncio.wait_for(said(stream, f"{CLEAR}the beginning (0s)"), 10)
        progress.say("job \x1b[1m")
        await asyncio.wait_for(said(stream, f"{CLEAR}job \\x1b[1m ("), 10)
    assert stream.getvalue().endswith(CLEAR)
    assert "\n" not in stream.getvalue()


async def test_a_dumb_terminal_gets_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell window of an editor shows them as they are; it gets a line for each change."""
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    async with waiting("the beginning", patience=0, stream=stream) as progress:
        await asyncio.wait_for(said(stream, "the beginning\n"), 10)
        progress.say("the end")
        await asyncio.wait_for(said(stream, "the end\n"), 10)
    assert stream.getvalue() == "the beginning\nthe end\n"
    assert _color() is False


async def test_beside_a_login_program_nothing_is_cleared() -> None:
    """What the program asks on the same line must stay."""
    stream = Terminal()
    async with waiting("the login", patience=0, stream=stream, live=False):
        await asyncio.wait_for(said(stream, "the login\n"), 10)
    assert stream.getvalue() == "the login\n"


async def test_a_line_fits_the_terminal_also_when_its_size_changes() -> None:
    """The progress line is cut to the width of the terminal, even if that changes."""
    near, far = pty.openpty()
    try:
        with open(far, "w", closefd=False) as stream:  # noqa: ASYNC230 - it is no file
            async with waiting("x" * 200, patience=0, stream=stream):
                for columns in (40, 20, 150, 4):
                    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                    await asyncio.wait_for(shown(near, columns - 1), 10)
    finally:
        os.close(near)
        os.close(far)


async def shown(near: int, letters: int) -> None:
    """Wait until the line has that many letters."""
    seen = b""
    while not any(len(line) == letters for line in seen.decode().split(CLEAR)[:-1]):
        seen += await asyncio.to_thread(os.read, near, 4096)


async def test_elsewhere_each_news_is_a_line() -> None:
    """Without a terminal each step is one line."""
    stream = StringIO()
    async with waiting("one", patience=0, stream=stream) as progress:
        await asyncio.wait_for(said(stream, "one\n"), 10)
        await asyncio.sleep(0.6)
        progress.say("two")
        await asyncio.wait_for(said(stream, "two\n"), 10)
    assert stream.getvalue() == "one\ntwo\n"


async def test_who_wants_none_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """RUNAI_NO_PROGRESS turns progress off."""
    monkeypatch.setenv("RUNAI_NO_PROGRESS", "1")
    for stream in (Terminal(), StringIO()):
        async with waiting("the end", patience=0, stream=stream) as progress:
            progress.say("more")
            await asyncio.sleep(0.05)
        assert stream.getvalue() == ""


async def test_nobody_listening_ends_nothing() -> None:
    """A closed standard error does not end the command."""

    class Closed(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    async with waiting("one", patience=0, stream=Closed()):
        await asyncio.sleep(0.05)


# ------------------------------------------------------------ of calls to the API server
async def test_calls_under_way_are_told_once_until_the_last_has_ended() -> None:
    """Several slow calls show one progress line."""
    stream, ended = StringIO(), asyncio.Event()
    patience = Patience(seconds=0, stream=stream)

    async def call() -> None:
        async with patience():
            await ended.wait()

    async with asyncio.TaskGroup() as calls:
        for _ in range(5):
            calls.create_task(call())
        await asyncio.wait_for(said(stream, "waiting for the API server\n"), 10)
        ended.set()
    assert stream.getvalue() == "waiting for the API server\n"
    await asyncio.sleep(0.5)
    assert stream.getvalue().count("\n") == 1, "nothing is under way any more"
    async with patience():
        await asyncio.wait_for(said(stream, "server\nwaiting for the API server\n"), 10)


async def test_calls_for_what_is_told_already_are_not_told_beside_it() -> None:
    """A call inside a step that shows progress shows none of its own."""
    stream = StringIO()
    patience = Patience(seconds=0, stream=stream)
    async with waiting("the job", patience=0, stream=stream):
        await asyncio.wait_for(said(stream, "the job\n"), 10)
        async with patience():
            await asyncio.sleep(0.5)
    assert stream.getvalue() == "the job\n"
