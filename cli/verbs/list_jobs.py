"""`runai list jobs`."""

from datetime import UTC, datetime
from typing import Any

import click

from cli.cluster.connection import cluster, run
from cli.jobs.table import HEADER, WIDE, row
from cli.options.places import all_projects_option, kubeconfig_option, project_from, project_option
from cli.printing.output import output_option, watch_option
from cli.printing.rows import Rows
from cli.shell.exits import note
from shared.inquiry.job_lists import JobLists
from shared.inquiry.projects import must_exist


@click.command()
@project_option
@all_projects_option
@output_option()
@watch_option
@kubeconfig_option
def list_jobs(project: str | None, all_projects: bool, output: str | None, watch: bool, kubeconfig: str | None) -> None:
    """List the jobs of a project, newest first.

    Example: runai list jobs -p team-a
    """
    run(_list(kubeconfig, project_from(project, all_projects), output, watch))


async def _list(kubeconfig: str | None, project: str | None, output: str | None, watch: bool) -> None:
    async with cluster(kubeconfig) as api:
        lists = JobLists(api, project, note)
        jobs = await lists.read()
        await lists.read_exposure()  # not concurrently: no note on addresses if jobs are forbidden
        if not jobs:
            await _explain(api, project)
        rows = Rows(HEADER, WIDE, output, watch=watch)
        rows.show((job.resource, row(job, lists.exposure(job), datetime.now(UTC))) for job in jobs)
        if watch:
            async for changed in lists.changes():
                cells = row(changed, lists.exposure(changed), datetime.now(UTC))
                if changed.gone:
                    rows.gone(changed.resource, cells)
                else:
                    rows.show([(changed.resource, cells)])
        rows.end()


async def _explain(api: Any, project: str | None) -> None:
    """Print a note that explains an empty table."""
    if project is not None:
        await must_exist(api, project)
    note(f"no jobs in {f'project {project}' if project else 'any project'}")
