"""`runai suspend` and `runai resume`."""

import json
from functools import partial
from operator import attrgetter
from typing import Any, Final

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import Exit, Stop, note
from cli.jobs import DEPLOYMENT, KNATIVE_SERVICE, RUNAI_JOB, Job, find_job
from cli.options import JOB_NAME, kubeconfig_option, project_from, project_option
from cli.several import all_jobs, all_option, for_each, some_or_all
from shared.jobs import end_of, is_suspended, left_to_kueue
from shared.names import resource_path

NO_WORD: Final = "Knative runs it: it has no pods while nobody asks for it, and cannot be suspended"
QUEUED: Final = "it waits in a queue of Kueue, which alone lets it run: set `active` of its Kueue Workload"


@click.command()
@click.argument("names", metavar="JOB...", nargs=-1, type=JOB_NAME)
@all_option
@project_option
@kubeconfig_option
def suspend(names: tuple[str, ...], every: bool, project: str | None, kubeconfig: str | None) -> None:
    """Take a job's pods away and keep the job, until it is resumed.

    What the pods have not stored is lost, and their logs with it.

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
    """Without names, all jobs that it means anything to."""
    assert project is not None, "one project is meant"
    async with cluster(kubeconfig) as api:
        if names:

            async def by_name(name: str) -> str:
                return await _set(api, suspended, await find_job(api, project, name))

            await for_each(names, by_name)
            return
        found = [job for job in await all_jobs(api, project) if _is_meant(job, suspended)]
        if not found:
            note(f"no jobs to {'suspend' if suspended else 'resume'} in project {project}")
        await for_each(found, partial(_set, api, suspended), attrgetter("name"))


def _is_meant(job: Job, suspended: bool) -> bool:
    return end_of(job.resource) is None and is_suspended(job.resource) != suspended


async def _set(api: Any, suspended: bool, job: Job) -> str:
    """Suspend or resume the job, only the very one that was read; what was done."""
    if end_of(job.resource):
        raise Stop(Exit.REFUSED, f"the job {job.name} has ended: it is {job.status}")
    if reason := _refusal(job):
        raise Stop(Exit.REFUSED, f"the job {job.name} cannot be {_done(suspended)}: {reason}")
    if is_suspended(job.resource) == suspended:
        return f"Job {job.name} is {'suspended' if suspended else 'not suspended'}, as it was."
    path, spec = await _change(api, job, suspended)
    await api.patch(path, {"metadata": {"uid": job.uid}, "spec": spec})
    return f"Job {job.name} {_done(suspended)} successfully."


def _done(suspended: bool) -> str:
    return "suspended" if suspended else "resumed"


def _refusal(job: Job) -> str | None:
    if job.kind == KNATIVE_SERVICE:
        return NO_WORD
    return QUEUED if left_to_kueue(job.resource) else None


async def _change(api: Any, job: Job, suspended: bool) -> tuple[str, JsonObject]:
    """Where to change what: a Deployment is suspended by having no replicas, and has those of its values again."""
    if job.kind == DEPLOYMENT:
        return f"{job.path}/scale", {"replicas": 0 if suspended else await _replicas(api, job)}
    if job.kind == RUNAI_JOB:
        return job.path, {"suspend": suspended}
    return job.path, {"runPolicy": {"suspend": suspended}}


async def _replicas(api: Any, job: Job) -> int:
    """What was decided when it was submitted; 1 where that does not say."""
    from shared.errors import NotFoundError

    try:
        claim = await api.get(resource_path("configmaps", job.namespace, job.name, "v1"))
        values = json.loads((claim.get("data") or {}).get("values.json") or "{}")
    except (NotFoundError, ValueError):
        return 1
    return int(values.get("replicas") or 1)
