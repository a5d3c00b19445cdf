"""`runai top job`."""

from datetime import UTC, datetime

import click

from cli.cluster.connection import cluster, run
from cli.jobs.top import JOBS, PODS, by_gpus, job_figures, job_row, pod_figures, pod_row
from cli.jobs.usage import Usage, usage_of_pods
from cli.options.places import all_projects_option, kubeconfig_option, project_from, project_option
from cli.printing.output import JSON, YAML, output_option, show_plain
from cli.printing.tables import table
from cli.shell.exits import note
from shared.inquiry.job_lists import JobLists
from shared.inquiry.jobs import Job
from shared.inquiry.projects import must_exist
from shared.names import PROJECT_PREFIX


@click.command()
@project_option
@all_projects_option
@click.option("-d", "--details", is_flag=True, help="Show each pod.")
@output_option(JSON, YAML)
@kubeconfig_option
def top_job(project: str | None, all_projects: bool, details: bool, output: str | None, kubeconfig: str | None) -> None:
    """Show what running jobs request and hold, and what they use if the cluster has a metrics server.

    Example: runai top job -p team-a
    """
    wanted = project_from(project, all_projects)
    jobs, usage = run(_read(kubeconfig, wanted))
    now = datetime.now(UTC)
    if output:
        pods = [pod_figures(job, pod, usage) for job in jobs for pod in job.running()]
        show_plain(pods if details else [job_figures(job, usage) for job in jobs], output)
        return
    if details:
        rows = [pod_row(job, pod, usage) for job in jobs for pod in job.running()]
    else:
        rows = [job_row(job, usage, now) for job in jobs]
    click.echo("\n".join(table(PODS if details else JOBS, rows)))
    if not jobs:
        note(f"no running jobs in {f'project {wanted}' if wanted else 'any project'}")


async def _read(kubeconfig: str | None, project: str | None) -> tuple[list[Job], Usage | None]:
    namespace = None if project is None else PROJECT_PREFIX + project
    async with cluster(kubeconfig) as api:
        jobs = await JobLists(api, project, note).read()
        if not jobs and project is not None:
            await must_exist(api, project)
        usage = await usage_of_pods(api, namespace)
    return by_gpus([job for job in jobs if job.running()]), usage
