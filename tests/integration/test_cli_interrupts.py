"""Ctrl-C at what changes the cluster: nothing happens after it, and what was done is told."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.exits import Exit
from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import line_of, under_way
from tests.integration.harness.faults import Silence
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.terminal import at_terminal

pytestmark = pytest.mark.contract

NAMES = ["one", "three", "two"]


@pytest.fixture
async def jobs(cluster: Cluster, namespace: str) -> AsyncIterator[None]:
    """Three jobs that were made by hand."""
    for name in NAMES:
        template = {"spec": {"containers": [{"name": name, "image": "ubuntu"}]}}
        metadata = {"name": name, "namespace": namespace}
        await cluster.create({
            "apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": {"template": template}
        })  # fmt: skip
    yield


async def test_ctrl_c_at_the_question_deletes_nothing(
    jobs: None, control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"delete job --all -p {project}") as terminal:
        await terminal.until("[y/N]: ")
        terminal.type("\x03")
        assert await terminal.ended() == -signal.SIGINT, "which a shell calls 130"
    assert await cluster.names("runaijobs", namespace) == NAMES


async def test_the_question_is_answered(
    jobs: None, control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    for answer, code, left in (("n\n", Exit.REFUSED, NAMES), ("\x04", Exit.REFUSED, NAMES), ("y\n", Exit.DONE, [])):
        async with at_terminal(tmp_path, control_plane.kubeconfig, f"delete job --all -p {project}") as terminal:
            seen = await terminal.until("[y/N]: ")
            assert f"Delete all 3 jobs of project {project}: " in seen
            terminal.type(answer)
            assert await terminal.ended() == code
        assert await cluster.names("runaijobs", namespace) == left


async def test_ctrl_c_while_deleting_tells_what_was_deleted_and_what_was_not(
    jobs: None, proxy: FaultProxy, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Silence(), verb="delete", nth=2) as silent:
        async with under_way(tmp_path, through, f"delete job one two three -p {project}") as process:
            assert await line_of(process.stdout) == "Job one deleted successfully.\n"
            await cluster.wait_for("the second to be under way", lambda: asyncio.sleep(0, silent.acted), bool)
            process.send_signal(2)
            _, err = await process.communicate()
    assert process.returncode == Exit.INTERRUPTED
    assert err.decode() == "\nError: interrupted at two, which may be done or not; not begun: three\n"
    assert await cluster.names("runaijobs", namespace) == ["three", "two"]
