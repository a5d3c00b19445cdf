"""`runai describe job`."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import click

from cli.cluster.connection import cluster, run
from cli.jobs.page import page
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.printing.output import WIDE, output_option, show
from cli.shell.exits import note
from shared.inquiry.addresses import read_exposure
from shared.inquiry.events import concerns
from shared.inquiry.job_lookup import find_job
from shared.inquiry.jobs import Job
from shared.names import resource_path
from shared.objects import JsonObject


@click.command()
@click.argument("name", metavar="JOB", type=JOB_NAME)
@project_option
@output_option()
@kubeconfig_option
def describe_job(name: str, project: str | None, output: str | None, kubeconfig: str | None) -> None:
    """Show a job: its status, resources, pods and events.

    Example: runai describe job jupyter-1 -p team-a
    """
    run(_describe(kubeconfig, name, project_from(project, False), output))


async def _describe(kubeconfig: str | None, name: str, project: str | None, output: str | None) -> None:
    assert project is not None, "a job belongs to one project"
    async with cluster(kubeconfig) as api:
        job = await find_job(api, project, name)
        if output not in (None, WIDE):
            show({"apiVersion": job.kind.api_version, "kind": job.kind.kind, **job.resource}, output)
            return
        workload, exposure, events = await asyncio.gather(
            _workload(api, job), read_exposure(api, job.namespace, job.uid_of_pods, note), _events(api, job)
        )
    click.echo("\n".join(page(job, workload, exposure, events, datetime.now(UTC), wide=output == WIDE)))


async def _workload(api: Any, job: Job) -> JsonObject | None:
    """The workload that the job was created for, if it exists and the user may see it."""
    from shared.errors import ForbiddenError, NotFoundError

    if job.workload is None:
        return None
    try:
        workload: JsonObject = await api.get(job.workload.path(job.namespace))
    except (ForbiddenError, NotFoundError):
        return None
    return workload


async def _events(api: Any, job: Job) -> list[JsonObject] | None:
    from shared.errors import ForbiddenError

    try:
        answer = await api.list(resource_path("events", job.namespace, None, "v1"))
    except ForbiddenError:
        return None
    return [event for event in answer["items"] if concerns(event, job)]
