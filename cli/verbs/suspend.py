"""`runai suspend` and `runai resume`."""

from functools import partial
from operator import attrgetter

import click

from cli.cluster.connection import cluster, run
from cli.jobs.batch import all_jobs, all_option, for_each, some_or_all
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.shell.exits import note
from shared.inquiry.job_lookup import find_job
from shared.inquiry.suspension import is_meant, set_suspended


@click.command()
@click.argument("names", metavar="JOB...", nargs=-1, type=JOB_NAME)
@all_option
@project_option
@kubeconfig_option
def suspend(names: tuple[str, ...], every: bool, project: str | None, kubeconfig: str | None) -> None:
    """Remove a job's pods and keep the job, until you resume it.

    The logs of the pods, and what they have not stored, are lost.

    Example: runai suspend train-1 -p team-a
    """
    some_or_all(names, every)
    run(_steer(kubeconfig, project_from(project, False), names, suspended=True))


@click.command()
@click.argument("names", metavar="JOB...", nargs=-1, type=JOB_NAME)
@all_option
@project_option
@kubeconfig_option
def resume(names: tuple[str, ...], every: bool, project: str | None, kubeconfig: str | None) -> None:
    """Let a suspended job run again.

    Example: runai resume train-1 -p team-a
    """
    some_or_all(names, every)
    run(_steer(kubeconfig, project_from(project, False), names, suspended=False))


async def _steer(kubeconfig: str | None, project: str | None, names: tuple[str, ...], *, suspended: bool) -> None:
    """Suspend or resume the jobs; without names, all jobs to which it applies."""
    assert project is not None, "a job belongs to one project"
    async with cluster(kubeconfig) as api:
        if names:

            async def by_name(name: str) -> str:
                return await set_suspended(api, suspended, await find_job(api, project, name))

            await for_each(names, by_name)
            return
        found = [job for job in await all_jobs(api, project) if is_meant(job, suspended)]
        if not found:
            note(f"no jobs to {'suspend' if suspended else 'resume'} in project {project}")
        await for_each(found, partial(set_suspended, api, suspended), attrgetter("name"))
