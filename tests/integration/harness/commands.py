"""`runai` as a person types it, and what it answers."""

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
    """What a command answered."""

    code: int
    out: str
    err: str


Type = Callable[..., Awaitable[Said]]
"""Takes the words after `runai` in one string, a kubeconfig in the place of the administrator's, and variables."""


class Command:
    """One command that runs, with the words of `asyncio.subprocess.Process`."""

    def __init__(self, process: Forked, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._process, self._ended = process, asyncio.Event()
        loop = asyncio.get_running_loop()
        process.on_end(lambda: loop.call_soon_threadsafe(self._ended.set))

    @property
    def returncode(self) -> int | None:
        """Its exit code; minus a signal's number if one ended it; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing if it has ended."""
        self._process.send_signal(number)

    async def wait(self) -> int:
        """Wait for its end; its exit code."""
        await self._ended.wait()
        code = self.returncode
        assert code is not None
        return code

    async def communicate(self) -> tuple[bytes, bytes]:
        """Wait for its end; all that it has yet to print, and its messages."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err


def typed_in(folder: Path, kubeconfig: Path) -> Type:
    """Commands typed in the folder, which is the person's home too. No answer is ever a traceback."""

    async def typed(line: str, as_whom: Path | None = None, **environment: str) -> Said:
        async with _ended(await _begun(folder, as_whom or kubeconfig, line, environment)) as process:
            out, err = await process.communicate()
        assert "Traceback" not in err.decode(), err.decode()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return typed


def surroundings(folder: Path, kubeconfig: Path, **environment: str) -> dict[str, str]:
    """The environment of a person whose home is the folder, and who has this kubeconfig."""
    return {
        **os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT),
        "RUNAI_CONFIG": str(folder / "runai.json"), "HOME": str(folder), **environment,
    }  # fmt: skip


async def start(folder: Path, kubeconfig: Path, line: str, stdin: IO[bytes]) -> Command:
    """The command, under way with this input; the caller waits for it."""
    return await _begun(folder, kubeconfig, line, {}, stdin.fileno())


@asynccontextmanager
async def under_way(
    folder: Path, kubeconfig: Path, line: str, *, anew: bool = False, **environment: str
) -> AsyncIterator[Command]:
    """The command, begun; it is ended with the block, whatever happens inside.

    `anew` starts an interpreter, as a person's shell does, and does not fork one that has imported everything.
    """
    async with _ended(await _begun(folder, kubeconfig, line, environment, anew=anew)) as process:
        yield process


async def _begun(
    folder: Path, kubeconfig: Path, line: str, environment: Mapping[str, str], stdin: int | None = None,
    anew: bool = False,
) -> Command:  # fmt: skip
    quiet = {"RUNAI_NO_PROGRESS": "1"}  # on a busy machine everything takes more than two seconds
    around = surroundings(folder, kubeconfig, **quiet | {**environment})
    anew = anew or any(name.startswith("PYTHON") for name in environment)  # which only its start reads
    nothing, (out, far_out), (err, far_err) = os.open(os.devnull, os.O_RDONLY), os.pipe(), os.pipe()
    streams = (nothing if stdin is None else stdin, far_out, far_err)
    words = shlex.split(line)
    process = the_forker().start("cli", words, environment=around, folder=folder, streams=streams, anew=anew)
    for number in (nothing, far_out, far_err):
        os.close(number)
    return Command(process, await _reader(out), await _reader(err))


@asynccontextmanager
async def _ended(process: Command) -> AsyncIterator[Command]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()  # its pipes too


async def _reader(number: int) -> asyncio.StreamReader:
    """Read what comes out of the pipe, until its end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(number, "rb", 0))
    return reader


async def line_of(stream: asyncio.StreamReader) -> str:
    """The next line of it, which is waited for."""
    line = (await asyncio.wait_for(stream.readline(), PATIENCE)).decode()
    assert line, "it has ended"
    return line
