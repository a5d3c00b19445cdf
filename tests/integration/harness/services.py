"""Slipway's services as processes that a test starts, observes and kills, and never leaves behind."""

import asyncio
import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import aiohttp

from deploy.local.ports import HeldPort
from deploy.local.processes import MARK
from deploy.rights.bus import TABLE
from tests.integration.harness.forking import Forked, the_forker
from tests.integration.harness.seals import seal_keys

SERVICES = ("status", "runner", "creator", "resolver", "watcher")
"""Every service on the bus; consumers of a message come before its publishers."""
CONSOLE = "console"
"""The service that is not on the bus, which only its own tests start."""
READY_WITHIN = 90.0
"""Seconds after which a service that is not ready counts as failed."""
STOPPED_WITHIN = 20.0
"""Seconds that a service may take to end after SIGTERM."""


class Replica(ABC):
    """One replica of one service, however it runs."""

    def __init__(self, service: str, replica: int) -> None:
        self.service, self.replica = service, replica
        self.name = f"{service}-{replica}"
        self._meant_to_end = False

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it runs, if only paused."""

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of its HTTP port."""

    @property
    def crashed(self) -> bool:
        """Whether it ended without being stopped."""
        return self.exit_code is not None and not self._meant_to_end

    @abstractmethod
    def start(self) -> None:
        """Start or restart it."""

    def send(self, number: signal.Signals) -> None:
        """Send a signal; do nothing if it has ended."""
        if self.running:
            self._meant_to_end |= number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
            self._signal(number)

    @abstractmethod
    def _signal(self, number: signal.Signals) -> None: ...

    @abstractmethod
    def wait(self, seconds: float = STOPPED_WITHIN) -> None:
        """Wait until it has ended; an exception if it does not within `seconds`."""

    def kill(self) -> None:
        """Kill it with SIGKILL, without a graceful shutdown."""
        self.send(signal.SIGKILL)
        self.wait(10)

    @abstractmethod
    def pause(self) -> None:
        """Pause it: it keeps its connections and does nothing."""

    @abstractmethod
    def resume(self) -> None:
        """Let it go on."""

    @abstractmethod
    def tail(self, lines: int = 40) -> str:
        """The end of its log, under its name."""

    async def stop(self) -> None:
        """Stop it with SIGTERM and wait. AssertionError if it takes too long."""
        self.resume()
        self.send(signal.SIGTERM)
        try:
            await asyncio.to_thread(self.wait, STOPPED_WITHIN)
        except (subprocess.TimeoutExpired, TimeoutError):
            self.kill()
            text = f"{self.name} still ran {STOPPED_WITHIN:.0f} s after SIGTERM\n{self.tail()}"
            raise AssertionError(text) from None

    async def ready(self, within: float = READY_WITHIN) -> None:
        """Wait until /readyz reports ready. AssertionError with the end of the log if it fails or the process ends."""
        deadline = time.monotonic() + within
        async with _session() as session:
            while not await self._answers(session, "/readyz"):
                assert self.running, f"{self.name} ended before it was ready\n{self.tail()}"
                assert time.monotonic() < deadline, f"{self.name} was not ready after {within:.0f} s\n{self.tail()}"
                await asyncio.sleep(0.05)

    async def is_ready(self) -> bool:
        """Whether /readyz reports ready now."""
        async with _session() as session:
            return await self._answers(session, "/readyz")

    async def why_not_ready(self) -> str:
        """What /readyz answers; empty if it does not."""
        try:
            async with _session() as session, session.get(f"{self.url}/readyz") as answer:
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""

    async def is_alive(self) -> bool:
        """Whether /livez reports alive now."""
        async with _session() as session:
            return await self._answers(session, "/livez")

    async def exposed(self) -> str:
        """What /metrics shows, as it is."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            return await answer.text()

    async def metrics(self) -> dict[str, float]:
        """Every sample of /metrics, by its name with labels as printed."""
        lines = (await self.exposed()).splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    async def _answers(self, session: aiohttp.ClientSession, path: str) -> bool:
        try:
            async with session.get(self.url + path) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2))


class ServiceProcess(Replica):
    """One replica as a process, with its log in a file."""

    def __init__(self, service: str, replica: int, environment: Mapping[str, str], folder: Path) -> None:
        super().__init__(service, replica)
        self._held_port = HeldPort()
        self.http_port = self._held_port.number
        self.log = folder / f"{self.name}.log"
        own = {"SLIPWAY_HTTP_PORT": str(self.http_port), "SLIPWAY_HTTP_HOST": "127.0.0.1"}
        mark = f"{folder.resolve()}#{self.name}#{secrets.token_hex(8)}"  # finds it even if this object is lost
        self._environment = {**environment, **own, MARK: mark}
        self._process: Forked | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Its exit code; the negative signal number if a signal ended it; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.pid is not None

    @property
    def url(self) -> str:
        """The address of its HTTP port."""
        return f"http://127.0.0.1:{self.http_port}"

    def start(self) -> None:
        """Start or restart it; its log continues in the same file."""
        assert self.pid is None, f"{self.name} runs already"
        self._meant_to_end = False
        with self.log.open("ab") as log, Path(os.devnull).open() as nothing:
            self._process = the_forker().start(
                f"services.{self.service}",
                environment=os.environ | self._environment,
                streams=(nothing.fileno(), log.fileno(), log.fileno()),
            )

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def wait(self, seconds: float = STOPPED_WITHIN) -> None:
        """Wait until it has ended; subprocess.TimeoutExpired if it does not within `seconds`."""
        if self._process:
            self._process.wait(seconds)

    def pause(self) -> None:
        """Pause it (SIGSTOP): it keeps its connections and does nothing."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume it (SIGCONT)."""
        self.send(signal.SIGCONT)

    def tail(self, lines: int = 40) -> str:
        """The end of its log, under its name."""
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"--- {self.name} (exit code {self.exit_code}) {self.log}", *text[-lines:]])


R = TypeVar("R", bound=Replica)


class Replicas(Generic[R]):
    """The service replicas that one test runs."""

    def __init__(self, make: Callable[[str, int, Mapping[str, str]], R]) -> None:
        """`make` makes a replica: it is given the service, a number and additional settings."""
        self._make = make
        self.all: list[R] = []

    def __getitem__(self, service: str) -> list[R]:
        """The replicas of one service, in start order."""
        return [process for process in self.all if process.service == service]

    def named(self, name: str) -> R:
        """The replica with this name, such as `creator-0`."""
        return next(process for process in self.all if process.name == name)

    def launch(self, service: str, environment: Mapping[str, str]) -> R:
        """Start one more replica of a service with additional settings, without waiting for it."""
        process = self._make(service, len(self[service]), environment)
        self.all.append(process)
        process.start()
        return process

    async def start(self, service: str, replicas: int = 1, **environment: str) -> list[R]:
        """Start more replicas of a service with additional settings, and wait until they are ready."""
        started = [self.launch(service, environment) for _ in range(replicas)]
        await self.ready(*started)
        return started

    async def start_all(self, *services: str, **environment: str) -> None:
        """Start one replica of each named service (default: all five), concurrently."""
        await self.ready(*[self.launch(service, environment) for service in services or SERVICES])

    async def ready(self, *processes: R) -> None:
        """Wait until these replicas (default: all) are ready."""
        await asyncio.gather(*(process.ready() for process in processes or self.all))

    def kill(self, *services: str) -> None:
        """Kill every replica of these services (default: all) at once."""
        meant = [process for process in self.all if not services or process.service in services]
        for process in meant:
            process.send(signal.SIGKILL)
        for process in meant:
            process.kill()

    def restart(self, *services: str) -> None:
        """Restart killed replicas of these services (default: all)."""
        for process in self.all:
            if not process.running and (not services or process.service in services):
                process.start()

    async def stop(self) -> None:
        """Stop everything. AssertionError if a replica had crashed or did not stop; nothing is left running."""
        crashed = [process.tail() for process in self.all if process.crashed]
        outcomes = await asyncio.gather(*(process.stop() for process in self.all), return_exceptions=True)
        self.kill()
        left = [process.name for process in self.all if process.running]
        slow = [str(outcome) for outcome in outcomes if outcome is not None]
        assert not crashed, "\n".join(["ended by themselves:", *crashed])
        assert not slow, "\n".join(slow)
        assert not left, f"still running: {left}"

    def tails(self, lines: int = 40) -> str:
        """The end of every log."""
        return "\n".join(process.tail(lines) for process in self.all)


class Services(Replicas[ServiceProcess]):
    """The replicas that one test runs as processes."""

    def __init__(self, environment: Callable[[str], Mapping[str, str]], folder: Path) -> None:
        """`environment` returns a replica's API server and broker addresses by its name (`creator-0`)."""

        def make(service: str, number: int, more: Mapping[str, str]) -> ServiceProcess:
            own = environment(f"{service}-{number}")
            settings = {**standing(service), **seal_keys().environment_of(service), **own, **more}
            return ServiceProcess(service, number, settings, folder)

        super().__init__(make)


def standing(service: str) -> Mapping[str, str]:
    """The settings that a service has in every test."""
    return {"SLIPWAY_DECLARE_STREAM": "true"} if service in TABLE and TABLE[service].declares else {}
