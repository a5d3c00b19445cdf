"""Carries connections from this machine into the node, which has no route to it or to anywhere else.

`python -m tests.node.relay NETWORK PORT ...` listens on these ports of 127.0.0.1, enters the network of that file, and
passes each connection on to the same port of 127.0.0.1 there.
"""

import asyncio
import ctypes
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

CHUNK: Final = 1 << 16
NETWORK: Final = 0x40000000
"""CLONE_NEWNET."""


async def relay(listeners: list[socket.socket]) -> None:
    """Serve until the process ends."""
    servers = [await asyncio.start_server(_connect, sock=listener) for listener in listeners]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def listen(port: int) -> socket.socket:
    """A socket that listens on this port of 127.0.0.1."""
    return socket.create_server(("127.0.0.1", port), backlog=256)


def enter(network: Path) -> None:
    """Open sockets in that network from now on; those that are open stay where they are."""
    with network.open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), NETWORK):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(network))


async def _connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
    for end in (writer, far_writer):
        end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


if __name__ == "__main__":
    opened = [listen(int(port)) for port in sys.argv[2:]]
    enter(Path(sys.argv[1]))
    asyncio.run(relay(opened))
