"""Runs many commands one after another in one process, which is faster than a process for each.

`python -m tests.integration.harness.typist` reads the lines as JSON from standard input, and prints exit codes and
outputs. A command that raises ends it, because users would see an unhandled exception as a traceback.
"""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from cli.main import runai
from tests.integration.harness.commands import Said
from tests.integration.harness.forking import ROOT


async def typed_all(lines: Sequence[str], folder: Path, kubeconfig: Path) -> list[Said]:
    """The result of each line, run in a folder that is also the user's home."""
    surroundings = {
        **os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT),
        "RUNAI_CONFIG": str(folder / "runai.json"), "HOME": str(folder),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, env=surroundings, cwd=folder,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(json.dumps(list(lines)).encode())
    assert process.returncode == 0, err.decode()
    return [Said(*answer) for answer in json.loads(out)]


def _answer(line: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(runai, shlex.split(line))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise RuntimeError(line) from result.exception
    return result.exit_code, result.stdout, result.stderr


if __name__ == "__main__":
    json.dump([_answer(line) for line in json.load(sys.stdin)], sys.stdout)
