"""A small kubelet for streams: it serves logs, exec, attach and port-forward for the API server.

It answers only the API server, whose certificate it requires. Commands run as processes on this machine; they are
always a test's own.
"""

import asyncio
import fcntl
import json
import os
import pty
import signal
import ssl
import struct
import termios
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from deploy.local.certificates import Authority, write_pair
from deploy.local.ports import free_port

STDIN, STDOUT, STDERR, STATUS, RESIZE, END_OF = 0, 1, 2, 3, 4, 255
CALLER = "kube-apiserver-kubelet-client"
SUCCESS = {"metadata": {}, "status": "Success"}


@dataclass
class Kubelet:
    """The kubelet: the requests it received, and how it behaves."""

    port: int
    protocols: tuple[str, ...] = ("v5.channel.k8s.io", "v4.channel.k8s.io")
    attached: Sequence[str] = ("cat",)
    """The command that represents the main process of every container."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Path and query of each request."""
    open: list[web.WebSocketResponse] = field(default_factory=list)
    log: list[bytes] = field(default_factory=list)
    """What every container has written, as a kubelet sends it: lines, each with its time."""
    wrote: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self, *lines: bytes) -> None:
        """Write these lines to the log, each at a time of its own."""
        async with self.wrote:
            for line in lines:
                number = len(self.log)
                time = f"2026-04-16T07:{number // 60 % 60:02}:{number % 60:02}.{number:09}Z"
                self.log.append(time.encode() + b" " + line + b"\n")
            self.wrote.notify_all()

    async def cut(self) -> None:
        """Break all connections without closing them properly."""
        for websocket in self.open:
            transport = websocket._req and websocket._req.transport  # there is no public access to it
            if transport:
                transport.abort()

    async def command(self, request: web.Request) -> web.StreamResponse:
        """Serve exec or attach: run the command and forward its streams."""
        self._check(request)
        words = request.query.getall("command", None) or list(self.attached)
        async with self._websocket(request) as websocket:
            if request.query.get("tty") in ("1", "true"):
                await _in_terminal(websocket, words)
            else:
                await _in_pipes(websocket, words, takes_input=request.query.get("input") in ("1", "true"))
        return websocket

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """Serve the log of a container: all of it or its tail, and with `follow` what comes, until the client goes."""
        self._check(request)
        response = web.StreamResponse()
        await response.prepare(request)
        since, tail = request.query.get("sinceTime", ""), request.query.get("tailLines")
        known = [line for line in self.log if line.partition(b" ")[0].decode() >= since]
        sent = len(self.log)
        await response.write(b"".join(known[-int(tail) :] if tail else known))
        with suppress(ConnectionError):
            while request.query.get("follow") == "true":
                async with self.wrote:
                    await self.wrote.wait_for(lambda: len(self.log) > sent)  # noqa: B023 - of this round
                await response.write(b"".join(self.log[sent:]))
                sent = len(self.log)
        return response

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Forward a port's streams to the same port of this machine."""
        self._check(request)
        port = int(request.query["port"])
        async with self._websocket(request) as websocket:
            for channel in (0, 1):
                await websocket.send_bytes(bytes([channel]) + struct.pack("<H", port))
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError as error:
                reason = f"error forwarding port {port}: {os.strerror(error.errno or 0)}"
                await websocket.send_bytes(b"\x01" + reason.encode())
                return websocket
            down = asyncio.create_task(_carry(reader, websocket, 0))
            up = asyncio.create_task(_into(websocket, writer))
            await asyncio.wait([down, up], return_when=asyncio.FIRST_COMPLETED)
            up.cancel()
            down.cancel()
            writer.close()
        return websocket

    @asynccontextmanager
    async def _websocket(self, request: web.Request) -> AsyncIterator[web.WebSocketResponse]:
        websocket = web.WebSocketResponse(protocols=self.protocols)
        asked = {text.strip() for text in request.headers.get("Sec-WebSocket-Protocol", "").split(",")}
        if not asked & set(self.protocols):
            raise web.HTTPForbidden(text="unable to upgrade: no protocol in common")
        await websocket.prepare(request)
        self.open.append(websocket)
        try:
            yield websocket
        finally:
            self.open.remove(websocket)
            await websocket.close()

    def _check(self, request: web.Request) -> None:
        transport = request.transport
        assert transport is not None
        subject = dict(part[0] for part in transport.get_extra_info("peercert")["subject"])
        assert subject["commonName"] == CALLER
        self.asked.append({"path": request.path, **{key: request.query.getall(key) for key in request.query}})


async def _in_pipes(websocket: web.WebSocketResponse, words: Sequence[str], *, takes_input: bool) -> None:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        await _tell(websocket, {"status": "Failure", "message": f"exec {words[0]}: {error.strerror}"})
        return
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    if not takes_input:
        process.stdin.close()
    up = asyncio.create_task(_into(websocket, process.stdin))
    outputs = [_carry(process.stdout, websocket, STDOUT), _carry(process.stderr, websocket, STDERR)]
    ended = asyncio.gather(*outputs)
    both: list[asyncio.Future[Any]] = [ended, up]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if up.done() and websocket.closed:
        process.kill()
    await ended
    up.cancel()
    await _tell(websocket, _status(await process.wait()))


async def _in_terminal(websocket: web.WebSocketResponse, words: Sequence[str]) -> None:
    near, far = pty.openpty()

    def own_terminal() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the shell that started the tests may have disabled it
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = await asyncio.create_subprocess_exec(
        *words, stdin=far, stdout=far, stderr=far, preexec_fn=own_terminal, env={**os.environ, "TERM": "dumb"}
    )
    os.close(far)
    loop, output = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def readable() -> None:
        try:
            data = os.read(near, 65536)
        except OSError:  # the last process with the far end open has ended
            data = b""
        output.put_nowait(data)
        if not data:
            loop.remove_reader(near)

    loop.add_reader(near, readable)
    keys = asyncio.create_task(_keys(websocket, near))
    shown = asyncio.create_task(_shown(websocket, output))
    try:
        await asyncio.wait([keys, shown], return_when=asyncio.FIRST_COMPLETED)
        if websocket.closed:
            process.kill()
        await _tell(websocket, _status(await process.wait()))
    finally:
        loop.remove_reader(near)
        keys.cancel()
        shown.cancel()
        os.close(near)


async def _keys(websocket: web.WebSocketResponse, terminal: int) -> None:
    async for channel, data in _messages(websocket):
        if channel == STDIN:
            os.write(terminal, data)
        elif channel == RESIZE:
            size = json.loads(data)
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size["Height"], size["Width"], 0, 0))


async def _shown(websocket: web.WebSocketResponse, output: "asyncio.Queue[bytes]") -> None:
    while data := await output.get():
        await websocket.send_bytes(bytes([STDOUT]) + data)


async def _into(websocket: web.WebSocketResponse, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        async for channel, data in _messages(websocket):
            if channel == STDIN:
                writer.write(data)
                await writer.drain()
            elif channel == END_OF:
                writer.close()


async def _carry(reader: asyncio.StreamReader, websocket: web.WebSocketResponse, channel: int) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(32768):
            await websocket.send_bytes(bytes([channel]) + data)


async def _messages(websocket: web.WebSocketResponse) -> AsyncIterator[tuple[int, bytes]]:
    async for message in websocket:
        if message.type is WSMsgType.BINARY:
            yield message.data[0], message.data[1:]


async def _tell(websocket: web.WebSocketResponse, status: dict[str, Any]) -> None:
    with suppress(ConnectionError):
        await websocket.send_bytes(bytes([STATUS]) + json.dumps(status).encode())


def _status(code: int) -> dict[str, Any]:
    """The status with which a kubelet reports the end of a command; 128 plus the number if a signal ended it."""
    if code == 0:
        return SUCCESS
    cause = {"reason": "ExitCode", "message": str(code if code > 0 else 128 - code)}
    message = f"command terminated with exit code {cause['message']}"
    return {"status": "Failure", "reason": "NonZeroExitCode", "message": message, "details": {"causes": [cause]}}


@asynccontextmanager
async def running_kubelet(authority: Authority, folder: Path) -> AsyncIterator[Kubelet]:
    """Run a kubelet on its own port of this machine."""
    kubelet = Kubelet(free_port())
    application = web.Application()
    routes: dict[str, Callable[[web.Request], Any]] = {
        "/exec/{namespace}/{pod}/{container}": kubelet.command,
        "/attach/{namespace}/{pod}/{container}": kubelet.command,
        "/portForward/{namespace}/{pod}": kubelet.forward,
        "/containerLogs/{namespace}/{pod}/{container}": kubelet.logs,
    }
    for path, handler in routes.items():
        application.router.add_get(path, handler)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", kubelet.port, ssl_context=_tls(authority, folder)).start()
    try:
        yield kubelet
    finally:
        await kubelet.cut()
        await runner.cleanup()


def _tls(authority: Authority, folder: Path) -> ssl.SSLContext:
    write_pair(authority.server("kubelet", ["127.0.0.1"]), folder / "kubelet")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.certificate_file))
    context.load_cert_chain(folder / "kubelet.crt", folder / "kubelet.key")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def node_of(kubelet: Kubelet, name: str) -> dict[str, Any]:
    """The Node object that the kubelet answers for: one whose streams are websockets."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "status": {
            "addresses": [{"type": "ExternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}},
            "declaredFeatures": ["ExtendWebSocketsToKubelet"],
        },
    }
