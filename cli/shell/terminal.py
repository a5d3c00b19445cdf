"""The user's terminal: input as it is typed, raw mode that is always reset, its size, and the signals that end a
command."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import click

AT_MOST: Final = 1 << 16
"""Bytes to read from the input at a time."""
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def input_is_terminal() -> bool:
    """Whether the input comes from a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """Send every key to the other side, including Ctrl-C; afterwards the terminal is restored, whatever happens
    inside."""
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor, termios.TCSADRAIN)  # keep what was typed ahead
        yield
    finally:
        with suppress(termios.error):  # a closed terminal needs no reset
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C raise KeyboardInterrupt while inside, for work that must clean up or report; outside of it, the
    process just ends (see `cli.__main__`)."""
    before = signal.getsignal(signal.SIGINT)
    try:
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@asynccontextmanager
async def ended_in_order() -> AsyncIterator[None]:
    """Unwind the inside on a terminating signal; the exit code is then 128 plus the signal's number."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in ENDING:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    except asyncio.CancelledError:
        if not received:
            raise
        task.uncancel()
        if received[0] == signal.SIGINT:
            click.echo(err=True)  # ends the terminal's line with ^C
        raise click.exceptions.Exit(128 + received[0]) from None
    finally:
        for number in ENDING:
            loop.remove_signal_handler(number)


async def typed(descriptor: int) -> bytes:
    """The next input, typed or piped; empty at the end of the input."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:  # a regular file: always ready, so it cannot be waited for
        return await asyncio.to_thread(os.read, descriptor, AT_MOST)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, AT_MOST)


async def sizes() -> AsyncIterator[os.terminal_size]:
    """The terminal's size now, and again whenever it changes; nothing if the output is not a terminal."""
    if not sys.stdout.isatty():
        return
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)
    try:
        while True:
            yield os.get_terminal_size(sys.stdout.fileno())
            await changed.wait()
            changed.clear()
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
