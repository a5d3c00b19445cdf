"""A person who types `runai` into a shell, as installed by this checkout."""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(sys.executable).with_name("runai")
PATIENCE: Final = 60.0
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Runai:
    """`runai` with one kubeconfig, in a home folder of its own."""

    kubeconfig: Path
    home: Path

    async def __call__(self, line: str) -> str:
        """Run the command; return what it prints. AssertionError with its error if it fails."""
        process = await self._start(line)
        try:
            out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        except TimeoutError:
            process.kill()
            raise AssertionError(f"`runai {line}` has not ended after {PATIENCE:.0f} s") from None
        assert process.returncode == 0, f"`runai {line}` ended with {process.returncode}: {err.decode()}{out.decode()}"
        return out.decode()

    @asynccontextmanager
    async def running(self, line: str, until: str) -> AsyncIterator[str]:
        """Run the command until it prints this text; yield what it printed, and interrupt the command afterwards."""
        process, printed = await self._start(line), ""
        assert process.stdout
        try:
            while until not in printed:
                read = (await asyncio.wait_for(process.stdout.read(4096), PATIENCE)).decode()
                assert read, f"`runai {line}` ended: {(await process.communicate())[1].decode()}{printed}"
                printed += read
            yield printed
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.communicate(), PATIENCE)

    async def _start(self, line: str) -> asyncio.subprocess.Process:
        around = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home), "RUNAI_NO_PROGRESS": "1"}
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        words = shlex.split(line)
        return await asyncio.create_subprocess_exec(
            str(PROGRAM), *words, stdin=nothing, stdout=pipe, stderr=pipe, env=around, cwd=self.home
        )
