"""Logging in, being told to wait, and being ended, against the real API server."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
import yaml

from cli.shell.exits import Exit
from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type, line_of, start, under_way
from tests.integration.harness.faults import Answer
from tests.integration.harness.manifests import training
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.shells import JOB, Run

pytestmark = pytest.mark.contract


def logging_in(folder: Path, control_plane: ControlPlane, script: str) -> Path:
    """A kubeconfig whose user logs in by this script."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    version = "client.authentication.k8s.io/v1"
    program = {"apiVersion": version, "command": "./login", "interactiveMode": "IfAvailable"}
    config["users"][0]["user"] = {"exec": program}
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    (folder / "login").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "login").chmod(0o755)
    return folder / "kubeconfig"


def prints(token: str) -> str:
    """A script that prints the token."""
    answer = {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1",
        "status": {"token": token},
    }
    return f"printf '%s' '{json.dumps(answer)}'"


async def test_what_is_piped_is_for_the_container(
    control_plane: ControlPlane, cluster: Cluster, put: Run, project: str, tmp_path: Path
) -> None:
    """A login program that reads its input gets nothing of it."""
    await put()
    token = control_plane.token_of("runai", "default", 3600)
    await cluster.create({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "login", "namespace": f"runai-{project}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "runai"}],
    })  # fmt: skip
    kubeconfig = logging_in(tmp_path, control_plane, f"cat >eaten; {prints(token)}")
    (tmp_path / "given").write_bytes(b"for the container\n")
    with (tmp_path / "given").open("rb") as given:
        process = await start(tmp_path, kubeconfig, f"exec -i {JOB} -p {project} cat", stdin=given)
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"for the container\n", b"")
    assert (tmp_path / "eaten").read_bytes() == b""


async def test_a_busy_server_is_waited_for(
    runai: Type, proxy: FaultProxy, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """As it asks, and the person is told; one that asks for too long is not waited for."""
    await cluster.create(training("one", namespace, image="ubuntu"))
    through = proxy.kubeconfig(tmp_path, "runai")
    line = f"list workloads -p {project} -o name"
    with proxy.on(Answer(429, "too many requests", retry_after=1), times=2):
        said = await runai(line, through)
    names = "trainingworkload.run.ai/one\n"
    assert said == Said(0, names, "the API server is busy: waiting 1 s, as it asks\n")
    with proxy.on(Answer(429, "too many requests", retry_after=60)):
        sentence = "Error: too many requests; it asks to wait 60 s before the next try\n"
        assert await runai(line, through) == Said(Exit.UNREACHABLE, "", sentence)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_no_key_stays_behind_whatever_ends_a_command(
    number: signal.Signals, control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """Nothing of the kubeconfig is ever in the temporary folder."""
    await cluster.create(training("one", namespace, image="ubuntu"))
    (tmp_path / "temporary").mkdir()
    line, kubeconfig = f"list workloads -w -p {project}", control_plane.kubeconfig
    assert "client-key-data" in kubeconfig.read_text()
    async with under_way(tmp_path, kubeconfig, line, TMPDIR=str(tmp_path / "temporary")) as process:
        while b"one" not in (await line_of(process.stdout)).encode():
            pass
        assert list((tmp_path / "temporary").iterdir()) == []
        process.send_signal(number)
        await asyncio.wait_for(process.communicate(), 30)
    assert list((tmp_path / "temporary").iterdir()) == []
