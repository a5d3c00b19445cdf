"""Processes that outlive the command that started them, and are found again by the next one.

Each start gives the process a mark of its own in its environment, and writes it down with the process id. A process is
ours only while the process of that id carries that mark: an id that the system gave to somebody else is never touched.
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
from typing import Any, Final, Self

import psutil

from deploy.local.errors import ComponentError

MARK: Final = "SLIPWAY_LOCAL_PROCESS"
"""Environment variable of every process of a platform: `<folder of the platform>#<name>#<random>`."""
GRACE: Final = 20.0
"""Seconds between SIGTERM and SIGKILL."""
ENDING: Final = 10.0
"""Seconds that a killed process may need until it has let go of its ports."""
PAUSE: Final = 0.03
"""Seconds between two looks at something that is waited for."""


@dataclass(frozen=True)
class Identity:
    """One run of a process: what tells it from all others, before and after."""

    pid: int
    started: float
    """When it was started, in seconds since the epoch; shown to people."""
    mark: str

    def process(self) -> psutil.Process | None:
        """The live process, or None where it ended or another one has its id now."""
        try:
            process = psutil.Process(self.pid)
            return process if process.environ().get(MARK) == self.mark else None
        except psutil.Error:
            return None

    def wait(self, patience: float) -> bool:
        """Wait until the process has let go of all that it held, ports above all; whether it has."""
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
                    return process.num_threads() <= 1  # its first thread may be gone while others still hold its ports
                environment = _environment(process)
                ending = not environment and process.create_time() <= self.started + 1
                return environment.get(MARK) != self.mark and not ending
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return True  # not ours to look at, so not ours


def _environment(process: psutil.Process) -> Mapping[str, str]:
    """The process's environment; of one that is ending an empty one, for a while before it lets go of its ports.

    Some systems show an empty one then, others (Linux since 6.14) say that there is no such process.
    """
    try:
        return process.environ()
    except psutil.NoSuchProcess:  # where it is gone indeed, it is not found at the next look
        return {}


@dataclass
class Component:
    """One process of the platform: started, looked after, and stopped by name."""

    name: str
    directory: Path
    """The platform's folder: its log goes to `logs/<name>.log`, its identity to `run/<name>.json`."""
    command: Callable[[], Sequence[str]]
    """Asked for anew at each start, so that a port chosen meanwhile is in it."""
    answers: Callable[[], bool]
    """Whether it does its work; may raise OSError while it does not."""
    environment: Callable[[], Mapping[str, str]] = dict
    """What it finds in its environment beyond ours."""
    working_directory: Path | None = None
    patience: float = 60.0
    """Seconds that it may take until it answers."""
    _child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def identity(self) -> Identity | None:
        """Its last run, as written down; None where it never ran or was stopped in order."""
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
        """Whether its process lives."""
        return self.pid is not None

    @property
    def died(self) -> bool:
        """Whether it ended without having been stopped."""
        return self.identity is not None and not self.running

    @property
    def ready(self) -> bool:
        """Whether it lives and does its work."""
        with suppress(OSError):
            return self.running and self.answers()
        return False

    def start(self) -> Self:
        """Start it unless it runs; returns at once. `wait` for it to answer."""
        if self.running:
            return self
        if identity := self.identity:
            identity.wait(ENDING)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        mark = f"{self.directory.resolve()}#{self.name}#{secrets.token_hex(8)}"
        with self.log.open("ab") as log:
            # a session of its own: what ends the terminal or the `make` in it must not end this
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
            time.sleep(0.001)  # in the first moments of a program the system shows no environment, so no mark
        return self

    def wait(self, patience: float | None = None) -> Self:
        """Wait until it answers. ComponentError where it ends before, or takes longer than `patience` seconds."""
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
        """Send it a signal; nothing where it does not run."""
        identity = self.identity
        process = identity.process() if identity else None
        if process:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """End it by SIGKILL and wait until it is gone. It then counts as died, as after any other accident."""
        self.signal(signal.SIGKILL)
        self._gone(ENDING)

    def stop(self, grace: float = GRACE) -> None:
        """End it: SIGTERM, and SIGKILL after `grace` seconds. Nothing where it does not run."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self._gone(grace):
            self.kill()
        self.forget()

    def forget(self) -> None:
        """Take no notice any more of how it ended."""
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
            self._child.poll()  # leaves no zombie behind
        return gone


def stop_together(components: Sequence[Component], grace: float = GRACE) -> None:
    """Stop components that do not need each other for it: all are told first, then waited for."""
    for component in components:
        component.signal(signal.SIGCONT)
        component.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    for component in components:
        component.stop(max(0.0, deadline - time.monotonic()))


def strays(directory: Path) -> Iterator[psutil.Process]:
    """Every live process that carries the mark of the platform in `directory`, whether it was written down or not."""
    ours = f"{directory.resolve()}#"
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(ours):
                yield process


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Put `text` in the file at once or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    temporary.touch(mode)
    temporary.write_text(text)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty where there is none."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
