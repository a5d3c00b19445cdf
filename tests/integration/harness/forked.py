"""Services started by the `forker`: the same processes, cheap enough to be killed hundreds of times."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from deploy.local.nats import NatsServer
from deploy.local.processes import MARK
from tests.integration.harness.pipeline import QUICK, Pipeline
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import ROOT, SERVICES, ServiceProcess, Services
from tests.integration.harness.tcp import TcpProxy

WARM_WITHIN = 120.0
"""Seconds that importing every service may take on a busy machine."""


class Forked:
    """One forked process, with the few words of `subprocess.Popen` that are needed of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._ended = threading.Event()

    def tell_end(self, code: int) -> None:
        """It has ended with this code."""
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._code

    def wait(self, timeout: float) -> int | None:
        """Wait for its end; subprocess.TimeoutExpired where it does not come within so many seconds."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing where it has ended."""
        if self._code is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return  # ended, and its end is on the way to us


class Forker:
    """The forker's process, as the test holds it."""

    def __init__(self, folder: Path) -> None:
        self._socket, theirs = socket.socketpair()
        mark = f"{folder.resolve()}#forker#{secrets.token_hex(8)}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.harness.forker", str(theirs.fileno())],
            cwd=ROOT,
            env=os.environ | {MARK: mark},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._ordering, self._telling = threading.Lock(), threading.Lock()
        self._answers: Queue[dict[str, Any]] = Queue()
        self._children: dict[int, Forked] = {}
        self._early: dict[int, int] = {}
        threading.Thread(target=self._listen, name="forker", daemon=True).start()
        assert self._answers.get(timeout=WARM_WITHIN) == {"ready": True}

    def start(self, service: str, environment: Mapping[str, str], log: Path) -> Forked:
        """Start a service with exactly this environment."""
        with self._ordering:
            order = {"service": service, "environment": dict(environment), "log": str(log)}
            self._socket.sendall(json.dumps(order).encode() + b"\n")
            child = Forked(self._answers.get(timeout=30)["pid"])
        with self._telling:
            self._children[child.pid] = child
            if child.pid in self._early:
                child.tell_end(self._early.pop(child.pid))
        return child

    def close(self) -> None:
        """End it, and with it whatever it started."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait(30)
        self._socket.close()

    def _listen(self) -> None:
        for line in self._socket.makefile("rb"):
            answer = json.loads(line)
            if "code" not in answer:
                self._answers.put(answer)
                continue
            with self._telling:
                if child := self._children.pop(answer["pid"], None):
                    child.tell_end(answer["code"])
                else:  # it ended before it was known here
                    self._early[answer["pid"]] = answer["code"]


class ForkedProcess(ServiceProcess):
    """One replica of one service, started by a forker."""

    forker: Forker

    def start(self) -> None:
        """Start it, or start it again; its log goes on in the same file."""
        assert self.pid is None, f"{self.name} runs already"
        self._meant_to_end = False
        environment = os.environ | self._environment
        self._process = self.forker.start(self.service, environment, self.log)  # type: ignore[assignment]


class ForkedServices(Services):
    """As `Services`, quick to start."""

    def __init__(self, forker: Forker, environment: Any, folder: Path) -> None:
        super().__init__(environment, folder)
        self._forker = forker

    def launch(self, service: str, environment: Mapping[str, str]) -> ServiceProcess:
        """Start one more replica of a service with further settings, and do not wait for it."""
        replica = len(self[service])
        settings = {"SLIPWAY_DECLARE_STREAM": "true", **self._environment(f"{service}-{replica}"), **environment}
        process = ForkedProcess(service, replica, settings, self._folder)
        process.forker = self._forker
        self.all.append(process)
        process.start()
        return process

    def named(self, name: str) -> ServiceProcess:
        """The replica of this name, such as `creator-0`."""
        return next(process for process in self.all if process.name == name)


@contextmanager
def forker_in(folder: Path) -> Iterator[Forker]:
    """A forker, ended afterwards with whatever it started."""
    forker = Forker(folder)
    try:
        yield forker
    finally:
        forker.close()


@dataclass
class Line(Pipeline):
    """A pipeline of forked services with a proxy in front of the broker too."""

    services: ForkedServices
    bus: TcpProxy
    """What the services take for the broker."""


@asynccontextmanager
async def forked_line(
    forker: Forker,
    kubeconfig: Path,
    folder: Path,
    services: Sequence[str] = SERVICES,
    creators: int = 1,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Line]:
    """These services behind proxies, with so many creators, ready; `environment` is for all of them.

    Their watcher's lease is left to the caller.
    """
    proxy = FaultProxy(kubeconfig)
    try:
        with NatsServer(folder / "nats") as nats, closing(TcpProxy(nats.ports["nats"])) as bus:

            def settings(replica: str) -> dict[str, str]:
                kubernetes = proxy.kubeconfig(folder, replica)
                own = {"SLIPWAY_KUBECONFIG": str(kubernetes), "SLIPWAY_NATS_URL": f"nats://127.0.0.1:{bus.port}"}
                runner = {"WATCHER_JOBS": str("runner" in services)}  # else its messages would lie there for ever
                return {**QUICK, **own, **runner, **(environment or {})}

            made = ForkedServices(forker, settings, folder)
            try:
                await made.start_all(*services, *["creator"] * (creators - 1))
                yield Line(made, proxy, nats, bus)
            finally:
                proxy.heal()
                bus.restore()
                nats.start()
                await made.stop()
    finally:
        proxy.close()
