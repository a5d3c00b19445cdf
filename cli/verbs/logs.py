"""`runai logs`."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from cli.cluster.connection import cluster, run
from cli.cluster.streams import write
from cli.jobs.waiting import wait_for_start
from cli.options.names import JOB_NAME, POD_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.options.spans import WholeSeconds
from cli.shell.progress import waiting
from cli.shell.terminal import ended_in_order
from shared.inquiry.job_lookup import find_job
from shared.inquiry.pods import chosen_pod, pod_path
from shared.inquiry.times import moment

STARTED_WITHIN: Final = 600.0
"""Seconds that `--follow` waits for a pod to start; pulling an image can take minutes."""


class SinceTime(click.ParamType[str]):
    """A time in RFC 3339 format."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the time in UTC, or fail with a message."""
        read = moment(str(value))
        if read is None:
            self.fail(f"invalid time {value!r}: expected for example 2020-01-26T15:00:00Z", param, ctx)
        return read.isoformat()


@dataclass(frozen=True)
class Wish:
    """Which lines to show, and from which container."""

    pod: str | None
    instance: str | None
    follow: bool
    params: Mapping[str, str]


@click.command()
@click.argument("name", metavar="JOB", type=JOB_NAME)
@click.option("-f", "--follow", is_flag=True, help="Keep printing new lines until the container ends.")
@click.option("--pod", type=POD_NAME, metavar="POD", help="Pod of the job (default: the first one).")
@click.option("-i", "--instance", metavar="NUMBER", help="Number of the pod, from 0, if the job has several.")
@click.option(
    "--since",
    type=WholeSeconds(),
    metavar="DURATION",
    help="Show only lines newer than this duration, such as 5s, 2m or 3h.",
)
@click.option(
    "--since-time",
    type=SinceTime(),
    metavar="TIME",
    help="Show only lines after this time, such as 2020-01-26T15:00:00Z.",
)
@click.option("-t", "--tail", type=click.IntRange(-1), metavar="LINES", help="Show only this many of the last lines.")
@click.option("--timestamps", is_flag=True, help="Start each line with its time.")
@project_option
@kubeconfig_option
def logs(
    name: str,
    follow: bool,
    pod: str | None,
    instance: str | None,
    since: int | None,
    since_time: str | None,
    tail: int | None,
    timestamps: bool,
    project: str | None,
    kubeconfig: str | None,
) -> None:
    """Show the logs of a job's container.

    Example: runai logs jupyter-1 --follow --tail 20 -p team-a
    """
    if since is not None and since_time is not None:
        raise click.UsageError("--since cannot be combined with --since-time")
    if pod is not None and instance is not None:
        raise click.UsageError("--pod cannot be combined with --instance")
    lines = None if tail is None or tail < 0 else tail
    given = {"sinceSeconds": since, "sinceTime": since_time, "tailLines": lines}
    switches = {"follow": follow, "timestamps": timestamps}
    params = {key: str(value) for key, value in given.items() if value is not None}
    params |= {key: "true" for key, on in switches.items() if on}
    run(_show(kubeconfig, project_from(project, False), name, Wish(pod, instance, follow, params)))


async def _show(kubeconfig: str | None, project: str | None, name: str, wish: Wish) -> None:
    assert project is not None, "a job belongs to one project"
    async with cluster(kubeconfig) as api, ended_in_order():
        job = await find_job(api, project, name)
        if wish.follow:
            job = await wait_for_start(api, job, STARTED_WITHIN, wish.pod, wish.instance)
        pod = chosen_pod(job, wish.pod, wish.instance)
        params = {**wish.params, "container": str(job.main_container(pod)["name"])}
        log = api.bytes_at(f"{pod_path(pod)}/log", params)
        async with waiting(f"waiting for the log of pod {pod['metadata']['name']}"):
            first = await anext(log, b"")
        write(sys.stdout.buffer, first)
        async for chunk in log:
            write(sys.stdout.buffer, chunk)
