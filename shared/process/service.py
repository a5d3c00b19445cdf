"""What the process of every service does besides its own work: start, report its health, stop in time."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from shared.kubernetes.api import Api
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.reading import UnconfiguredError, why_no_pod
from shared.process.beginning import OwnT, begin
from shared.process.cluster import Cluster
from shared.process.environment import SettingsError, wrong_settings
from shared.process.metrics import READY, api_called, exposed, says_what_runs
from shared.process.readiness import Check, Readiness
from shared.process.settings import SharedSettings, TracingSettings
from shared.process.source import Source
from shared.process.system import plain
from shared.process.tasks import end
from shared.process.tracing import Off, Spans, recorded_by

log = structlog.get_logger()

LOOK_SOON: Final = 0.1
"""Seconds between two looks at what is needed to start."""
GIVEN_BACK_WITHIN: Final = 3.0
"""Seconds that what runs beside the handlers may take to end, before it is cancelled again and again."""
ANSWERED_WITHIN: Final = 1.0
"""Seconds that an open request to the health port may take after SIGTERM."""


@dataclass
class Service:
    """The parts of one service, put together in its `app.py`."""

    name: str
    settings: SharedSettings
    source: Source
    """Where its work comes from."""
    api: Api
    cluster: Cluster
    """Whether the API server can be used, which must hold before any work is taken."""
    tasks: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    """What runs beside the handlers for as long as the process lives."""
    checks: Sequence[Check] = ()
    """What must hold, besides the source, for /readyz to succeed."""
    needs: Sequence[Check] = ()
    """What else must hold before any work is taken, and for /readyz to succeed."""
    explains: bool = False
    """Whether it is ready also while the API server cannot be used any more, since it says so to those who ask."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        def source_check() -> str | None:
            problem = self.source.problem
            return f"{self.source.name}: {problem}" if problem else None

        others = (self.cluster.clock, source_check, *self.checks)
        once, always = ((self.cluster.problem,), ()) if self.explains else ((), (self.cluster.problem,))
        self.readiness = Readiness((*self.needs, *always), others, once)


Build = Callable[[SharedSettings, OwnT], Awaitable[Service]]


async def connected(name: str, settings: SharedSettings) -> Api:
    """Return the service's way to the API server, whose calls /metrics counts; it logs in with the first one.

    Raises UnusableError if there is no usable configuration.
    """
    how, agent = settings.kubeconfig, f"slipway-{name}"
    return await Api.connect(how, timeout=settings.api_timeout, agent=agent, called=api_called, later=True)


def main(name: str, own: type[OwnT], build: Build[OwnT]) -> None:
    """Run the service that `build` makes until SIGTERM.

    Exits with 1 if only a new process can help, and with 2 if a setting is wrong.
    """
    shared, mine = begin(name, own)
    says_what_runs(name)
    try:
        import uvloop

        runner: Callable[[Coroutine[Any, Any, int]], int] = uvloop.run
    except ImportError:  # no wheel for this platform: slower, but otherwise the same
        runner = asyncio.run
    raise SystemExit(runner(_run(name, build, shared, mine)))


async def _run(name: str, build: Build[OwnT], shared: SharedSettings, mine: OwnT) -> int:
    with recorded_by(recorder(name, TracingSettings())):
        return await _served(name, build, shared, mine)


def recorder(name: str, settings: TracingSettings) -> Spans:
    """Return what records the spans of this service, as the settings say; exit with 2 if the library refuses one."""
    if not settings.on:
        return Off()
    try:
        from shared.process.spans import OpenTelemetry  # takes time and memory that a service without traces saves

        return OpenTelemetry(name)
    except ValueError as error:  # about a variable that only the library reads, some of them when it is imported
        raise wrong_settings(name, f"OTEL_*: {error}") from None


async def _served(name: str, build: Build[OwnT], shared: SharedSettings, mine: OwnT) -> int:
    try:
        service = await build(shared, mine)
    except UnusableError as error:
        raise wrong_settings(name, f"SLIPWAY_KUBECONFIG: {_no_cluster(error)}") from None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stopping.set)
    try:
        web_runner = await _serve(service)
    except OSError as error:
        await service.api.close()
        said = cannot_listen("SLIPWAY_HTTP", shared.http_host, shared.http_port, error)
        raise wrong_settings(name, said) from None
    try:
        return await _live(service)
    except SettingsError as error:
        raise wrong_settings(name, str(error)) from None
    finally:
        await service.api.close()
        await web_runner.cleanup()


def _no_cluster(error: UnusableError) -> str:
    if isinstance(error, UnconfiguredError):
        return f"is not set, there is no kubeconfig, and {why_no_pod(os.environ)}"
    return str(error)


def cannot_listen(prefix: str, host: str, port: int, error: OSError) -> str:
    """Say why nothing can listen where the settings `<prefix>_HOST` and `<prefix>_PORT` say."""
    return f"{prefix}_HOST, {prefix}_PORT: cannot listen on {host}:{port}: {plain(error)}"


async def _live(service: Service) -> int:
    beside = [asyncio.create_task(service.cluster.run()), asyncio.create_task(service.readiness.run())]
    starting = asyncio.create_task(_start(service))
    stopping = asyncio.create_task(service.stopping.wait())
    await asyncio.wait({starting, stopping, *beside}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        code = 0 if stopping.done() else _report(beside)
        await end(starting, *beside)
        return code
    try:
        starting.result()
    except SettingsError:
        await end(*beside)
        raise
    log.info("started", port=service.settings.http_port)
    source = asyncio.create_task(service.source.watch_over())
    tasks = [source, *beside, *(asyncio.create_task(task()) for task in service.tasks)]
    closed = asyncio.create_task(service.source.closed.wait())
    await asyncio.wait({stopping, closed, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stopping.done() else _report(tasks)
    if code == 0:
        log.info("stopping", in_hand=service.source.in_hand)
        for task in tasks[1:]:
            task.cancel()
        await service.source.stop()
    for task in tasks:
        if not task.cancelling():  # a cancelled task may still be giving back what it holds
            task.cancel()
    await asyncio.wait(tasks, timeout=GIVEN_BACK_WITHIN)
    await end(*tasks)
    await asyncio.gather(*tasks, return_exceptions=True)
    log.info("stopped", code=code)
    return code


async def _start(service: Service) -> None:
    """Take the first work once everything that is needed for that is there: until then, messages wait."""
    while service.readiness.missing():  # noqa: ASYNC110 - nothing announces it
        await asyncio.sleep(LOOK_SOON)
    service.readiness.starting = False
    await service.source.start()


def _report(tasks: Sequence["asyncio.Task[None]"]) -> int:
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            log.error("a task died; exiting so that a new process can take over", exc_info=error)
    return 1


async def _serve(service: Service) -> web.AppRunner:
    async def livez(_: web.Request) -> web.Response:
        closed, name = service.source.closed.is_set(), service.source.name
        return web.Response(status=500 if closed else 200, text=f"{name} closed\n" if closed else "ok\n")

    async def readyz(_: web.Request) -> web.Response:
        wrong = service.readiness.wrong()
        return web.Response(status=503 if wrong else 200, text="\n".join(wrong or ["ok"]) + "\n")

    async def metrics(_: web.Request) -> web.Response:
        READY.set(not service.readiness.wrong())
        return web.Response(body=exposed(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=ANSWERED_WITHIN)
    await runner.setup()
    await web.TCPSite(runner, service.settings.http_host, service.settings.http_port).start()
    return runner
