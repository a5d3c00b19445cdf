"""A process that has imported every service and forks one on demand: a service killed hundreds of times starts in
milliseconds instead of seconds. What runs is `python -m services.<name>` all the same.

It takes orders, one JSON line each (`service`, `environment`, `log`), from the socket whose number is its argument,
answers `{"pid": ...}`, and tells of every end as `{"pid": ..., "code": ...}`. Its children die with it.
"""

import ctypes
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import Any

from tests.integration.harness.services import ROOT, SERVICES

_PR_SET_PDEATHSIG = 1


def serve(channel: socket.socket) -> None:
    """Take orders until the other side hangs up."""
    for name in ("uvloop", "kubernetes.aio.config", "kubernetes.aio.client.configuration"):
        importlib.import_module(name)
    for service in SERVICES:
        importlib.import_module(f"services.{service}.app")
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(channel, {"ready": True})
    orders = b""
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(channel)
        if channel.fileno() in ready:
            received = channel.recv(65536)
            if not received:
                return
            *lines, orders = (orders + received).split(b"\n")
            for line in lines:
                _say(channel, {"pid": _fork(channel, json.loads(line))})


def _reap(channel: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say(channel, {"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(channel: socket.socket, answer: dict[str, Any]) -> None:
    channel.sendall(json.dumps(answer).encode() + b"\n")


def _fork(channel: socket.socket, order: dict[str, Any]) -> int:
    parent = os.getpid()
    if pid := os.fork():
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        channel.close()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(ROOT)
        runpy.run_module(f"services.{order['service']}", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # the last frame of this process: whatever it is belongs into its log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
