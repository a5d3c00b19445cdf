"""Logs, exec, bash, attach and port-forward through the real API server: with a small kubelet behind it that does what
it is told, and with played nodes."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from deploy.local.controlplane import ControlPlane
from deploy.local.ports import free_port
from deploy.local.streams import LOG, PAGE
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Command, Said, Type, line_of, start, under_way
from tests.integration.harness.kubelet import Kubelet, node_of, running_kubelet
from tests.integration.harness.terminal import at_terminal

pytestmark = pytest.mark.contract

JOB = "shell-1"
POD = "shell-1-0-0"
LOST = "Error: the connection to the pod was lost\n"


def job_of(name: str, namespace: str) -> dict[str, Any]:
    """A RunaiJob made by hand, which no runner looks after here."""
    spec = {"template": {"spec": {"containers": [{"name": name, "image": "any"}]}}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": spec}


def pod_of(job: dict[str, Any], name: str, node: str | None = None, **container: Any) -> dict[str, Any]:
    """One of its pods; a container stands beside the one that does the work."""
    metadata = job["metadata"]
    work = {"name": metadata["name"], "image": "any", **container}
    labels = {"run.ai/job-uid": metadata["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": metadata["namespace"], "labels": labels},
        "spec": {"containers": [{"name": "beside", "image": "any"}, work], **({"nodeName": node} if node else {})},
    }


Run = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def kubelet(control_plane: ControlPlane, cluster: Cluster, tmp_path: Path) -> AsyncIterator[Kubelet]:
    """A node of the cluster whose kubelet is at the test's hand."""
    async with running_kubelet(control_plane.authority, tmp_path) as made:
        await cluster.create(node_of(made, f"node-{made.port}"))
        yield made
        await cluster.delete("nodes", f"node-{made.port}")


@pytest.fixture
async def put(kubelet: Kubelet, cluster: Cluster, namespace: str) -> Run:
    """Put a pod of a job on that node, and say that it runs."""

    async def put(pod: str = POD, job: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
        owner = job or await cluster.create(job_of(JOB, namespace))
        await cluster.create(pod_of(owner, pod, f"node-{kubelet.port}", **container))
        await cluster.patch("pods", pod, namespace, {"status": {"phase": "Running"}}, "status")
        return owner

    return put


@pytest.fixture
def piped(control_plane: ControlPlane, tmp_path: Path) -> Callable[..., Awaitable[tuple[int, bytes, str]]]:
    """Type `runai ...` with this input; exit code, output and complaint."""

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
    await put()
    assert await runai(f"exec {JOB} -p {project} echo hello") == Said(0, "hello\n", "")
    said = await runai(f"exec -p {project} {JOB} -- sh -c 'echo out; echo err >&2; exit 7'")
    assert said == Said(7, "out\n", "err\n")


async def test_flags_after_the_commands_first_word_are_its_own(
    runai: Type, put: Run, kubelet: Kubelet, project: str
) -> None:
    await put()
    for line in (f"{JOB} -p {project} echo -p x -i", f"-p {project} {JOB} -- echo -p x -i"):
        assert await runai(f"exec {line}") == Said(0, "-p x -i\n", "")
    assert [asked["command"] for asked in kubelet.asked] == [["echo", "-p", "x", "-i"]] * 2


async def test_input_goes_there_whole_and_has_an_end(piped: Any, put: Run, project: str) -> None:
    await put()
    given = os.urandom(1_000_000)
    assert await piped(f"exec -i {JOB} -p {project} cat", given) == (0, given, "")
    assert await piped(f"exec {JOB} -p {project} cat", given) == (0, b"", "")


async def test_without_a_terminal_there_is_none(piped: Any, put: Run, project: str) -> None:
    await put()
    complaint = "Unable to use a TTY - input is not a terminal\n"
    assert await piped(f"exec -it {JOB} -p {project} cat", b"one\n") == (0, b"one\n", complaint)


async def test_a_terminal_comes_with_its_input_only(
    put: Run, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    await put()
    line = f"exec -t {JOB} -p {project} -- sh -c 'test -t 1 || echo none'"
    async with at_terminal(tmp_path, control_plane.kubeconfig, line) as terminal:
        await terminal.until("Unable to use a TTY - there is no input: add -i\r\nnone\r\n")
        assert await terminal.ended() == 0


async def test_what_cannot_be_run_is_told_in_the_nodes_words(runai: Type, put: Run, project: str) -> None:
    await put()
    said = await runai(f"exec {JOB} -p {project} no-such-command")
    assert said == Said(1, "", "Error: exec no-such-command: No such file or directory\n")


async def test_a_connection_that_breaks_is_no_success(
    put: Run, kubelet: Kubelet, control_plane: ControlPlane, tmp_path: Path, project: str
) -> None:
    await put()
    line = f"exec {JOB} -p {project} -- sh -c 'echo on; sleep 60'"
    async with under_way(tmp_path, control_plane.kubeconfig, line) as process:
        assert await line_of(process.stdout) == "on\n"
        await kubelet.cut()
        _, err = await process.communicate()
    assert (process.returncode, err.decode()) == (5, LOST)


async def test_an_older_server_is_spoken_to_in_its_words(runai: Type, put: Run, kubelet: Kubelet, project: str) -> None:
    await put()
    kubelet.protocols = ("v4.channel.k8s.io",)
    assert await runai(f"exec {JOB} -p {project} -- sh -c 'echo out; exit 3'") == Said(3, "out\n", "")


@pytest.mark.parametrize("verbs", [[], ["get"], ["create"]])
async def test_who_may_not_is_told_so(
    verbs: list[str], runai: Type, put: Run, cluster: Cluster, control_plane: ControlPlane, namespace: str, project: str
) -> None:
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
    reason = "" if verbs == ["get"] else 'User "ben" cannot get resource "pods/exec"'  # the server gives none there
    assert "is forbidden:" in said.err
    assert reason in said.err


async def test_what_does_not_run_is_named(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    job = await cluster.create(job_of(JOB, namespace))
    for line in (f"exec {JOB} date", f"bash {JOB}"):
        said = await runai(f"{line.replace(JOB, f'{JOB} -p {project}')}")
        assert (said.code, said.err.splitlines()[-1]) == (1, f"Error: job {JOB} is not running: its status is Pending")
    await cluster.create(pod_of(job, POD))
    said = await runai(f"exec {JOB} -p {project} --pod {POD} date")
    assert said == Said(1, "", f"Error: pod {POD} is not running: its status is Pending\n")
    said = await runai(f"exec {JOB} -p {project} --pod other date")
    assert said == Said(3, "", f"Error: the job {JOB} has no pod other; its pods: {POD}\n")
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
    await put()
    async with at_terminal(tmp_path, control_plane.kubeconfig, f"bash {JOB} -p {project}") as terminal:
        terminal.type("PS1='$ '; while [ \"$(stty size)\" != '33 101' ]; do :; done; stty size\n")
        await terminal.until("\r\n33 101\r\n")
        assert terminal.raw
        terminal.resize(44, 80)
        terminal.type("while [ \"$(stty size)\" != '44 80' ]; do :; done; stty size\n")
        await terminal.until("\r\n44 80\r\n")
        terminal.type("sh -c 'echo begun; exec sleep 600'\n")  # who says so has the terminal already
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
    kubelet.attached = ("sh", "-c", "echo out; echo err >&2; cat")
    await put()
    connecting, refusal = f"Connecting to pod {POD}\n", f"container {JOB} does not accept input\n"
    assert await piped(f"attach {JOB} -p {project}", b"lost\n") == (0, b"out\n", f"{connecting}{refusal}err\n")
    assert await runai(f"attach --no-stdin --pod {POD} {JOB} -p {project}") == Said(0, "out\n", "err\n")


async def test_attaching_passes_the_input_on(piped: Any, put: Run, project: str) -> None:
    await put(stdin=True)
    assert await piped(f"attach --pod {POD} {JOB} -p {project}", b"one\ntwo\n") == (0, b"one\ntwo\n", "")


async def test_attaching_waits_for_the_pod_and_not_for_ever(
    runai: Type, put: Run, kubelet: Kubelet, cluster: Cluster, namespace: str, project: str
) -> None:
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


# ---------------------------------------------------------------- ports


class Forwarding:
    """A command that forwards ports, and what it says."""

    def __init__(self, process: Command, said: str) -> None:
        self.process, self.said = process, said
        places = said.removeprefix("Open access point(s) to service from ").strip().split(",")
        self.ports = [int(place.rpartition(":")[2]) for place in places]

    async def ask(self, port: int, text: bytes, *, half: bool = False) -> bytes:
        """Connect, say this, and read to the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        await writer.drain()
        if half:
            writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    async def end(self) -> str:
        """End it as a person does; its complaints."""
        self.process.send_signal(signal.SIGINT)
        _, err = await self.process.communicate()
        assert self.process.returncode == 130
        return err.decode()


@pytest.fixture
async def forward(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Callable[[str], Awaitable[Forwarding]]]:
    """Type `runai port-forward ...`, once it says where."""
    async with AsyncExitStack() as started:

        async def forward(words: str) -> Forwarding:
            line = f"port-forward {words}"
            process = await started.enter_async_context(under_way(tmp_path, control_plane.kubeconfig, line))
            return Forwarding(process, await line_of(process.stdout))

        yield forward


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A port that says again what it is told until a full stop, in capitals."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = b""
        while not text.endswith(b".") and (more := await reader.read(65536)):
            text += more
        writer.write(text.upper())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_ports_lead_into_the_pod_side_by_side(forward: Any, put: Run, echo: int, project: str) -> None:
    await put()
    near = free_port()
    forwarding = await forward(f"{JOB} {near}:{echo} :{echo} -p {project}")
    assert forwarding.said == f"Open access point(s) to service from localhost:{near},localhost:{forwarding.ports[1]}\n"
    large = b"x" * 500_000 + b"."
    answers = await asyncio.gather(*(
        forwarding.ask(port, text) for port in forwarding.ports for text in (b"hello.", large, b"again.")
    ))  # fmt: skip
    assert answers == [b"HELLO.", large.upper(), b"AGAIN."] * 2
    assert await forwarding.ask(near, b"one half ends.", half=True) == b"ONE HALF ENDS."
    assert await forwarding.end() == "\n"


async def test_a_port_where_nobody_listens_is_told_of(forward: Any, put: Run, echo: int, project: str) -> None:
    await put()
    nobody = free_port()
    forwarding = await forward(f"{JOB} :{nobody} :{echo} -p {project}")
    assert await forwarding.ask(forwarding.ports[0], b"hello.") == b""
    assert await forwarding.ask(forwarding.ports[1], b"still there.") == b"STILL THERE."
    assert f"port {nobody}: error forwarding port {nobody}: Connection refused" in await forwarding.end()


async def test_without_ports_the_containers_own_are_meant(
    forward: Any, runai: Type, put: Run, echo: int, cluster: Cluster, namespace: str, project: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        await put(ports=[{"containerPort": busy}])
        said = await runai(f"port-forward {JOB} -p {project}")
        assert said == Said(1, "", f"Error: 127.0.0.1:{busy} cannot be opened: Address already in use\n")
    other = await cluster.create(job_of("plain", namespace))
    await put("plain-0-0", other)
    said = await runai(f"port-forward plain -p {project}")
    assert said == Said(2, "", "Error: job plain declares no ports: give at least one, such as 8888\n")


async def test_the_address_is_chosen(forward: Any, put: Run, echo: int, project: str) -> None:
    await put()
    forwarding = await forward(f"{JOB} :{echo} -p {project} --address 127.0.0.1,127.0.0.2")
    (port,) = set(forwarding.ports)
    assert forwarding.said.endswith(f"127.0.0.1:{port},127.0.0.2:{port}\n")
    reader, writer = await asyncio.open_connection("127.0.0.2", port)
    writer.write(b"there.")
    assert await reader.read() == b"THERE."
    writer.close()


async def test_a_job_that_is_started_again_is_reached_again(
    forward: Any, put: Run, echo: int, cluster: Cluster, namespace: str, project: str
) -> None:
    job = await put()
    forwarding = await forward(f"{JOB} :{echo} -p {project}")
    assert await forwarding.ask(forwarding.ports[0], b"one.") == b"ONE."
    await cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/{POD}?gracePeriodSeconds=0")
    assert await forwarding.ask(forwarding.ports[0], b"two.") == b""
    await put(f"{POD}-again", job)
    assert await forwarding.ask(forwarding.ports[0], b"three.") == b"THREE."
    assert f"port {echo}: job {JOB} is not running: its status is Pending" in await forwarding.end()


# ---------------------------------------------------------------- played nodes


@pytest.fixture
async def played(nodes: ControlPlane, cluster: Cluster, namespace: str) -> dict[str, Any]:
    """A job with a pod that runs on a played node."""
    job = await cluster.create(job_of(JOB, namespace))
    await cluster.create(pod_of(job, POD))
    await cluster.wait_for("the pod to run", lambda: cluster.get("pods", POD, namespace),
                           lambda pod: pod["status"]["phase"] == "Running")  # fmt: skip
    return job


@pytest.mark.usefixtures("played")
async def test_the_log_of_a_played_container(runai: Type, project: str) -> None:
    whole = "".join(f"{line}\n" for line in LOG)
    assert await runai(f"logs {JOB} -p {project}") == Said(0, whole, "")
    for flags in ("--tail 1", "-t 1", "-t 1 --pod " + POD, "-t 1 --instance 0", f"-t 1 -i {POD}"):
        assert await runai(f"logs {JOB} -p {project} {flags}") == Said(0, f"{LOG[-1]}\n", "")
    assert (await runai(f"logs {JOB} -p {project} --since-time 2020-01-26T15:00:00Z")).out == whole
    assert (await runai(f"logs {JOB} -p {project} --since 1s")).out == ""
    assert (await runai(f"logs {JOB} -p {project} --since 3h")).out == whole
    stamped = (await runai(f"logs {JOB} -p {project} --timestamps")).out.splitlines()
    assert [line.partition("Z ")[2] for line in stamped] == list(LOG)
    said = await runai(f"logs {JOB} -p {project} -i 1")
    assert said == Said(3, "", f"Error: the job {JOB} has no pod 1; its pods: {POD}\n")


async def test_following_waits_for_the_pod_and_goes_on_until_it_is_ended(
    nodes: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    job = await cluster.create(job_of(JOB, namespace))
    line = f"logs -f {JOB} -p {project}"
    async with under_way(tmp_path, nodes.kubeconfig, line, RUNAI_NO_PROGRESS="") as following:
        assert "Waiting for pod to start running..." in await line_of(following.stderr)
        await cluster.create(pod_of(job, POD))
        for text in LOG:
            assert await line_of(following.stdout) == f"{text}\n"
        following.send_signal(signal.SIGINT)
        assert await following.wait() == 130


@pytest.mark.usefixtures("played")
async def test_a_port_of_a_played_container(forward: Any, project: str) -> None:
    forwarding = await forward(f"{JOB} :8888 -p {project}")
    reader, writer = await asyncio.open_connection("127.0.0.1", forwarding.ports[0])
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert await reader.readexactly(len(PAGE)) == PAGE.encode()
    writer.close()
    await forwarding.end()


@pytest.mark.usefixtures("played")
async def test_a_played_container_is_attached_to_and_runs_nothing(
    runai: Type, nodes: ControlPlane, tmp_path: Path, project: str
) -> None:
    async with under_way(tmp_path, nodes.kubeconfig, f"attach {JOB} -p {project} --no-stdin") as attaching:
        assert await line_of(attaching.stderr) == f"Connecting to pod {POD}\n"
        attaching.send_signal(signal.SIGTERM)
        assert await attaching.wait() == 143
    said = await runai(f"exec {JOB} -p {project} date")
    assert (said.code, said.out) == (1, "")
    assert f'no exec found for container "{JOB}" in pod' in said.err
