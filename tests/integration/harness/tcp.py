"""A TCP proxy for the broker: it cuts connections, refuses new ones, holds back data, or acts on a given text."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator, Sequence

from tests.integration.harness.loops import LoopThread


class Trap:
    """A one-time action for when a client sends a given text: the function is called, and the client's connection is
    cut before the other side gets the text."""

    def __init__(self, said: bytes, call: Callable[[], object]) -> None:
        """`said` is a regular expression; `call` runs in the proxy's thread, so it must be short, such as a kill."""
        self.sprung = False
        self._said, self._call = re.compile(said), call

    def springs(self, chunk: bytes) -> bool:
        """Whether this chunk matches; if so, `call` has been called."""
        if self.sprung or not self._said.search(chunk):
            return False
        self._call()
        self.sprung = True
        return True


class TcpProxy:
    """Forwards its own port to `host:port`, unless a method changes that. Runs in its own thread."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.connections = 0
        """Connections accepted so far."""
        self._upstream = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._traps: list[Trap] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._thread = LoopThread("tcp-proxy")
        self._thread.call(self._listen())

    @property
    def port(self) -> int:
        """The proxy's port, which never changes."""
        return self._port

    def cut(self) -> None:
        """Cut every connection; new ones are still accepted."""
        self._thread.call(self._cut())

    def refuse(self) -> None:
        """Cut every connection and refuse new ones, until `restore`."""
        self._thread.call(self._refuse())

    def blackhole(self) -> None:
        """Hold back every byte, on new connections too, until `restore` (or `cut`, which loses them)."""
        self._thread.soon(self._flowing.clear)

    @contextlib.contextmanager
    def trap(self, said: bytes, call: Callable[[], object]) -> Iterator[Trap]:
        """Call this, once, when a client sends this; see `Trap`."""
        trap = Trap(said, call)
        self._traps.append(trap)
        try:
            yield trap
        finally:
            self._traps.remove(trap)

    def restore(self) -> None:
        """Let everything pass again."""
        self._thread.call(self._listen())

    def close(self) -> None:
        """Cut all connections and stop."""
        self._thread.call(self._refuse())
        self._thread.close()

    async def _listen(self) -> None:
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = int(self._server.sockets[0].getsockname()[1])

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            theirs, ours = await asyncio.open_connection(*self._upstream)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, ours}
        self._open |= ends
        pumps = [
            asyncio.ensure_future(self._pump(reader, ours, self._traps)),
            asyncio.ensure_future(self._pump(theirs, writer, ())),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._open -= ends
            for end in ends:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, traps: Sequence[Trap]) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                await self._flowing.wait()
                if any(trap.springs(chunk) for trap in traps):
                    return
                writer.write(chunk)
                await writer.drain()
