"""Connects this terminal to a container: to a new command in it, or to its main process.

The connection is a websocket to the API server with the channels of Kubernetes' own clients: the first byte of a
message is the channel of the rest.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from cli.shell.exits import Exit, Stop
from cli.shell.terminal import input_is_terminal, raw, sizes, typed
from shared.inquiry.texts import printable

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

STDIN, STDOUT, STDERR, STATUS, RESIZE = range(5)
"""Channels of a command's streams."""
END_OF: Final = 255
"""Channel that signals the end of another channel."""
COMMAND_PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
"""The earlier protocol cannot end the input: a command that reads all of it would wait forever."""
CODE: Final = re.compile(r"\d{1,9}", re.ASCII)
"""An exit code, as the server writes it."""
BROKEN: Final = "the connection to the pod was lost"


async def execute(api: Any, pod: str, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> int:
    """Run the command in the container of the pod at this API server path; return the command's exit code.

    With `stdin`, standard input is forwarded to it. With `tty`, it gets a terminal, and every key pressed in
    this one, including Ctrl-C. Stop with the server's message if it could not be run.
    """
    words = [("command", word) for word in command]
    return await _connect(api, f"{pod}/exec", container, words, stdin=stdin, tty=tty, every_key=stdin and tty)


async def attach(api: Any, pod: str, container: str, *, stdin: bool, tty: bool, every_key: bool | None = None) -> int:
    """Attach to the container's main process until it ends.

    `tty` is whether the container has a terminal. If so, every key is sent to it, unless `every_key` is False.
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
    """Run the work in the background while inside; lost connections are reported by the inside."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)  # Ctrl-C now is for us, not for the task
        if isinstance(ended, Exception) and not isinstance(ended, OSError):
            raise ended


async def _send_input(websocket: "ClientWebSocketResponse") -> None:
    while data := await typed(sys.stdin.fileno()):
        await websocket.send_bytes(bytes([STDIN]) + data)
    await websocket.send_bytes(bytes([END_OF, STDIN]))


async def _send_sizes(websocket: "ClientWebSocketResponse", *, redraw: bool) -> None:
    """Send the terminal's size whenever it changes. With `redraw`, send a different size first, so that a running
    program redraws its page."""
    async for size in sizes():
        if redraw:
            await _send_size(websocket, os.terminal_size((size.columns + 1, size.lines + 1)))
            redraw = False
        await _send_size(websocket, size)


async def _send_size(websocket: "ClientWebSocketResponse", size: os.terminal_size) -> None:
    told = json.dumps({"Width": size.columns, "Height": size.lines})
    await websocket.send_bytes(bytes([RESIZE]) + told.encode())


async def _print_output(websocket: "ClientWebSocketResponse") -> bytes:
    """Print the output until the end; return the server's final status."""
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
    """The channel and content of each message until the connection closes or breaks."""
    async for message in websocket:
        if not isinstance(message.data, bytes) or not message.data:
            return  # the connection is broken
        yield message.data[0], message.data[1:]


def write(stream: IO[bytes], data: bytes) -> None:
    """Print the bytes unchanged, and flush."""
    stream.write(data)
    stream.flush()


def _exit_code(status: bytes) -> int:
    """The command's own exit code; Stop with the server's message if there is none."""
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
    if code is not None and CODE.fullmatch(str(code)):
        return int(code)
    raise Stop(Exit.REFUSED, printable(str(told.get("message") or told.get("reason") or told)))
