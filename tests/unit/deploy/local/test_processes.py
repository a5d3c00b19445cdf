"""Processes that outlive the command that started them."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from deploy.local.errors import ComponentError
from deploy.local.ports import free_port
from deploy.local.processes import MARK, Component, Identity, stop_together, strays

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
FOR_EVER = "import signal; print('up', flush=True); signal.pause()"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A platform's folder; none of its processes outlive the test."""
    yield tmp_path
    left = list(strays(tmp_path))
    for process in left:
        process.kill()
    assert left == []


def _component(folder: Path, program: str = FOR_EVER, name: str = "thing", words: Sequence[str] = ()) -> Component:
    component = Component(name, folder, lambda: [sys.executable, "-c", program, *words], lambda: False)
    component.answers = lambda: "up" in component.log.read_text()
    return component


def test_it_is_found_again_by_name_and_stopped(folder: Path) -> None:
    """A component started by one command is found, not started again, and stopped by another."""
    pid = _component(folder).start().wait().pid
    again = _component(folder)
    assert again.pid == pid
    assert again.start().pid == pid
    again.stop()
    assert not again.running
    assert not again.died


def test_one_that_was_killed_has_died_until_it_is_started_again(folder: Path) -> None:
    """A killed component reports that it died until it runs again."""
    component = _component(folder).start().wait()
    component.kill()
    assert component.died
    component.start().wait()
    assert component.running
    assert not component.died
    component.stop()


def test_a_process_that_got_the_id_of_ours_meanwhile_is_never_touched(folder: Path) -> None:
    """A recorded process id that now belongs to a stranger is never signalled."""
    component = _component(folder)
    with subprocess.Popen([sys.executable, "-c", FOR_EVER], stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout
        assert stranger.stdout.readline() == b"up\n"
        identity = {"pid": stranger.pid, "started": 0.0, "mark": f"{folder}#thing#0123"}
        (folder / "run").mkdir()
        (folder / "run" / "thing.json").write_text(json.dumps(identity))
        assert component.died
        component.kill()
        stop_together([component])
        component.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_another_platforms_process_of_that_name_is_not_ours(tmp_path: Path) -> None:
    """Two platforms on one machine do not see or stop each other's components."""
    here, there = _component(tmp_path / "here"), _component(tmp_path / "there")
    there.start().wait()
    assert not here.running
    assert list(strays(tmp_path / "here")) == []
    here.stop()
    assert there.running
    there.stop()


def test_one_that_ignores_sigterm_is_killed_in_the_end(folder: Path) -> None:
    """A component that ignores SIGTERM is killed once its grace period is over."""
    component = _component(folder, STUBBORN).start().wait()
    component.stop(grace=0.2)
    assert not component.running


def test_one_that_is_held_by_sigstop_is_stopped_all_the_same(folder: Path) -> None:
    """A component that is suspended by SIGSTOP can still be stopped."""
    component = _component(folder).start().wait()
    assert component.pid
    psutil.Process(component.pid).suspend()
    component.stop()
    assert not component.running


def test_what_had_much_memory_has_let_go_of_its_port_once_it_is_killed(folder: Path) -> None:
    """A dying process first frees its memory, which takes a while; until then the system shows an empty environment."""
    port = free_port()
    listening = f"import socket; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen()"
    component = _component(folder, f"{listening}; much = b'x' * 2**29; {FOR_EVER}").start().wait()
    component.kill()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()


def test_one_that_ends_before_it_is_ready_shows_the_end_of_its_log(folder: Path) -> None:
    """A component that exits during its start fails with the end of its own log."""
    component = _component(folder, "raise SystemExit('no such luck')").start()
    with pytest.raises(ComponentError, match=r"(?s)thing ended before it was ready.*\| no such luck"):
        component.wait()


def test_one_that_does_not_answer_in_time_is_named(folder: Path) -> None:
    """A component that never becomes ready fails with its name and the time it was given."""
    component = _component(folder, "import signal; print('hm', flush=True); signal.pause()").start()
    with pytest.raises(ComponentError, match="thing did not answer within"):
        component.wait(patience=0.3)
    component.stop()


def test_one_that_was_never_written_down_is_found_by_its_mark(folder: Path) -> None:
    """A process whose record was lost is found by the mark in its environment."""
    component = _component(folder).start().wait()
    pid = component.pid
    (folder / "run" / "thing.json").unlink()
    assert not component.running
    [stray] = strays(folder)
    assert stray.pid == pid
    stray.kill()
    stray.wait(10)


def test_it_lives_in_a_session_of_its_own(folder: Path) -> None:
    """Ctrl-C in the terminal does not reach a component: it has a session of its own."""
    component = _component(folder).start().wait()
    assert component.pid
    stat = Path(f"/proc/{component.pid}/stat")
    if stat.exists():
        session = int(stat.read_text().rpartition(")")[2].split()[3])
        assert session == component.pid
    component.stop()


def test_an_unreadable_record_counts_as_none(folder: Path) -> None:
    """A damaged record of a process is treated as no record."""
    (folder / "run").mkdir()
    (folder / "run" / "thing.json").write_text("{")
    assert _component(folder).identity is None


def test_an_id_that_nobody_has_is_gone_at_once() -> None:
    """A process that has ended is reported as gone without waiting."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait(10)
    identity = Identity(ended.pid, 0.0, f"{MARK}-nobody")
    assert identity.process() is None
    assert identity.wait(0.0)
