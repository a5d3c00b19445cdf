"""Runs `runai` as a user types it, and captures its output."""

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.integration.harness.cluster import PATIENCE
from tests.integration.harness.forking import ROOT, Forked, the_forker


@dataclass(frozen=True)
class Said:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


Type = Callable[..., Awaitable[Said]]
"""Takes the words after `runai` in one string, a kubeconfig instead of the administrator's, and variables."""


class Command:
    """One running command, with the interface of `asyncio.subprocess.Process`."""

    def __init__(self, process: Forked, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._process, self._ended = process, asyncio.Event()
        loop = asyncio.get_running_loop()
        process.on_end(lambda: loop.call_soon_threadsafe(self._ended.set))

    @property
    def returncode(self) -> int | None:
        """Its exit code; the negative signal number if a signal ended it; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal; do nothing if it has ended."""
        self._process.send_signal(number)

    async def wait(self) -> int:
        """Wait until it ends; return its exit code."""
        await self._ended.wait()
        code = self.returncode
        assert code is not None
        return code

    async def communicate(self) -> tuple[bytes, bytes]:
        """Wait until it ends; return the rest of its standard output and of its standard error."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err


def typed_in(folder: Path, kubeconfig: Path) -> Type:
    """Run commands in the folder, which is also the user's home. No output may be a traceback."""

    async def typed(line: str, as_whom: Path | None = None, **environment: str) -> Said:
        async with _ended(await _begun(folder, as_whom or kubeconfig, line, environment)) as process:
            out, err = await process.communicate()
        assert "Traceback" not in err.decode(), err.decode()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return typed


def surroundings(folder: Path, kubeconfig: Path, **environment: str) -> dict[str, str]:
    """The environment of a user whose home is the folder, with this kubeconfig."""
    return {
        **os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT),
        "RUNAI_CONFIG": str(folder / "runai.json"), "HOME": str(folder), **environment,
    }  # fmt: skip


async def start(folder: Path, kubeconfig: Path, line: str, stdin: IO[bytes], module: str = "cli") -> Command:
    """Start the command (or another module) with this standard input; the caller waits for it."""
    return await _begun(folder, kubeconfig, line, {}, stdin.fileno(), module=module)


@asynccontextmanager
async def under_way(
    folder: Path, kubeconfig: Path, line: str, *, anew: bool = False, **environment: str
) -> AsyncIterator[Command]:
    """Start the command; it is ended with the block, whatever happens inside.

    `anew` starts a new interpreter, as a user's shell does, instead of forking one that has imported everything.
    """
    async with _ended(await _begun(folder, kubeconfig, line, environment, anew=anew)) as process:
        yield process


async def _begun(
    folder: Path, kubeconfig: Path, line: str, environment: Mapping[str, str], stdin: int | None = None,
    anew: bool = False, module: str = "cli",
) -> Command:  # fmt: skip
    quiet = {"RUNAI_NO_PROGRESS": "1"}  # on a busy machine, everything takes more than two seconds
    around = surroundings(folder, kubeconfig, **quiet | {**environment})
    anew = anew or any(name.startswith("PYTHON") for name in environment)  # which only its start reads
    nothing, (out, far_out), (err, far_err) = os.open(os.devnull, os.O_RDONLY), os.pipe(), os.pipe()
    streams = (nothing if stdin is None else stdin, far_out, far_err)
    words = shlex.split(line)
    process = the_forker().start(module, words, environment=around, folder=folder, streams=streams, anew=anew)
    for number in (nothing, far_out, far_err):
        os.close(number)
    return Command(process, await _reader(out), await _reader(err))


@asynccontextmanager
async def _ended(process: Command) -> AsyncIterator[Command]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()  # reads its pipes to the end too


async def _reader(number: int) -> asyncio.StreamReader:
    """A reader of the pipe, up to its end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(number, "rb", 0))
    return reader


async def line_of(stream: asyncio.StreamReader) -> str:
    """Wait for the next line of the stream."""
    line = (await asyncio.wait_for(stream.readline(), PATIENCE)).decode()
    assert line, "it has ended"
    return line
