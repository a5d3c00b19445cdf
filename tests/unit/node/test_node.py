"""One node in one folder."""

import fcntl
from pathlib import Path

import pytest

from deploy.local.errors import PlatformError
from tests.node.node import Node


def test_one_process_at_a_time_uses_the_node_of_a_folder(tmp_path: Path) -> None:
    """A run leaves the node of another run alone, and says so; once that one has ended, it cleans up after it."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PlatformError, match="another process uses the node in"):
            Node(tmp_path).stop()
    (tmp_path / "namespaces").mkdir()
    Node(tmp_path).stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "ports.json"]
