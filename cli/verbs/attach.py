"""`runai attach`."""

from typing import Final

import click

from cli.cluster.connection import cluster, run
from cli.cluster.streams import attach as connect
from cli.jobs.waiting import wait_for_running
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, pod_option, project_from, project_option
from cli.shell.exits import note
from cli.shell.terminal import ended_in_order, input_is_terminal
from shared.inquiry.job_lookup import find_job
from shared.inquiry.pods import pod_path

STARTED_WITHIN: Final = 30.0
"""Seconds that the pod can take to start."""


@click.command()
@click.argument("name", metavar="JOB", type=JOB_NAME)
@click.option("--no-stdin", is_flag=True, help="Do not forward standard input.")
@click.option("--no-tty", is_flag=True, help="Do not use a terminal: Ctrl-C ends this command.")
@pod_option
@project_option
@kubeconfig_option
def attach(
    name: str, no_stdin: bool, no_tty: bool, pod: str | None, project: str | None, kubeconfig: str | None
) -> None:
    """Attach this terminal to what runs in a job's container, until it ends.

    Example: runai attach build-1 -p team-a
    """
    run(_attach(kubeconfig, project_from(project, False), name, pod, stdin=not no_stdin, tty=not no_tty))


async def _attach(
    kubeconfig: str | None, project: str | None, name: str, pod: str | None, *, stdin: bool, tty: bool
) -> None:
    assert project is not None, "a job belongs to one project"
    async with cluster(kubeconfig) as api, ended_in_order():
        job, meant = await wait_for_running(api, await find_job(api, project, name), STARTED_WITHIN, pod)
        container = job.main_container(meant)
        has_tty, takes = bool(container.get("tty")), bool(container.get("stdin"))
        if pod is None:
            note(f"Connecting to pod {meant['metadata']['name']}")
        if tty and stdin and not has_tty and input_is_terminal():
            note(f"Unable to use a TTY - container {container['name']} did not allocate one")
        if stdin and not takes:
            note(f"container {container['name']} does not accept input")
        if stdin and takes and tty and has_tty and input_is_terminal():
            note("If you don't see a command prompt, try pressing enter.")
        code = await connect(
            api, pod_path(meant), container["name"], stdin=stdin and takes, tty=has_tty, every_key=tty and has_tty
        )
    raise click.exceptions.Exit(code)
