"""Forwards ports of this machine to a container, each connection over its own websocket."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cli.cluster.streams import alongside, messages
from cli.shell.exits import Exit, Stop, note
from shared.inquiry.texts import printable

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

PROTOCOLS: Final = ("v4.channel.k8s.io",)
DATA, ERROR = range(2)
"""Channels of a port's stream; each starts with the port number in two bytes."""
AT_MOST: Final = 1 << 16
"""Bytes forwarded at a time."""
LINGER: Final = 10.0
"""Seconds that a connection stays open after the local end has finished, to receive the rest from the container."""
LOCALHOST: Final = ("127.0.0.1", "::1")
"""Addresses of localhost; a machine may lack the second."""

FindPod = Callable[[], Awaitable[str]]
"""Returns the API server's path of the pod to forward to; may raise Stop."""


class Port(NamedTuple):
    """A port of this machine (0: any free one) and the port of the container it forwards to."""

    local: int
    remote: int


@asynccontextmanager
async def forwarding(
    api: Any, find: FindPod, ports: Sequence[Port], addresses: Sequence[str] = ("localhost",)
) -> AsyncIterator[list[int]]:
    """Forward each port, at each of these addresses, to the container while inside; yields the local ports.

    The pod is looked up for each connection, so that a restarted job is reached again.
    """
    made = _Forwarding(api, find)
    try:
        yield [await made.open(port, addresses) for port in ports]
    finally:
        await made.close()


def access_points(ports: Sequence[int], addresses: Sequence[str] = ("localhost",)) -> str:
    """The sentence that shows how to reach the ports."""
    places = ",".join(f"{_host(address)}:{port}" for address in addresses for port in ports)
    return f"Open access point(s) to service from {places}"


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


class _Forwarding:
    """The listening sockets and the open connections."""

    def __init__(self, api: Any, find: FindPod) -> None:
        self._api, self._find = api, find
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, port: Port, addresses: Sequence[str]) -> int:
        """Start listening; return the port."""
        local = port.local
        for address in addresses:
            for one in LOCALHOST if address == "localhost" else (address,):
                try:
                    server = await asyncio.start_server(partial(self._accept, port.remote), one, local)
                except OSError as error:
                    if address == "localhost" and one == LOCALHOST[1] and error.errno != errno.EADDRINUSE:
                        continue
                    if isinstance(error, socket.gaierror):
                        raise Stop(Exit.USAGE, f"{one} is not an address of this machine") from error
                    reason = os.strerror(error.errno) if error.errno else str(error)
                    raise Stop(Exit.REFUSED, f"cannot listen on {_host(one)}:{local}: {reason}") from error
                self._servers.append(server)
                local = server.sockets[0].getsockname()[1]
        return local

    async def close(self) -> None:
        """Stop listening and close all connections."""
        for server in self._servers:
            server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, remote: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.get_running_loop().create_task(self._carry(remote, reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _carry(self, remote: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection; a failure ends this connection only."""
        from shared.errors import SlipwayError

        try:
            path = f"{await self._find()}/portforward"
            opening = self._api.websocket(path, [("ports", str(remote))], PROTOCOLS)
            async with opening as websocket, alongside(_send(reader, websocket)):
                await _receive(websocket, writer, remote)
                writer.close()  # before closing the connection to the server, which may be slow
        except (SlipwayError, Stop, OSError) as error:
            note(f"port {remote}: {printable(str(error))}")
        finally:
            writer.close()


async def _send(reader: asyncio.StreamReader, websocket: "ClientWebSocketResponse") -> None:
    while data := await reader.read(AT_MOST):
        await websocket.send_bytes(bytes([DATA]) + data)
    await asyncio.sleep(LINGER)  # the protocol cannot close one direction only
    await websocket.close()


async def _receive(websocket: "ClientWebSocketResponse", writer: asyncio.StreamWriter, remote: int) -> None:
    begun: set[int] = set()
    error = b""
    async for channel, data in messages(websocket):
        content = data if channel in begun else data[2:]
        begun.add(channel)
        if channel == DATA:
            writer.write(content)
            await writer.drain()
        elif channel == ERROR:
            error += content
    if error:
        note(f"port {remote}: {printable(error.decode(errors='replace').strip())}")
