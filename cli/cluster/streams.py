"""Connects this terminal to a container: to a command run in it, or to what runs there already.

It goes over a websocket to the API server, in the channels that Kubernetes' own clients use: the first byte of a
message says which channel the rest belongs to.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from cli.printing.tables import printable
from cli.shell.exits import Exit, Stop
from cli.shell.terminal import input_is_terminal, raw, sizes, typed

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

STDIN, STDOUT, STDERR, STATUS, RESIZE = range(5)
"""Channels of a command's streams."""
END_OF: Final = 255
"""Channel that says which other channel has ended."""
COMMAND_PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
"""The earlier protocol cannot end an input: a command that reads all of it would wait for ever."""
BROKEN: Final = "the connection to the pod was lost"


async def execute(api: Any, pod: str, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> int:
    """Run the command in the container, at the API server's path of its pod; the command's exit code.

    With `stdin`, standard input is forwarded to it; with `tty` it gets a terminal, and every key of this
    one's, Ctrl-C too. Stop with the server's words if it could not be run.
    """
    words = [("command", word) for word in command]
    return await _connect(api, f"{pod}/exec", container, words, stdin=stdin, tty=tty, every_key=stdin and tty)


async def attach(api: Any, pod: str, container: str, *, stdin: bool, tty: bool, every_key: bool | None = None) -> int:
    """Attach to what runs in the container until it ends.

    `tty` is whether the container has a terminal: then every key is sent there, unless switched off.
    """
    keys = (stdin and tty) if every_key is None else every_key
    return await _connect(api, f"{pod}/attach", container, [], stdin=stdin, tty=tty, every_key=keys, redraw=True)


async def _connect(
    api: Any,
    path: str,
    container: str,
    words: Sequence[tuple[str, str]],
    *,
    stdin: bool,
    tty: bool,
    every_key: bool,
    redraw: bool = False,
) -> int:
    switches = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
    params = [("container", container), *((name, str(on).lower()) for name, on in switches.items()), *words]
    async with api.websocket(path, params, COMMAND_PROTOCOLS) as websocket, AsyncExitStack() as beside:
        if every_key and input_is_terminal():
            beside.enter_context(raw(sys.stdin.fileno()))
        if stdin:
            await beside.enter_async_context(alongside(_send_input(websocket)))
        if tty:
            await beside.enter_async_context(alongside(_send_sizes(websocket, redraw=redraw)))
        status = await _print_output(websocket)
    return _exit_code(status)


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the work at most while inside; the end of a connection is reported by the inside."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)  # a Ctrl-C at this moment is ours, not the task's
        if isinstance(ended, Exception) and not isinstance(ended, OSError):
            raise ended


async def _send_input(websocket: "ClientWebSocketResponse") -> None:
    while data := await typed(sys.stdin.fileno()):
        await websocket.send_bytes(bytes([STDIN]) + data)
    await websocket.send_bytes(bytes([END_OF, STDIN]))


async def _send_sizes(websocket: "ClientWebSocketResponse", *, redraw: bool) -> None:
    """Send the terminal's size; a different size is sent first, so that a program that already shows a page redraws
    it."""
    async for size in sizes():
        if redraw:
            await _send_size(websocket, os.terminal_size((size.columns + 1, size.lines + 1)))
            redraw = False
        await _send_size(websocket, size)


async def _send_size(websocket: "ClientWebSocketResponse", size: os.terminal_size) -> None:
    told = json.dumps({"Width": size.columns, "Height": size.lines})
    await websocket.send_bytes(bytes([RESIZE]) + told.encode())


async def _print_output(websocket: "ClientWebSocketResponse") -> bytes:
    """Print what arrives until the end; returns the server's verdict."""
    status = b""
    async for channel, data in messages(websocket):
        if channel == STDOUT:
            write(sys.stdout.buffer, data)
        elif channel == STDERR:
            write(sys.stderr.buffer, data)
        elif channel == STATUS:
            status += data
    return status


async def messages(websocket: "ClientWebSocketResponse") -> AsyncIterator[tuple[int, bytes]]:
    """Channel and content of each message until the connection ends, regularly or not."""
    async for message in websocket:
        if not isinstance(message.data, bytes) or not message.data:
            return  # no message but the sign of a broken connection
        yield message.data[0], message.data[1:]


def write(stream: IO[bytes], data: bytes) -> None:
    """Print the bytes as they are, at once."""
    stream.write(data)
    stream.flush()


def _exit_code(status: bytes) -> int:
    """The command's own exit code; Stop with the server's words if there is none."""
    if not status:
        raise Stop(Exit.UNREACHABLE, BROKEN)
    try:
        told = json.loads(status)
    except ValueError:
        raise Stop(Exit.REFUSED, printable(status.decode(errors="replace"))) from None
    if told.get("status") == "Success":
        return 0
    causes = (told.get("details") or {}).get("causes") or []
    code = next((cause.get("message") for cause in causes if cause.get("reason") == "ExitCode"), None)
    if code is not None and str(code).isdigit():
        return int(code)
    raise Stop(Exit.REFUSED, printable(str(told.get("message") or told.get("reason") or told)))
