"""A service that cannot start says why, in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.harness.forking import ROOT


@pytest.mark.parametrize(
    ("kubeconfig", "sentence"),
    [
        ("{}", "config is empty"),
        ("current-context: here", "it has no context here; available contexts: none"),
    ],
)
def test_without_a_cluster_it_ends_with_a_sentence(kubeconfig: str, sentence: str, tmp_path: Path) -> None:
    """A pod that restarts for ever is understood from its log; no home folder is needed."""
    (tmp_path / "config").write_text(kubeconfig)
    ended = subprocess.run(
        [sys.executable, "-m", "services.status"],
        env={"PYTHONPATH": str(ROOT), "SLIPWAY_KUBECONFIG": str(tmp_path / "config"), "PATH": "/usr/bin"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    told = (ended.stdout + ended.stderr).splitlines()
    assert len(told) == 1
    assert sentence in told[0]
