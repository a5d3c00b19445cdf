"""Simulated containers answer with fixed words and never run a user's command."""

from datetime import datetime
from pathlib import Path

import yaml

from deploy.local.streams import LOG, PAGE, write_streams


def test_logs_attach_and_ports_are_answered_for_all_pods_and_exec_is_not(tmp_path: Path) -> None:
    """Simulated pods answer logs, attach and port-forward with fixed words; nobody can run a command."""
    answers = {each["kind"]: each["spec"] for each in yaml.safe_load_all(write_streams(tmp_path).read_text())}
    log = {"logsFile": str(tmp_path / "container.log")}
    assert answers["ClusterLogs"] == {"logs": [log]}
    assert answers["ClusterAttach"] == {"attaches": [log]}
    (forward,) = answers["ClusterPortForward"]["forwards"]
    assert forward["command"][-1] == PAGE
    assert set(answers) == {"ClusterLogs", "ClusterAttach", "ClusterPortForward"}


def test_the_log_is_one_of_a_container_runtime_and_is_kept(tmp_path: Path) -> None:
    """The log has the format of a container runtime and is not rewritten by the next start."""
    write_streams(tmp_path)
    text = (tmp_path / "container.log").read_text()
    times, streams, tags, lines = zip(*(line.split(" ", 3) for line in text.splitlines()), strict=True)
    assert [datetime.fromisoformat(time) for time in times] == sorted(map(datetime.fromisoformat, times))
    assert {*streams} | {*tags} == {"stdout", "F"}
    assert lines == LOG
    write_streams(tmp_path)
    assert (tmp_path / "container.log").read_text() == text
