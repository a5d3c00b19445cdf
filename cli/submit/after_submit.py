"""Follows up on a submitted job: attaches the terminal, prints the notebook's token, forwards ports."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import click

from cli.cluster.forwarding import Port, access_points, forwarding
from cli.cluster.streams import attach as connect
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from shared.errors import TransientError
from shared.inquiry.job_lookup import with_pods
from shared.inquiry.jobs import Job
from shared.inquiry.patience import Clock, patient
from shared.inquiry.pods import pod_path, running_pod

JUPYTER_PORT: Final = 8888
TOKEN: Final = re.compile(r"[?&]token=([^\s&\"']+)")
TOKEN_WITHIN: Final = 60.0
"""Seconds that a notebook may take to log its token after its container has started."""
PORT_FORWARD: Final = "portforward"


def forwards(values: Mapping[str, Any]) -> bool:
    """Whether the command forwards the job's ports."""
    service = values.get("serviceType")
    return str(service).casefold() == PORT_FORWARD or (bool(values.get("jupyter")) and service is None)


async def attach(api: Any, job: Job, values: Mapping[str, Any]) -> None:
    """Attach this terminal to the job's container until it ends."""
    pod = running_pod(job, None)
    container = str(job.main_container(pod)["name"])
    note(f"Connecting to pod {pod['metadata']['name']}")
    stdin = bool(values.get("stdin"))
    code = await connect(api, pod_path(pod), container, stdin=stdin, tty=stdin and bool(values.get("tty")))
    raise click.exceptions.Exit(code)


async def tell_token(api: Any, job: Job, clock: Clock) -> None:
    """Print the token from the notebook's log, if it appears in time."""
    pod = running_pod(job, None)
    path = f"{pod_path(pod)}/log?container={job.main_container(pod)['name']}"
    clock = clock.part(TOKEN_WITHIN)
    async with waiting("waiting for the notebook to log its token"):
        while not (found := await _token(api, path)) and await clock.pause():
            pass
    if found:
        click.echo(f"Jupyter notebook token: {found}")
    else:
        note("Could not find token string in logs")
        note(f"Please run 'runai logs {job.name} -p {job.project}' to view the logs.")


@asynccontextmanager
async def forwarded(api: Any, job: Job, values: Mapping[str, Any], addresses: Sequence[str]) -> AsyncIterator[None]:
    """Forward the job's ports to this machine while inside, and print the addresses."""

    async def find() -> str:
        return pod_path(running_pod(await with_pods(api, job), None))

    where, ports = addresses or ("localhost",), ports_of(values)
    if not ports:
        raise Stop(Exit.REFUSED, f"job {job.name} is running, but it has no port to forward")
    try:
        async with forwarding(api, find, ports, where) as opened:
            click.echo(access_points(opened, where))
            yield
    except Stop:
        pairs = " ".join(f"{port.local}:{port.remote}" for port in ports)
        note(
            "the job is running; to try again or use other ports: runai "
            f"port-forward {job.name} {pairs} -p {job.project}"
        )
        raise


def ports_of(values: Mapping[str, Any]) -> list[Port]:
    """Each port of the container, including the notebook's, with the local port that reaches it."""
    ports = values.get("ports") or {}
    found = [Port(int(port.get("external") or port["container"]), int(port["container"])) for port in ports.values()]
    if values.get("jupyter") and all(port.remote != JUPYTER_PORT for port in found):
        found.append(Port(JUPYTER_PORT, JUPYTER_PORT))
    return found


async def _token(api: Any, path: str) -> str | None:
    log = await patient(api.text(path))
    found = None if isinstance(log, TransientError) else TOKEN.search(log)  # the log may appear after the container
    return found[1] if found else None
