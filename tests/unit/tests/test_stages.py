"""How the stages of `make test` are run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.Popen[str]"]
STAGE = """
echo "begins $1" >> log
case $1 in
broken) exit 3 ;;
waiting) trap 'echo "given back" >> log; exit 130' INT; touch ready; while test -e log; do sleep 0.05; done ;;
patient) touch at-work; until test -e there || test ! -e log; do sleep 0.05; done; echo "from $1" ;;
finder) until test -e ready; do sleep 0.05; done; exit 3 ;;
*) touch there; echo "from $1" ;;
esac
echo "ends $1" >> log
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Begins a run whose stages a small script stands for, as a shell begins it in the background."""
    begun: list[subprocess.Popen[str]] = []
    script = tmp_path / "stage.sh"
    script.write_text(STAGE, encoding="utf-8")

    def begin(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.stages", f"--make=sh {script}", *arguments]
        root = str(Path(__file__).parents[3])
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            begun.append(
                subprocess.Popen(
                    command,
                    cwd=tmp_path,
                    env={"PYTHONPATH": root, "PATH": os.environ["PATH"]},
                    text=True,
                    stdout=subprocess.PIPE,
                )
            )
        finally:
            signal.signal(signal.SIGINT, before)
        return begun[-1]

    yield begin
    (tmp_path / "log").unlink(missing_ok=True)  # ends a stage that waits
    for process in begun:
        process.kill()
        process.communicate(timeout=60)


def lines(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text(encoding="utf-8").splitlines()


def test_a_stage_that_waits_runs_beside_the_others_and_prints_at_its_end(tmp_path: Path, run: Run) -> None:
    """The stage beside ends only since another ran; what comes then begins after both; all times are shown."""
    done = run("first", "--beside", "patient", "--then", "last")
    printed, _ = done.communicate(timeout=60)
    assert done.returncode == 0
    assert printed.splitlines()[:4] == ["from first", "from patient", "from last", "time of each stage:"]
    assert [line.split()[0] for line in printed.splitlines()[4:]] == ["first", "patient", "last"]
    assert lines(tmp_path)[-2:] == ["begins last", "ends last"]


def test_nothing_begins_after_a_failure_and_the_stage_beside_is_ended(tmp_path: Path, run: Run) -> None:
    """It is ended as by Ctrl-C, so that it gives back what it holds."""
    done = run("finder", "other", "--beside", "waiting", "--then", "last")
    printed, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "finder failed" in printed
    assert lines(tmp_path)[-1] == "given back"
    assert "begins other" not in lines(tmp_path)
    assert "begins last" not in lines(tmp_path)


def test_a_failure_beside_is_a_failure(tmp_path: Path, run: Run) -> None:
    """Its output and its name are shown, and nothing else begins."""
    done = run("first", "--beside", "broken", "--then", "last")
    printed, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "broken failed" in printed
    assert "begins last" not in lines(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_ends_the_run_ends_the_stage_beside(tmp_path: Path, run: Run, number: int) -> None:
    """No container is left by a run that is ended from outside."""
    begun = run("patient", "--beside", "waiting")
    while not ((tmp_path / "ready").exists() and (tmp_path / "at-work").exists()):
        assert begun.poll() is None
    time.sleep(0.2)  # the run knows of its second stage only when this one is already at work
    begun.send_signal(number)
    begun.communicate(timeout=60)
    assert begun.returncode != 0
    assert lines(tmp_path)[-1] == "given back"
