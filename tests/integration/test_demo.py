"""`make demo` leads from nothing to a running job, however often it is repeated."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.processes import strays
from tests.integration.harness.forking import ROOT

pytestmark = pytest.mark.contract


def test_the_demo_shows_the_guides_listings_and_can_be_repeated(tmp_path: Path) -> None:
    """`make demo` shows the guide's listings, twice in a row."""
    environment = {**os.environ, "SLIPWAY_LOCAL": str(tmp_path)}
    try:
        for time_of_demo in (1, 2):
            done = subprocess.run(
                [sys.executable, "-m", "deploy.local", "demo"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            page = done.stdout
            assert "$ kubectl apply -f deploy/local/demo/my-jupyter-job.yaml" in page
            assert "$ runai list workloads --interactive --project team-a" in page
            assert "my-jupyter-job             Submit    team-a" in page
            assert "team-a-jupyter-defaults    Template  team-a" in page
            assert "Status:  Submitted" in page
            assert "the pod of jupyter-" in page
            assert ("the earlier demo's workloads are deleted" in page) == (time_of_demo == 2)
    finally:
        subprocess.run([sys.executable, "-m", "deploy.local", "down"], cwd=ROOT, env=environment, check=True)
    assert list(strays(tmp_path)) == []
