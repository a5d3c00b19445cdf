"""`runai port-forward`."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

import click

from cli.cluster.connection import cluster, run
from cli.cluster.forwarding import Port, access_points, forwarding
from cli.cluster.rights import must_be_allowed
from cli.jobs.waiting import read_again, wait_for_running
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, pod_option, project_from, project_option
from cli.shell.exits import Exit, Stop
from cli.shell.terminal import ended_in_order
from shared.inquiry.job_lookup import find_job
from shared.inquiry.jobs import Job
from shared.inquiry.pods import pod_path, running_pod

STARTED_WITHIN: Final = 60.0
"""Default number of seconds that the pod can take to start."""
PORTS: Final = range(1, 65536)
PORT: Final = re.compile(r"\d{1,5}", re.ASCII)


class PortPair(click.ParamType[Port]):
    """`8888` on both sides, `9000:8888` for two numbers, `:8888` for any free port here."""

    name = "ports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Port:
        """Return the two ports, or fail with a message."""
        near, colon, far = str(value).partition(":")
        local, remote = (near or "0", far) if colon else (near, near)
        numbers = [int(text) if PORT.fullmatch(text) else -1 for text in (local, remote)]
        if numbers[1] not in PORTS or (numbers[0] not in PORTS and (near or not colon)):
            self.fail(f"invalid port {value!r}: expected for example 8888, 9000:8888 or :8888", param, ctx)
        return Port(*numbers)


@click.command()
@click.argument("name", metavar="JOB", type=JOB_NAME)
@click.argument("ports", metavar="[[LOCAL]:]PORT...", nargs=-1, type=PortPair())
@click.option(
    "--port",
    "more",
    multiple=True,
    type=PortPair(),
    metavar="PORT",
    help="Port to forward, like the argument; may be repeated.",
)
@click.option(
    "--address", "addresses", multiple=True, help="Address of this machine to listen on (default: localhost)."
)
@click.option(
    "--pod-running-timeout", "within", type=click.FloatRange(0), default=STARTED_WITHIN, show_default=True,
    metavar="SECONDS", help="Longest time to wait for the pod to start.",
)  # fmt: skip
@pod_option
@project_option
@kubeconfig_option
def port_forward(
    name: str,
    ports: tuple[Port, ...],
    more: tuple[Port, ...],
    addresses: tuple[str, ...],
    within: float,
    pod: str | None,
    project: str | None,
    kubeconfig: str | None,
) -> None:
    """Forward ports of this machine to a job's container, until Ctrl-C.

    Without ports, forward those that the container declares. A restarted job is reached again.

    Example: runai port-forward jupyter-1 8888 -p team-a
    """
    places = [part for address in addresses for part in address.split(",") if part] or ["localhost"]
    run(_forward(kubeconfig, project_from(project, False), name, pod, [*ports, *more], places, within))


async def _forward(
    kubeconfig: str | None,
    project: str | None,
    name: str,
    pod: str | None,
    ports: Sequence[Port],
    addresses: Sequence[str],
    within: float,
) -> None:
    assert project is not None, "a job belongs to one project"
    async with cluster(kubeconfig) as api, ended_in_order():
        found = await find_job(api, project, name)
        await must_be_allowed(api, "create", "pods/portforward", found.namespace)  # else every connection reports it
        job, running = await wait_for_running(api, found, within, pod)

        async def find() -> str:
            return pod_path(running_pod(await read_again(api, job), pod))

        async with forwarding(api, find, ports or _own_ports(job, running), addresses) as opened:
            click.echo(access_points(opened, addresses))
            await asyncio.Event().wait()


def _own_ports(job: Job, pod: dict[str, Any]) -> list[Port]:
    stated = [int(port["containerPort"]) for port in job.main_container(pod).get("ports") or []]
    if not stated:
        raise Stop(Exit.USAGE, f"job {job.name} declares no ports: give at least one, such as 8888")
    return [Port(number, number) for number in dict.fromkeys(stated)]
