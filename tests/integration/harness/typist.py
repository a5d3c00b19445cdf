"""Runs many commands one after another in one process, which is faster than a process for each.

`python -m tests.integration.harness.typist` reads the lines as JSON from standard input, and prints exit codes and
outputs. A command that raises ends it, because users would see an unhandled exception as a traceback.
"""

import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from cli.main import runai
from tests.integration.harness.commands import Said, start


async def typed_all(lines: Sequence[str], folder: Path, kubeconfig: Path) -> list[Said]:
    """The result of each line, run in a folder that is also the user's home."""
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(list(lines)).encode())
        given.seek(0)
        process = await start(folder, kubeconfig, "", given, __name__)
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return [Said(*answer) for answer in json.loads(out)]


def _answer(line: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(runai, shlex.split(line))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise RuntimeError(line) from result.exception
    return result.exit_code, result.stdout, result.stderr


if __name__ == "__main__":
    json.dump([_answer(line) for line in json.load(sys.stdin)], sys.stdout)
