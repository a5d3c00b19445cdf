"""Port-forward, and what runs on simulated nodes, through the real API server."""

import asyncio
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
from tests.integration.harness.commands import Command, Said, Type, line_of, under_way
from tests.integration.harness.shells import JOB, POD, Run, job_of, pod_of

pytestmark = pytest.mark.contract

LOST = "Error: the connection to the pod was lost\n"


# ---------------------------------------------------------------- ports


class Forwarding:
    """A command that forwards ports, and its output."""

    def __init__(self, process: Command, said: str) -> None:
        self.process, self.said = process, said
        places = said.removeprefix("Open access point(s) to service from ").strip().split(",")
        self.ports = [int(place.rpartition(":")[2]) for place in places]

    async def ask(self, port: int, text: bytes, *, half: bool = False) -> bytes:
        """Connect, send this, and read to the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        await writer.drain()
        if half:
            writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    async def end(self) -> str:
        """End it as a person does; returns its errors."""
        self.process.send_signal(signal.SIGINT)
        _, err = await self.process.communicate()
        assert self.process.returncode == 130
        return err.decode()


@pytest.fixture
async def forward(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Callable[[str], Awaitable[Forwarding]]]:
    """Type `runai port-forward ...`, and return once it prints the address."""
    async with AsyncExitStack() as started:

        async def forward(words: str) -> Forwarding:
            line = f"port-forward {words}"
            process = await started.enter_async_context(under_way(tmp_path, control_plane.kubeconfig, line))
            return Forwarding(process, await line_of(process.stdout))

        yield forward


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A port that echoes in capitals what it receives up to a full stop."""

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
    """Several ports are forwarded side by side."""
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
    """A port without a listener is reported, and others go on."""
    await put()
    nobody = free_port()
    forwarding = await forward(f"{JOB} :{nobody} :{echo} -p {project}")
    assert await forwarding.ask(forwarding.ports[0], b"hello.") == b""
    assert await forwarding.ask(forwarding.ports[1], b"still there.") == b"STILL THERE."
    assert f"port {nobody}: error forwarding port {nobody}: Connection refused" in await forwarding.end()


async def test_without_ports_the_containers_own_are_meant(
    forward: Any, runai: Type, put: Run, echo: int, cluster: Cluster, namespace: str, project: str
) -> None:
    """Without a port the container's own are forwarded."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        await put(ports=[{"containerPort": busy}])
        said = await runai(f"port-forward {JOB} -p {project}")
        assert said == Said(1, "", f"Error: cannot listen on 127.0.0.1:{busy}: Address already in use\n")
    other = await cluster.create(job_of("plain", namespace))
    await put("plain-0-0", other)
    said = await runai(f"port-forward plain -p {project}")
    assert said == Said(2, "", "Error: job plain declares no ports: give at least one, such as 8888\n")


async def test_the_address_is_chosen(forward: Any, put: Run, echo: int, project: str) -> None:
    """--address chooses the address to listen on."""
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
    """Forwarding finds the job's new pod."""
    job = await put()
    forwarding = await forward(f"{JOB} :{echo} -p {project}")
    assert await forwarding.ask(forwarding.ports[0], b"one.") == b"ONE."
    await cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/{POD}?gracePeriodSeconds=0")
    assert await forwarding.ask(forwarding.ports[0], b"two.") == b""
    await put(f"{POD}-again", job)
    assert await forwarding.ask(forwarding.ports[0], b"three.") == b"THREE."
    assert f"port {echo}: job {JOB} is not running: its status is Pending" in await forwarding.end()


# ---------------------------------------------------------------- simulated nodes


@pytest.fixture
async def played(nodes: ControlPlane, cluster: Cluster, namespace: str) -> dict[str, Any]:
    """A job with a pod that runs on a simulated node."""
    job = await cluster.create(job_of(JOB, namespace))
    await cluster.create(pod_of(job, POD))
    await cluster.wait_for("the pod to run", lambda: cluster.get("pods", POD, namespace),
                           lambda pod: pod["status"]["phase"] == "Running")  # fmt: skip
    return job


@pytest.mark.usefixtures("played")
async def test_the_log_of_a_played_container(runai: Type, project: str) -> None:
    """logs prints the log with every flag."""
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
    assert said == Said(3, "", f"Error: job {JOB} has no pod 1; its pods: {POD}\n")


async def test_following_waits_for_the_pod_and_goes_on_until_it_is_ended(
    nodes: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """logs -f waits for the pod and ends with it."""
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
    """A simulated container answers on its port."""
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
    """A simulated container can be attached to and runs no command."""
    async with under_way(tmp_path, nodes.kubeconfig, f"attach {JOB} -p {project} --no-stdin") as attaching:
        assert await line_of(attaching.stderr) == f"Connecting to pod {POD}\n"
        attaching.send_signal(signal.SIGTERM)
        assert await attaching.wait() == 143
    said = await runai(f"exec {JOB} -p {project} date")
    assert (said.code, said.out) == (1, "")
    assert f'no exec found for container "{JOB}" in pod' in said.err
