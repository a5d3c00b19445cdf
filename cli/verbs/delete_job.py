"""`runai delete job`."""

from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import click

from cli.cluster.connection import cluster, run
from cli.jobs.batch import all_jobs, all_option, for_each, some_or_all
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.shell.exits import Exit, Stop, note
from cli.shell.terminal import input_is_terminal
from shared.inquiry.deletion import Target, remove, target, target_of
from shared.inquiry.jobs import Job
from shared.inquiry.texts import printable


@click.command()
@click.argument("names", metavar="JOB...", nargs=-1, type=JOB_NAME)
@all_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation of --all.")
@project_option
@kubeconfig_option
def delete_job(names: tuple[str, ...], every: bool, yes: bool, project: str | None, kubeconfig: str | None) -> None:
    """Delete jobs with their pods and logs, and the workloads that created them with all their resources.

    A workload without a job, because it was refused, is deleted by its own name.

    Example: runai delete job jupyter-1 train-3 -p team-a
    """
    some_or_all(names, every)
    of = project_from(project, False)
    assert of is not None, "a job belongs to one project"
    if names:
        run(_delete_named(kubeconfig, of, names))
        return
    jobs = run(_jobs(kubeconfig, of))
    if jobs and not yes and input_is_terminal():
        _ask(f"Delete all {len(jobs)} jobs of project {of}: {', '.join(job.name for job in jobs)}?")
    run(_delete(kubeconfig, jobs))


def _ask(question: str) -> None:
    """Stop unless the user confirms. Never called inside an event loop, which would catch Ctrl-C."""
    try:
        sure = click.confirm(question, err=True)
    except click.Abort:  # Ctrl-D
        click.echo(err=True)  # ends the line with the question
        sure = False
    if not sure:
        raise Stop(Exit.REFUSED, "nothing was deleted")


async def _delete_named(kubeconfig: str | None, project: str, names: Sequence[str]) -> None:
    async with cluster(kubeconfig) as api:

        async def by_name(name: str) -> str:
            return await _removed(api, await target(api, project, name))

        await for_each(names, by_name)


async def _jobs(kubeconfig: str | None, project: str) -> list[Job]:
    async with cluster(kubeconfig) as api:
        jobs = await all_jobs(api, project)
    if not jobs:
        note(f"no jobs in project {project}")
    return jobs


async def _delete(kubeconfig: str | None, jobs: Sequence[Job]) -> None:
    async with cluster(kubeconfig) as api:
        await for_each(jobs, partial(_remove_job, api), attrgetter("name"))


async def _remove_job(api: Any, job: Job) -> str:
    return await _removed(api, await target_of(api, job))


async def _removed(api: Any, found: Target) -> str:
    return "\n".join(map(printable, await remove(api, found)))
