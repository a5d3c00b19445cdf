"""Exec, bash and attach through the real API server, with a scripted kubelet behind it and with simulated nodes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cli.shell.exits import Exit
from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type, line_of, start, under_way
from tests.integration.harness.forking import ROOT
from tests.integration.harness.kubelet import Kubelet
from tests.integration.harness.shells import JOB, POD, Run, job_of, pod_of
from tests.integration.harness.terminal import at_terminal

pytestmark = pytest.mark.contract

LOST = "Error: the connection to the pod was lost\n"


@pytest.fixture
def piped(control_plane: ControlPlane, tmp_path: Path) -> Callable[..., Awaitable[tuple[int, bytes, str]]]:
    """Type `runai ...` with this input; returns exit code, output and errors."""

    async def typed(line: str, given: bytes) -> tuple[int, bytes, str]:
        source = tmp_path / "given"
        source.write_bytes(given)
        with source.open("rb") as file:
            process = await start(tmp_path, control_plane.kubeconfig, line, stdin=file)
            out, err = await process.communicate()
        return process.returncode or 0, out, err.decode()

    return typed


# ---------------------------------------------------------------- exec


async def test_the_exit_code_is_the_commands_and_its_outputs_stay_apart(runai: Type, put: Run, project: str) -> None:
    """exec keeps exit code, output and errors of the command."""
    await put()
    assert await runai(f"exec {JOB} -p {project} echo hello") == Said(0, "hello\n", "")
    said = await runai(f"exec -p {project} {JOB} -- sh -c 'echo out; echo err >&2; exit 7'")
    assert said == Said(7, "out\n", "err\n")


async def test_flags_after_the_commands_first_word_are_its_own(
    runai: Type, put: Run, kubelet: Kubelet, project: str
) -> None:
    """Flags after the command's first word belong to the command."""
    await put()
    for line in (f"{JOB} -p {project} echo -p x -i", f"-p {project} {JOB} -- echo -p x -i"):
        assert await runai(f"exec {line}") == Said(0, "-p x -i\n", "")
    assert [asked["command"] for asked in kubelet.asked] == [["echo", "-p", "x", "-i"]] * 2


async def test_input_goes_there_whole_and_has_an_end(piped: Any, put: Run, project: str) -> None:
    """Standard input is passed whole, and its end too."""
    await put()
    given = os.urandom(1_000_000)
    assert await piped(f"exec -i {JOB} -p {project} cat", given) == (0, given, "")
    assert await piped(f"exec {JOB} -p {project} cat", given) == (0, b"", "")


async def test_without_a_terminal_there_is_none(piped: Any, put: Run, project: str) -> None:
    """-t without a terminal is noted and ignored."""
    await put()
    complaint = "Unable to use a TTY - input is not a terminal\n"
    assert await piped(f"exec -it {JOB} -p {project} cat", b"one\n") == (0, b"one\n", complaint)


async def test_a_terminal_comes_with_its_input_only(
    put: Run, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """-t without -i is noted and ignored."""
    await put()
    line = f"exec -t {JOB} -p {project} -- sh -c 'test -t 1 || echo none'"
    async with at_terminal(tmp_path, control_plane.kubeconfig, line) as terminal:
        await terminal.until("Unable to use a TTY - there is no input: add -i\r\nnone\r\n")
        assert await terminal.ended() == 0


async def test_bash_takes_another_shell_and_its_flags(runai: Type, put: Run, kubelet: Kubelet, project: str) -> None:
    """A person may want a login shell."""
    await put()
    for line in (f"{JOB} -p {project} -- bash --login", f"{JOB} -p {project} sh -l", f"-p {project} {JOB}"):
        await runai(f"bash {line}")
    asked = [asked["command"] for asked in kubelet.asked]
    assert asked == [["bash", "--login"], ["sh", "-l"], ["/bin/bash"]]


async def test_a_closed_input_is_an_empty_one(control_plane: ControlPlane, put: Run, project: str) -> None:
    """As cron and some launchers start programs."""
    await put()
    for line, code in ((f"exec -i {JOB} -p {project} cat", 0), (f"explain -f - -p {project}", Exit.USAGE)):
        ended = await asyncio.to_thread(
            subprocess.run,
            f"exec {sys.executable} -m cli {line} <&-", shell=True, cwd=ROOT, capture_output=True, check=False,
            env={**os.environ, "KUBECONFIG": str(control_plane.kubeconfig)},
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (code, b""), ended.stderr.decode()


async def test_what_cannot_be_run_is_told_in_the_nodes_words(runai: Type, put: Run, project: str) -> None:
    """A command that cannot start ends with the node's words."""
    await put()
    said = await runai(f"exec {JOB} -p {project} no-such-command")
    assert said == Said(1, "", "Error: exec no-such-command: No such file or directory\n")


async def test_a_connection_that_breaks_is_no_success(
    put: Run, kubelet: Kubelet, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """A broken connection is never exit code 0."""
    await put()
    line = f"exec {JOB} -p {project} -- sh -c 'echo on; sleep 60'"
    async with under_way(tmp_path, control_plane.kubeconfig, line) as process:
        assert await line_of(process.stdout) == "on\n"
        await kubelet.cut()
        _, err = await process.communicate()
    assert (process.returncode, err.decode()) == (5, LOST)


async def test_an_older_server_is_spoken_to_in_its_words(runai: Type, put: Run, kubelet: Kubelet, project: str) -> None:
    """Older stream protocols work."""
    await put()
    kubelet.protocols = ("v4.channel.k8s.io",)
    assert await runai(f"exec {JOB} -p {project} -- sh -c 'echo out; exit 3'") == Said(3, "out\n", "")


@pytest.mark.parametrize("verbs", [[], ["get"], ["create"]])
async def test_who_may_not_is_told_so(
    verbs: list[str], runai: Type, put: Run, cluster: Cluster, control_plane: ControlPlane, namespace: str, project: str
) -> None:
    """Without the right to exec, the server's refusal is shown."""
    await put()
    rules = [
        {"apiGroups": ["", "run.ai"], "resources": ["pods", "runaijobs"], "verbs": ["get", "list"]},
        *([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": verbs}] if verbs else []),
    ]
    api = "rbac.authorization.k8s.io"
    metadata = {"name": "some", "namespace": namespace}
    await cluster.create({"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    await cluster.create(
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "some"},
            "subjects": [{"apiGroup": api, "kind": "User", "name": "ben"}],
        }
    )
    ben = control_plane.kubeconfig_of("ben")

    async def executed() -> Said:
        return await runai(f"exec {JOB} -p {project} date", ben)

    said = await cluster.wait_for("the role to count", executed, lambda said: "runaijobs.run.ai" not in said.err)
    assert (said.code, said.out) == (4, "")
    reason = "" if verbs == ["get"] else 'User "ben" cannot get resource "pods/exec"'  # the server sets none there
    assert "is forbidden:" in said.err
    assert reason in said.err


async def test_what_does_not_run_is_named(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """A job that does not run is named with its status."""
    job = await cluster.create(job_of(JOB, namespace))
    for line in (f"exec {JOB} date", f"bash {JOB}"):
        said = await runai(f"{line.replace(JOB, f'{JOB} -p {project}')}")
        assert (said.code, said.err.splitlines()[-1]) == (1, f"Error: job {JOB} is not running: its status is Pending")
    await cluster.create(pod_of(job, POD))
    said = await runai(f"exec {JOB} -p {project} --pod {POD} date")
    assert said == Said(1, "", f"Error: pod {POD} is not running: its status is Pending\n")
    said = await runai(f"exec {JOB} -p {project} --pod other date")
    assert said == Said(3, "", f"Error: job {JOB} has no pod other; its pods: {POD}\n")
    missing = f"job nothing not found in project {project}; if it is in another project, use -p PROJECT"
    for line in (
        "exec nothing -p {} date",
        "bash nothing -p {}",
        "attach nothing -p {}",
        "logs nothing -p {}",
        "port-forward nothing 80 -p {}",
    ):
        said = await runai(line.format(project))
        assert (said.code, said.err.splitlines()[-1]) == (3, f"Error: {missing}")


# ---------------------------------------------------------------- at a terminal


async def test_bash_is_a_terminal_of_the_persons_size_and_keys(
    put: Run, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """bash has a real terminal of the person's size."""
    await put()
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"bash {JOB} -p {project}") as terminal:
        terminal.type("PS1='$ '; while [ \"$(stty size)\" != '33 101' ]; do :; done; stty size\n")
        await terminal.until("\r\n33 101\r\n")
        assert terminal.raw
        terminal.resize(44, 80)
        terminal.type("while [ \"$(stty size)\" != '44 80' ]; do :; done; stty size\n")
        await terminal.until("\r\n44 80\r\n")
        terminal.type("sh -c 'echo begun; exec sleep 600'\n")  # a process that prints this already owns the terminal
        await terminal.until("\r\nbegun\r\n")
        terminal.type("\x03")
        await terminal.until("^C\r\n$ ")
        terminal.type("exit 5\n")
        assert await terminal.ended() == 5
        assert terminal.restored


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_leaves_the_terminal_as_it_was(
    number: signal.Signals, put: Run, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """A signal restores the terminal."""
    await put()
    line = f"exec -it {JOB} -p {project} -- sh -c 'echo on; exec cat'"
    async with at_terminal(tmp_path, control_plane.kubeconfig, line) as terminal:
        await terminal.until("on")
        assert terminal.raw
        terminal.process.send_signal(number)
        assert await terminal.ended() == 128 + number
        assert terminal.restored


async def test_a_broken_connection_leaves_the_terminal_as_it_was(
    put: Run, kubelet: Kubelet, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """A broken connection restores the terminal."""
    await put()
    line = f"exec -it {JOB} -p {project} -- sh -c 'echo on; exec cat'"
    async with at_terminal(tmp_path, control_plane.kubeconfig, line) as terminal:
        await terminal.until("on")
        assert terminal.raw
        await kubelet.cut()
        assert await terminal.ended() == 5
        assert terminal.restored
        assert LOST.strip() in terminal.left()


# ---------------------------------------------------------------- attach


async def test_attaching_reaches_what_runs_and_its_terminal(
    put: Run, kubelet: Kubelet, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """attach connects to the running process and its terminal."""
    kubelet.attached = ("sh", "-c", "trap 'echo caught; exit 0' INT; echo on; while :; do sleep 0.1; done")
    await put(stdin=True, tty=True)
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"attach {JOB} -p {project}") as terminal:
        seen = await terminal.until("on\r\n")
        assert seen.startswith(f"Connecting to pod {POD}\r\nIf you don't see a command prompt, try pressing enter.\r\n")
        assert terminal.raw
        terminal.type("\x03")
        await terminal.until("caught")
        assert await terminal.ended() == 0
        assert terminal.restored
    (asked,) = kubelet.asked
    assert asked["path"].endswith(f"/{POD}/{JOB}")


async def test_attaching_without_keys_of_this_terminal(
    put: Run, kubelet: Kubelet, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    """--no-tty leaves the terminal as it is."""
    kubelet.attached = ("sh", "-c", "echo on; exec cat")
    await put(stdin=True, tty=True)
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"attach --no-tty {JOB} -p {project}") as terminal:
        await terminal.until("on\r")
        assert not terminal.raw
        terminal.type("typed\n")
        await terminal.until("typed\r\r\ntyped")  # here, there, and by cat
        terminal.type("\x03")
        assert await terminal.ended() == 130


async def test_attaching_to_what_takes_no_input(
    piped: Any, runai: Type, put: Run, kubelet: Kubelet, project: str
) -> None:
    """A container without standard input says so."""
    kubelet.attached = ("sh", "-c", "echo out; echo err >&2; cat")
    await put()
    connecting, refusal = f"Connecting to pod {POD}\n", f"container {JOB} does not accept input\n"
    assert await piped(f"attach {JOB} -p {project}", b"lost\n") == (0, b"out\n", f"{connecting}{refusal}err\n")
    assert await runai(f"attach --no-stdin --pod {POD} {JOB} -p {project}") == Said(0, "out\n", "err\n")


async def test_attaching_passes_the_input_on(piped: Any, put: Run, project: str) -> None:
    """attach passes standard input on."""
    await put(stdin=True)
    assert await piped(f"attach --pod {POD} {JOB} -p {project}", b"one\ntwo\n") == (0, b"one\ntwo\n", "")


async def test_attaching_waits_for_the_pod_and_not_for_ever(
    runai: Type, put: Run, kubelet: Kubelet, cluster: Cluster, namespace: str, project: str
) -> None:
    """attach waits for the pod, for a limited time."""
    kubelet.attached = ("echo", "at last")
    job = await cluster.create(job_of(JOB, namespace))
    attaching = asyncio.ensure_future(runai(f"attach {JOB} -p {project}"))
    await asyncio.sleep(0)
    await put(job=job)
    assert (await attaching).out == "at last\n"
    await cluster.patch("runaijobs", JOB, namespace, {"spec": {"suspend": True}})
    await cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/{POD}?gracePeriodSeconds=0")
    said = await runai(f"attach {JOB} -p {project}")
    assert said == Said(3, "", f"Error: job {JOB} has no pod: its status is Suspended\n")
