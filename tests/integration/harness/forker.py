"""A process that has imported every service and the command line, and forks on demand: a program that would take a
second to start takes milliseconds. Each fork runs as `python -m <module> <arguments>` would.

It takes orders from the socket whose file descriptor is its argument. Each is a JSON object (`module`, `arguments`,
`environment`, `folder`, `terminal`, `anew`), with three open files that become standard input, output and error. It
answers `{"pid": ...}`, and reports every end as `{"pid": ..., "code": ...}`. Its children die with it.
"""

import atexit
import ctypes
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import termios
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from tests.integration.harness.services import SERVICES

LARGEST = 128 * 1024
"""Largest size of an order in bytes; most of it is the environment."""
_PR_SET_PDEATHSIG = 1


def serve(channel: socket.socket) -> None:
    """Take orders until the other side closes the socket."""
    _import_all()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(channel, {"ready": True})
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(channel)
        if channel.fileno() in ready:
            order, streams, _, _ = socket.recv_fds(channel, LARGEST, 3)
            if not order:
                return
            _say(channel, {"pid": _fork(channel, json.loads(order), streams)})
            for stream in streams:
                os.close(stream)


def _import_all() -> None:
    """Import everything that services and commands import, including modules that commands import lazily."""
    for name in ("uvloop", "aiohttp"):
        importlib.import_module(name)
    for service in (*SERVICES, "console"):
        importlib.import_module(f"services.{service}.app")
    for package in ("cli", "shared"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # otherwise each child's first collection copies all this memory


def _reap(channel: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say(channel, {"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(channel: socket.socket, answer: dict[str, Any]) -> None:
    channel.send(json.dumps(answer).encode())


def _fork(channel: socket.socket, order: dict[str, Any], streams: Sequence[int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        _run(parent, channel, order, streams)
    return pid


def _run(parent: int, channel: socket.socket, order: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    code: int | str | None = 1
    try:
        _become(parent, channel, order, streams)
        if order["anew"]:
            words = [sys.executable, "-m", order["module"], *order["arguments"]]
            os.execve(sys.executable, words, order["environment"])
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  # the last frame of this process: any error belongs in its log
        traceback.print_exc()
    finally:
        _end(code)


def _become(parent: int, channel: socket.socket, order: dict[str, Any], streams: Sequence[int]) -> None:
    """Set this process up as `subprocess` sets up a new interpreter."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    channel.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if order["terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv[1:] = order["arguments"]
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # for as long as the process lives
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115


def _end(code: int | str | None) -> NoReturn:
    """Exit as an interpreter does, without tearing down its modules."""
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
