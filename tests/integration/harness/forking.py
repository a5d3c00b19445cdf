"""The client of the `forker`, which starts services and commands cheaply enough to kill them hundreds of times."""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from queue import Queue
from typing import Any

ROOT = Path(__file__).parents[3]
"""The repository, from which everything runs."""
WARM_WITHIN = 120.0
"""Seconds that importing everything may take on a busy machine."""


class Forked:
    """One forked process, with the part of the `subprocess.Popen` interface that is needed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._ended = threading.Event()
        self._on_end: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def ends(self, code: int) -> None:
        """Record that it ended with this code, and call the waiting callbacks."""
        with self._lock:
            self._code = code
            self._ended.set()
        for call in self._on_end:
            call()

    def on_end(self, call: Callable[[], object]) -> None:
        """Call this from another thread once it has ended; at once if it already has."""
        with self._lock:
            ended = self._ended.is_set()
            if not ended:
                self._on_end.append(call)
        if ended:
            call()

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._code

    def wait(self, timeout: float) -> int | None:
        """Wait until it ends; subprocess.TimeoutExpired if it does not within `timeout` seconds."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal; do nothing if it has ended."""
        if self._code is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return  # it has ended, and the report of that is on its way


class Forker:
    """The forker's process, as the test uses it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.harness.forker", str(theirs.fileno())],
            cwd=ROOT,
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

    def start(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str],
        folder: Path = ROOT,
        streams: tuple[int, int, int],
        terminal: bool = False,
        anew: bool = False,
    ) -> Forked:
        """Start `python -m module` with exactly this environment in the folder; the streams are duplicated.

        With `terminal`, its standard input becomes its controlling terminal; with `anew`, it is a new interpreter.
        """
        order = {
            "module": module, "arguments": [*arguments], "environment": dict(environment), "folder": str(folder),
            "terminal": terminal, "anew": anew,
        }  # fmt: skip
        with self._ordering:
            socket.send_fds(self._socket, [json.dumps(order).encode()], streams)
            child = Forked(self._answers.get(timeout=30)["pid"])
        with self._telling:
            if child.pid in self._early:
                child.ends(self._early.pop(child.pid))
            else:
                self._children[child.pid] = child
        return child

    @property
    def running(self) -> list[int]:
        """The ids of all processes that it started and that have not ended."""
        with self._telling:
            return sorted(self._children)

    def close(self) -> None:
        """End it and everything it started."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait(30)
        self._socket.close()

    def _listen(self) -> None:
        while packet := self._socket.recv(4096):
            answer = json.loads(packet)
            if "code" not in answer:
                self._answers.put(answer)
                continue
            with self._telling:
                child = self._children.pop(answer["pid"], None)
                if not child:  # it ended before its start was recorded here
                    self._early[answer["pid"]] = answer["code"]
            if child:
                child.ends(answer["code"])


@cache
def the_forker() -> Forker:
    """The only forker of this process, started on first use and ended with the process."""
    made = Forker()
    atexit.register(made.close)
    return made
