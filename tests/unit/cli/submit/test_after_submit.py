"""What follows a submission: the job's terminal, its notebook's token, its ports."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from click.exceptions import Exit as ClickExit

from cli.shell.exits import Stop
from cli.submit import after_submit, follow
from cli.submit.follow import Wishes
from cli.submit.submit import submit
from tests.unit.cli.submit.system import PODS, RUNAI_JOBS, Cluster, draft


async def test_a_job_without_ports_cannot_be_forwarded(cluster: Cluster) -> None:
    """Forwarding a job without ports is refused with a sentence."""
    cluster.run("a")
    with pytest.raises(Stop, match="job a is running, but it has no port to forward"):
        await submit(draft("-i x --name a"), "team-a", Wishes(forward=True), None)


async def test_attaching_while_ports_are_forwarded(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attaching and forwarding work together."""
    events: list[str] = []

    @asynccontextmanager
    async def forwarding(*_: Any) -> AsyncIterator[list[int]]:
        events.append("forwarded")
        yield [80]
        events.append("forwarded no more")

    async def connect(*_: Any, **__: Any) -> int:
        events.append("attached")
        return 0

    monkeypatch.setattr(after_submit, "forwarding", forwarding)
    monkeypatch.setattr(after_submit, "connect", connect)
    cluster.run("a")
    line = "-i x --name a --interactive --attach --port 80 -s portforward"
    with pytest.raises(ClickExit):
        await submit(draft(line), "team-a", Wishes(attach=True), None)
    assert events == ["forwarded", "attached"]
    assert capsys.readouterr().out.splitlines()[3:] == ["Open access point(s) to service from localhost:80"]


async def test_attaching(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--attach connects to the main container with the flags that were given."""
    connected: list[Any] = []

    async def connect(api: Any, pod: str, container: str, **streams: Any) -> int:
        connected.append((pod, container, streams))
        return 3

    monkeypatch.setattr(after_submit, "connect", connect)
    cluster.run("a")
    with pytest.raises(ClickExit) as end:
        await submit(draft("-i x --name a --interactive --attach"), "team-a", Wishes(attach=True), None)
    assert end.value.exit_code == 3
    assert connected == [(f"{PODS}/a-0-0", "a", {"stdin": True, "tty": True})]
    assert capsys.readouterr().err.splitlines() == [
        "Waiting for pod to start running...", "Job started", "Connecting to pod a-0-0"
    ]  # fmt: skip


async def test_a_notebook_tells_its_token_and_is_forwarded(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook's token is printed and its port forwarded."""
    forwarded: list[Any] = []

    @asynccontextmanager
    async def forwarding(api: Any, find: Any, ports: Any, addresses: Any) -> AsyncIterator[list[int]]:
        forwarded.append((await find(), ports, addresses))
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
        yield [port.local for port in ports]

    monkeypatch.setattr(after_submit, "forwarding", forwarding)
    cluster.run("a")
    log = "http://a:8888/?token=first\n    or http://127.0.0.1:8888/lab?token=abc123\n"
    cluster.objects[f"{PODS}/a-0-0/log?container=a"] = {"text": log}
    with pytest.raises(ClickExit) as end:
        await submit(draft("--jupyter --name a --port 80:8080"), "team-a", Wishes(), None)
    assert end.value.exit_code == 130
    out = capsys.readouterr().out.splitlines()
    assert out[3:] == [
        "Jupyter notebook token: first",
        "Open access point(s) to service from localhost:80,localhost:8888",
    ]
    assert forwarded == [(f"{PODS}/a-0-0", [(80, 8080), (8888, 8888)], ("localhost",))]


async def test_a_notebook_that_tells_no_token(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook that prints no token in time is no error."""
    monkeypatch.setattr(after_submit, "TOKEN_WITHIN", 0.05)
    cluster.run("a")
    cluster.objects[f"{PODS}/a-0-0/log?container=a"] = {"text": "starting"}
    await submit(draft("--jupyter --name a -s nodeport"), "team-a", Wishes("running", forward=False), None)
    assert capsys.readouterr().err.splitlines() == [
        "Could not find token string in logs", "Please run 'runai logs a -p team-a' to view the logs."
    ]  # fmt: skip


@pytest.mark.parametrize("service", ["-s nodeport", "-s loadbalancer"])
async def test_a_notebook_is_waited_for_however_it_is_reached(
    service: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook's token is waited for with every service type."""
    cluster.run("a")
    cluster.objects[f"{PODS}/a-0-0/log?container=a"] = {"text": "http://a:8888/?token=abc\n"}
    await submit(draft(f"--jupyter --name a {service}"), "team-a", Wishes(timeout=60), None)
    assert capsys.readouterr().out.splitlines()[3:] == ["Jupyter notebook token: abc"]


async def test_a_notebook_without_forwarding_is_not_waited_for(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """--no-forward does not wait for the token."""
    await submit(draft("--jupyter --name a -s nodeport"), "team-a", Wishes(forward=False), None)
    assert "token" not in capsys.readouterr().out


async def test_a_token_is_waited_for_no_longer_than_everything(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token is not waited for beyond --timeout."""
    monkeypatch.setattr(after_submit, "TOKEN_WITHIN", float("inf"))
    cluster.run("a")
    cluster.objects[f"{PODS}/a-0-0/log?container=a"] = {"text": "starting"}
    await submit(draft("--jupyter --name a -s nodeport"), "team-a", Wishes(timeout=0.2), None)
    assert capsys.readouterr().err.startswith("Could not find token string in logs\n")


async def test_what_a_base_workload_turns_into_a_notebook_is_waited_for_beyond_a_glance(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wait includes a base workload that turns the job into a notebook."""

    async def frozen(*_: Any) -> Any:
        return SimpleNamespace(values_set={"jupyter": True, "serviceType": "nodeport"})

    looks = count()

    def runs_at_the_second_look(_: str, path: str) -> None:
        if path == f"{RUNAI_JOBS}/a" and next(looks):
            cluster.run("a")

    monkeypatch.setattr(follow, "frozen_of", frozen)
    cluster.before = runs_at_the_second_look
    cluster.run("a", "Pending")
    cluster.objects[f"{PODS}/a-0-0/log?container=a"] = {"text": "http://a:8888/?token=abc\n"}
    await submit(draft("--interactive -i x --name a"), "team-a", Wishes(glance=0.0), None)
    assert capsys.readouterr().out.splitlines()[3:] == ["Jupyter notebook token: abc"]


async def test_nothing_is_forwarded_of_a_job_without_ports(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Service type portforward without ports is as if it were left out: the command does not wait for the job."""
    cluster.run("a", "Pending")
    await submit(draft("-i x --name a -s portforward"), "team-a", Wishes(), None)
    assert "job a as been created" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "forwards"),
    [
        ({}, False),
        ({"jupyter": True}, True),
        ({"jupyter": True, "serviceType": "nodeport"}, False),
        ({"serviceType": "portforward"}, True),
        ({"serviceType": "PortForward"}, True),
        ({"jupyter": False}, False),
    ],
)
def test_which_ports_are_forwarded(values: dict[str, Any], forwards: bool) -> None:
    """Which service types forward ports, row by row."""
    assert after_submit.forwards(values) is forwards


def test_ports_are_reached_under_their_outer_numbers() -> None:
    """Forwarded ports use their external numbers."""
    ports = {"a": {"container": 8080, "external": 80}, "b": {"container": 8888}}
    assert after_submit.ports_of({"ports": ports, "jupyter": True}) == [(80, 8080), (8888, 8888)]
    assert after_submit.ports_of({"jupyter": True}) == [(8888, 8888)]
    assert after_submit.ports_of({}) == []
