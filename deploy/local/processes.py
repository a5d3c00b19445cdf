"""Processes that outlive the command that started them, and that the next command finds again.

Each start sets a unique mark in the process's environment, and records it with the process id. A process is ours only
if the process with that id carries that mark: a process id that the system has reused is never touched.
"""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self

import psutil

from deploy.local.errors import ComponentError

MARK: Final = "SLIPWAY_LOCAL_PROCESS"
"""Environment variable of every process of a platform: `<folder of the platform>#<name>#<random>`."""
GRACE: Final = 20.0
"""Seconds between SIGTERM and SIGKILL."""
ENDING: Final = 10.0
"""Seconds that a killed process may take to release its ports."""
PAUSE: Final = 0.03
"""Seconds between two checks of a condition that is waited for."""


@dataclass(frozen=True)
class Identity:
    """One run of a process, distinguishable from every earlier and later one."""

    pid: int
    started: float
    """When it was started, in seconds since the epoch; only for display."""
    mark: str

    def process(self) -> psutil.Process | None:
        """The live process, or None if it has ended or another process has its id now."""
        try:
            process = psutil.Process(self.pid)
            return process if process.environ().get(MARK) == self.mark else None
        except psutil.Error:
            return None

    def wait(self, patience: float) -> bool:
        """Wait until the process has released everything, above all its ports; return whether it has."""
        deadline = time.monotonic() + patience
        while not self._gone():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def _gone(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    return process.num_threads() <= 1  # other threads may outlive its first one and hold its ports
                environment = _environment(process)
                ending = not environment and process.create_time() <= self.started + 1
                return environment.get(MARK) != self.mark and not ending
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return True  # we may not inspect it, so it is not ours


def _environment(process: psutil.Process) -> Mapping[str, str]:
    """The process's environment; empty for a process that is ending but may still hold its ports.

    Some systems report an empty environment then; others (Linux since 6.14) report that there is no such process.
    """
    try:
        return process.environ()
    except psutil.NoSuchProcess:  # if it is really gone, the next check does not find it
        return {}


@dataclass
class Component:
    """One process of the platform, which is started, checked and stopped by name."""

    name: str
    directory: Path
    """The platform's folder, with the log in `logs/<name>.log` and the identity in `run/<name>.json`."""
    command: Callable[[], Sequence[str]]
    """Returns the command; called at each start, so that it includes a newly chosen port."""
    answers: Callable[[], bool]
    """Returns whether it is ready; may raise OSError while it is not."""
    environment: Callable[[], Mapping[str, str]] = dict
    """Variables added to our own environment."""
    working_directory: Path | None = None
    patience: float = 60.0
    """Seconds that it may take to answer."""
    _child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """The file of its output."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def identity(self) -> Identity | None:
        """Its last recorded run; None if it never ran or was stopped."""
        try:
            return Identity(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        identity = self.identity
        return identity.pid if identity and identity.process() else None

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self.pid is not None

    @property
    def died(self) -> bool:
        """Whether it ended without being stopped."""
        return self.identity is not None and not self.running

    @property
    def ready(self) -> bool:
        """Whether it is alive and ready."""
        with suppress(OSError):
            return self.running and self.answers()
        return False

    def start(self) -> Self:
        """Start it unless it runs; return at once. Use `wait` until it answers."""
        if self.running:
            return self
        if identity := self.identity:
            identity.wait(ENDING)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        mark = f"{self.directory.resolve()}#{self.name}#{secrets.token_hex(8)}"
        with self.log.open("ab") as log:
            # its own session: closing the terminal or ending `make` in it must not end this process
            self._child = subprocess.Popen(
                [*self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.working_directory,
                env={**os.environ, **self.environment(), MARK: mark},
            )
        identity = Identity(self._child.pid, time.time(), mark)
        write_atomically(self._record, json.dumps(asdict(identity)))
        while self._child.poll() is None and not identity.process():
            time.sleep(0.001)  # at first the system shows no environment for a new program, so no mark
        return self

    def wait(self, patience: float | None = None) -> Self:
        """Wait until it answers. ComponentError if it ends first, or takes longer than `patience` seconds."""
        limit = patience or self.patience
        deadline = time.monotonic() + limit
        while not self.ready:
            if not self.running:
                raise ComponentError(self.name, "ended before it was ready", self.tail())
            if time.monotonic() > deadline:
                raise ComponentError(self.name, f"did not answer within {limit:.0f} s", self.tail())
            time.sleep(PAUSE)
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; do nothing if it is not running."""
        identity = self.identity
        process = identity.process() if identity else None
        if process:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """Kill it with SIGKILL and wait until it is gone. It then counts as died, as after any crash."""
        self.signal(signal.SIGKILL)
        self._gone(ENDING)

    def stop(self, grace: float = GRACE) -> None:
        """Stop it with SIGTERM, then SIGKILL after `grace` seconds; do nothing if it is not running."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self._gone(grace):
            self.kill()
        self.forget()

    def forget(self) -> None:
        """Delete the record of its last run, so that it no longer counts as died."""
        if not self.running:
            self._record.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, under its path."""
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"  the end of {self.log}:", *(f"  | {line[:400]}" for line in text[-lines:])])

    @property
    def _record(self) -> Path:
        return self.directory / "run" / f"{self.name}.json"

    def _gone(self, patience: float) -> bool:
        identity = self.identity
        gone = identity.wait(patience) if identity else True
        if gone and self._child:
            self._child.poll()  # reap it, so that no zombie remains
        return gone


class MakeComponent(Protocol):
    """Makes a component of a platform: a process, or what else a part runs as."""

    def __call__(
        self, name: str, directory: Path, command: Callable[[], Sequence[str]], answers: Callable[[], bool], /
    ) -> Component:
        """Return the component, which does not run yet; the arguments are those of `Component`."""


def stop_together(components: Sequence[Component], grace: float = GRACE) -> None:
    """Stop components that do not depend on each other: signal all of them, then wait for all."""
    for component in components:
        component.signal(signal.SIGCONT)
        component.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    for component in components:
        component.stop(max(0.0, deadline - time.monotonic()))


def strays(directory: Path) -> Iterator[psutil.Process]:
    """Every live process with the mark of the platform in `directory`, whether it is recorded or not."""
    ours = f"{directory.resolve()}#"
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(ours):
                yield process


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` to the file atomically; create its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    temporary.touch(mode)
    temporary.write_text(text)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in the file; empty if there is no file."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
