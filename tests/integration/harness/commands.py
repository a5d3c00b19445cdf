"""`runai` as a person types it, and what it answers."""

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.integration.harness.cluster import PATIENCE
from tests.integration.harness.services import ROOT


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Type = Callable[..., Awaitable[Said]]
"""Takes the words after `runai` in one string, a kubeconfig in the place of the administrator's, and variables."""


def typed_in(folder: Path, kubeconfig: Path) -> Type:
    """Commands typed in the folder, which is the person's home too. No answer is ever a traceback."""

    async def typed(line: str, as_whom: Path | None = None, **environment: str) -> Said:
        async with under_way(folder, as_whom or kubeconfig, line, **environment) as process:
            out, err = await process.communicate()
        assert "Traceback" not in err.decode(), err.decode()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return typed


async def start(
    folder: Path,
    kubeconfig: Path,
    line: str,
    *,
    stdin: IO[bytes] | IO[str] | int = asyncio.subprocess.DEVNULL,
    **environment: str,
) -> asyncio.subprocess.Process:
    """The command, under way; the caller waits for it, or ends it."""
    surroundings = {
        **os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT),
        "RUNAI_CONFIG": str(folder / "runai.json"), "HOME": str(folder),
        "RUNAI_NO_PROGRESS": "1",  # on a busy machine everything takes more than two seconds
        **environment,
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *shlex.split(line), env=surroundings, cwd=folder,
        stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def line_of(stream: asyncio.StreamReader | None) -> str:
    """The next line of it, which is waited for."""
    assert stream is not None
    line = (await asyncio.wait_for(stream.readline(), PATIENCE)).decode()
    assert line, "it has ended"
    return line


@asynccontextmanager
async def under_way(
    folder: Path, kubeconfig: Path, line: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, begun; it is ended with the block, whatever happens inside."""
    process = await start(folder, kubeconfig, line, stdin=asyncio.subprocess.DEVNULL, **environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()  # its pipes too
