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

from shared.errors import LoginError
from shared.kubernetes.api import Api
from shared.kubernetes.fields import UnusableError
from shared.process.bus import Bus
from shared.process.logs import set_up
from shared.process.metrics import READY, api_called, exposed, says_what_runs
from shared.process.settings import SharedSettings, TracingSettings, renamed
from shared.process.tracing import Off, Spans, recorded_by

log = structlog.get_logger()

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at what is needed to start."""

Check = Callable[[], str | None]
"""Returns what is not ready, or None."""


@dataclass
class Service:
    """The parts of one service, put together in its `app.py`."""

    name: str
    settings: SharedSettings
    bus: Bus
    api: Api
    tasks: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    """What runs beside the handlers for as long as the process lives."""
    checks: Sequence[Check] = ()
    """What must hold, besides the bus, for /readyz to succeed."""
    needs: Sequence[Check] = ()
    """What must hold before the first message is taken, and for /readyz to succeed."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


Build = Callable[[SharedSettings], Awaitable[Service]]


async def connected(name: str, settings: SharedSettings) -> Api:
    """Return the service's way to the API server, whose calls /metrics counts.

    Raises UnusableError if there is no usable configuration, and LoginError if its login fails.
    """
    agent = f"slipway-{name}"
    return await Api.connect(settings.kubeconfig, timeout=settings.api_timeout, agent=agent, called=api_called)


def main(name: str, build: Build) -> None:
    """Run the service that `build` makes until SIGTERM; exit with 1 if only a new process can help."""
    if unread := renamed(os.environ):
        raise SystemExit(f"{name}: {'; '.join(unread)}")
    try:
        import uvloop

        runner: Callable[[Coroutine[Any, Any, int]], int] = uvloop.run
    except ImportError:  # no wheel for this platform: slower, but otherwise the same
        runner = asyncio.run
    raise SystemExit(runner(_run(name, build)))


async def _run(name: str, build: Build) -> int:
    settings, tracing = SharedSettings(), TracingSettings()
    set_up(name, settings.log_format, settings.log_level)
    says_what_runs(name)
    with recorded_by(recorder(name, tracing)):
        return await _served(build, settings)


def recorder(name: str, settings: TracingSettings) -> Spans:
    """Return what records the spans of this service, as the settings say."""
    if not settings.on:
        return Off()
    from shared.process.spans import OpenTelemetry  # takes time and memory that a service without traces saves

    return OpenTelemetry(name)


async def _served(build: Build, settings: SharedSettings) -> int:
    try:
        service = await build(settings)
    except (UnusableError, LoginError) as error:
        log.error("the cluster cannot be reached", reason=str(error))  # noqa: TRY400 - a traceback says no more
        return 1
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stopping.set)
    web_runner = await _serve(service)
    try:
        return await _live(service)
    finally:
        await service.api.close()
        await web_runner.cleanup()


async def _live(service: Service) -> int:
    starting = asyncio.create_task(_start(service))
    stopping = asyncio.create_task(service.stopping.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        return 0
    starting.result()
    log.info("started", port=service.settings.http_port)
    tasks = [asyncio.create_task(service.bus.watch_over()), *(asyncio.create_task(task()) for task in service.tasks)]
    closed = asyncio.create_task(service.bus.closed.wait())
    await asyncio.wait({stopping, closed, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stopping.done() else _report(tasks)
    if code == 0:
        log.info("stopping", in_hand=service.bus.drain.in_hand)
        for task in tasks[1:]:
            task.cancel()
        await service.bus.stop()
    for task in tasks:
        if not task.cancelling():  # a cancelled task may still be giving back what it holds
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    log.info("stopped", code=code)
    return code


async def _start(service: Service) -> None:
    """Take the first message once everything that is needed for that is there: until then, messages wait."""
    while missing := [text for check in service.needs if (text := check())]:
        log.warning("waiting", reason="; ".join(missing))
        await asyncio.sleep(LOOK_EVERY)
    await service.bus.start()


def _report(tasks: Sequence["asyncio.Task[None]"]) -> int:
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            log.error("a task died; exiting so that a new process can take over", exc_info=error)
    return 1


async def _serve(service: Service) -> web.AppRunner:
    def bus_check() -> str | None:
        problem = service.bus.problem
        return f"bus: {problem}" if problem else None

    async def livez(_: web.Request) -> web.Response:
        closed = service.bus.closed.is_set()
        return web.Response(status=500 if closed else 200, text="bus closed\n" if closed else "ok\n")

    def wrong_now() -> list[str]:
        missing = [text for check in service.needs if (text := check())]
        return missing or [text for check in (bus_check, *service.checks) if (text := check())]

    async def readyz(_: web.Request) -> web.Response:
        wrong = wrong_now()
        return web.Response(status=503 if wrong else 200, text="\n".join(wrong or ["ok"]) + "\n")

    async def metrics(_: web.Request) -> web.Response:
        READY.set(not wrong_now())
        return web.Response(body=exposed(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, service.settings.http_host, service.settings.http_port).start()
    return runner
