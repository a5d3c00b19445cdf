"""Ctrl-C in commands that change the cluster: nothing happens after it, and the command reports what was done."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.shell.exits import Exit
from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type, line_of, under_way
from tests.integration.harness.faults import Answer, Silence
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
    """Ctrl-C at the question deletes nothing."""
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"delete job --all -p {project}", anew=True) as terminal:
        await terminal.until("[y/N]: ")
        terminal.type("\x03")
        assert await terminal.ended() == -signal.SIGINT, "which a shell calls 130"
    assert await cluster.names("runaijobs", namespace) == NAMES


async def test_the_question_is_answered(
    jobs: None, control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """Only `y` deletes."""
    for answer, code, left in (("n\n", Exit.REFUSED, NAMES), ("\x04", Exit.REFUSED, NAMES), ("y\n", Exit.DONE, [])):
        async with at_terminal(
            tmp_path, control_plane.kubeconfig, f"delete job --all -p {project}", anew=True
        ) as terminal:
            seen = await terminal.until("[y/N]: ")
            assert f"Delete all 3 jobs of project {project}: " in seen
            terminal.type(answer)
            assert await terminal.ended() == code
        assert await cluster.names("runaijobs", namespace) == left


async def test_ctrl_c_while_deleting_tells_what_was_deleted_and_what_was_not(
    jobs: None, proxy: FaultProxy, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """Ctrl-C during a deletion says what was deleted and what was not."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Silence(), verb="delete", nth=2) as silent:
        async with under_way(tmp_path, through, f"delete job one two three -p {project}", anew=True) as process:
            assert await line_of(process.stdout) == "Job one deleted successfully.\n"
            await cluster.wait_for("the second to be under way", lambda: asyncio.sleep(0, silent.acted), bool)
            process.send_signal(2)
            _, err = await process.communicate()
    assert process.returncode == Exit.INTERRUPTED
    assert err.decode() == "\nError: interrupted at two, which may or may not be done; not started: three\n"
    left = await cluster.names("runaijobs", namespace)
    assert "one" not in left
    assert "three" in left


# ------------------------------------------------------------ a project
IN_PART = "the project is incomplete: what is not shown may be missing; rerun the same command to create the rest"


@pytest.fixture
async def made(cluster: Cluster) -> AsyncIterator[str]:
    """The name of a project that does not exist yet; it is removed afterwards."""
    name = f"made-{secrets.token_hex(4)}"
    yield name
    await cluster.delete("namespaces", f"runai-{name}")
    await cluster.delete("rolebindings", f"runai-readers-{name}", "runai")


async def test_what_is_made_of_a_project_is_told_whatever_ends_it(
    runai: Type, proxy: FaultProxy, cluster: Cluster, made: str, tmp_path: Path
) -> None:
    """A project that is created only in part says which part."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Answer(403, "no roles for you", "Forbidden"), verb="create", resource="roles"):
        said = await runai(f"project create {made}", through)
    assert said.code == Exit.NOT_PERMITTED
    assert [line.split()[:4] for line in said.out.splitlines()] == [
        ["RESOURCE", "NAMESPACE", "RESULT", "PURPOSE"],
        ["Namespace", f"runai-{made}", "-", "created"],
    ]
    assert said.err == f"{IN_PART}\nError: no roles for you\n"
    with proxy.on(Silence(), verb="create", resource="rolebindings") as silent:
        async with under_way(tmp_path, through, f"project create {made}", anew=True) as process:
            await cluster.wait_for("the binding to be under way", lambda: asyncio.sleep(0, silent.acted), bool)
            process.send_signal(2)
            out, err = await process.communicate()
    assert process.returncode == Exit.INTERRUPTED
    assert [line.split()[0] for line in out.decode().splitlines()] == ["RESOURCE", "Namespace", "Role"]
    assert err.decode() == f"\nError: interrupted: {IN_PART}\n"
    again = await runai(f"project create {made}")
    results = [line.split()[3] for line in again.out.splitlines()[1:4]]
    assert results[:2] == ["unchanged", "unchanged"]
    assert len({line.index(result) for line, result in zip(again.out.splitlines()[1:4], results, strict=True)}) == 1
