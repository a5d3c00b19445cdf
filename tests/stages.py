"""Run the stages of `make test`, and show how long each took: `python -m tests.stages STAGE... [--beside STAGE]`.

The first stages run one after another; the stage `--beside` them mostly waits for what it breaks, and prints its output
once it has ended. The stages `--then` run after all of these, alone.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO

GENTLY = ("nice", "-n", "10")
"""How stages run while another one runs beside them, which has deadlines."""


class StageError(Exception):
    """A stage failed."""


class Stages:
    """Stages of one run; `make` is the command that runs the one whose name follows."""

    def __init__(self, make: Sequence[str]) -> None:
        self._make = make
        self.times: list[str] = []

    def run(self, stage: str, before: Sequence[str] = ()) -> None:
        """Run a stage to its end. StageError if it fails."""
        began = time.monotonic()
        code = subprocess.run([*before, *self._make, stage], check=False).returncode
        self._note(stage, began, code)

    @contextmanager
    def beside(self, stage: str) -> Iterator[None]:
        """Run a stage beside what is done in this context; if that fails, the stage is ended. StageError as above."""
        began = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [*self._make, stage], stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                yield
                code = process.wait()
            finally:
                _end(process)
                _show(output)
        self._note(stage, began, code)

    def _note(self, stage: str, began: float, code: int) -> None:
        took = round(time.monotonic() - began)
        self.times.append(f"  {stage} {took // 60} min {took % 60} s" if code == 0 else f"  {stage} failed")
        if code:
            raise StageError


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a stage as Ctrl-C does, so that its tests give back what they hold."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def _show(output: IO[bytes]) -> None:
    output.seek(0)
    sys.stdout.flush()
    sys.stdout.buffer.write(output.read())
    sys.stdout.flush()


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Run the stages; return 1 if one failed, after which no other is begun."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="+")
    parser.add_argument("--beside", required=True)
    parser.add_argument("--then", nargs="*", default=[])
    parser.add_argument("--make", default="make", type=shlex.split)
    told = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if a script began this in the background
    stages, failed = Stages(told.make), False
    try:
        with stages.beside(told.beside):
            for stage in told.stages:
                stages.run(stage, GENTLY)
        for stage in told.then:
            stages.run(stage)
    except StageError:
        failed = True
    sys.stdout.write("\n".join(["time of each stage:", *stages.times]) + "\n")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
