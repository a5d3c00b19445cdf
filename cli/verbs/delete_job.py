"""`runai delete job`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import Exit, Stop, note
from cli.frozen import job_name
from cli.jobs import Job, find_job, workload_path
from cli.options import JOB_NAME, kubeconfig_option, project_from, project_option
from cli.several import all_jobs, all_option, for_each, some_or_all
from cli.tables import printable
from cli.terminal import input_is_terminal
from shared.names import PROJECT_PREFIX


@dataclass(frozen=True)
class Target:
    """What is to be deleted so that a job is: its workload, or the job itself where it was made by hand."""

    job: str
    title: str
    path: str
    uid: str
    takes_along: tuple[str, ...]
    """What goes with it."""
    said: str = "Job"
    """What a person calls it: a workload of which no job was ever made is no job."""


@click.command()
@click.argument("names", metavar="JOB...", nargs=-1, type=JOB_NAME)
@all_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --all.")
@project_option
@kubeconfig_option
def delete_job(names: tuple[str, ...], every: bool, yes: bool, project: str | None, kubeconfig: str | None) -> None:
    """Delete jobs with their pods and logs, and the workloads that they were submitted by with all that these made.

    A workload of which no job was made, since it was refused, is deleted by its own name.

    Example: runai delete job jupyter-1 train-3 -p team-a
    """
    some_or_all(names, every)
    of = project_from(project, False)
    assert of is not None, "one project is meant"
    if names:
        run(_delete_named(kubeconfig, of, names))
        return
    jobs = run(_jobs(kubeconfig, of))
    if jobs and not yes and input_is_terminal():
        _ask(f"Delete all {len(jobs)} jobs of project {of}: {', '.join(job.name for job in jobs)}?")
    run(_delete(kubeconfig, jobs))


def _ask(question: str) -> None:
    """Stop unless the person says yes. Never inside an event loop, which keeps Ctrl-C to itself: here it is the end."""
    try:
        sure = click.confirm(question, err=True)
    except click.Abort:  # Ctrl-D
        click.echo(err=True)  # ends the line of the question
        sure = False
    if not sure:
        raise Stop(Exit.REFUSED, "nothing was deleted")


async def _delete_named(kubeconfig: str | None, project: str, names: Sequence[str]) -> None:
    async with cluster(kubeconfig) as api:

        async def by_name(name: str) -> str:
            return await _remove(api, await _target(api, project, name))

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
    return await _remove(api, await _target_of(api, job))


async def _target(api: Any, project: str, name: str) -> Target:
    """By the job's name, also where its job is not there (yet, or any more), or never came to be; by the workload's
    own name too where no job was ever made of it, as of one that was refused."""
    try:
        job = await find_job(api, project, name)
    except Stop as stop:
        if stop.exit_code != Exit.NOT_FOUND:
            raise
        workload = await _workload_for(api, PROJECT_PREFIX + project, name)
        if workload is None:
            raise
        return _of_workload(workload, name)
    return await _target_of(api, job)


async def _target_of(api: Any, job: Job) -> Target:
    from shared.errors import NotFoundError

    if job.workload is not None:
        try:
            workload = await api.get(job.workload.path(job.namespace))
        except NotFoundError:
            workload = None
        if workload is not None and workload["metadata"]["uid"] == job.workload.uid:
            return _of_workload({"kind": job.workload.kind, **workload}, job.name)
    pods = tuple(f"Pod {pod['metadata']['name']}" for pod in job.pods)
    return Target(job.name, f"{job.kind.kind} {job.name}", job.path, job.uid, pods)


def _of_workload(workload: JsonObject, job: str) -> Target:
    metadata = workload["metadata"]
    made = (workload.get("status") or {}).get("createdResources") or []
    title = f"{workload['kind']} {metadata['name']}"
    path = workload_path(workload["kind"], metadata["namespace"], metadata["name"])
    along = tuple(f"{one['kind']} {one['name']}" for one in made)
    return Target(job, title, path, metadata["uid"], along, "Job" if job_name(workload) else "Workload")


async def _workload_for(api: Any, namespace: str, job: str) -> JsonObject | None:
    """The workload whose job has, had or was to have that name, or that has the name itself and no job's name."""
    from shared.parameters.kinds import KINDS

    lists = await asyncio.gather(*(api.list(workload_path(kind.workload, namespace)) for kind in KINDS))
    for kind, answer in zip(KINDS, lists, strict=True):
        for item in answer["items"]:
            named = job_name(item) or (item["metadata"]["name"] if item["spec"].get("usage") != "Template" else None)
            if named == job:
                return {"kind": kind.workload, **item}
    return None


async def _remove(api: Any, target: Target) -> str:
    """Delete it, only the very one that was read; what that removes."""
    from shared.errors import ConflictError, NotFoundError

    try:
        await api.delete(target.path, uid=target.uid)
    except (ConflictError, NotFoundError) as error:
        raise Stop(Exit.NOT_FOUND, f"{target.title} was deleted meanwhile, by somebody else") from error
    along = f", and with it {', '.join(target.takes_along)}" if target.takes_along else ""
    return f"{target.said} {target.job} deleted successfully.\n" + printable(f"Removed: {target.title}{along}")
