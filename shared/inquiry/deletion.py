"""Deletes a job: by deleting its workload, or the job alone."""

import asyncio
from dataclasses import dataclass
from typing import Any

from shared.inquiry.errors import MissingError
from shared.inquiry.frozen import job_name
from shared.inquiry.job_lookup import find_job
from shared.inquiry.jobs import Job, workload_path
from shared.names import PROJECT_PREFIX, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS


@dataclass(frozen=True)
class Target:
    """What to delete in order to delete a job: its workload, or the job itself if it was created by hand."""

    job: str
    title: str
    path: str
    uid: str
    takes_along: tuple[str, ...]
    """What is deleted with it."""
    noun: str = "Job"
    """What to call it, since a workload that never had a job is not a job."""
    leaves: tuple[str, ...] = ()
    """What was made with it and stays, as kubectl names it."""
    namespace: str = ""
    """Where that is."""


async def target(api: Any, project: str, name: str) -> Target:
    """Find the target by the job's name, even if the job does not exist yet or any more, or never did. If a workload
    never had a job, as after a refusal, find it by its own name too."""
    try:
        job = await find_job(api, project, name)
    except MissingError:
        workload = await _workload_for(api, PROJECT_PREFIX + project, name)
        if workload is None:
            raise
        return target_of_workload(workload, name)
    return await target_of(api, job)


async def target_of(api: Any, job: Job) -> Target:
    """What to delete for the job: its workload if that exists, else the job itself."""
    from shared.errors import NotFoundError

    if job.workload is not None:
        try:
            workload = await api.get(job.workload.path(job.namespace))
        except NotFoundError:
            workload = None
        if workload is not None and workload["metadata"]["uid"] == job.workload.uid:
            return target_of_workload({"kind": job.workload.kind, **workload}, job.name)
    pods = tuple(f"Pod {pod['metadata']['name']}" for pod in job.pods)
    leaves = await _left_behind(api, job) if job.workload_uid and job.workload is None else ()
    return Target(
        job.name, f"{job.kind.kind} {job.name}", job.path, job.uid, pods, leaves=leaves, namespace=job.namespace
    )


async def _left_behind(api: Any, job: Job) -> tuple[str, ...]:
    """What else was made for the job's workload, and stayed when that was deleted without it: `configmap/jupyter-1`."""
    selector = {"labelSelector": f"{WORKLOAD_UID_LABEL}={job.workload_uid}"}
    paths = [
        (kind.lower(), resource_path(of.plural, job.namespace, None, version))
        for (kind, version), of in OUTPUT_KINDS.items()
        if not of.operator and not of.job_type
    ]
    answers = await asyncio.gather(*(api.list(path, selector) for _, path in paths), return_exceptions=True)
    found = [(kind, answer) for (kind, _), answer in zip(paths, answers, strict=True) if isinstance(answer, dict)]
    return tuple(
        f"{kind}/{item['metadata']['name']}"
        for kind, answer in found
        for item in answer["items"]
        if not item["metadata"].get("ownerReferences")
    )


def target_of_workload(workload: JsonObject, job: str) -> Target:
    """What to delete for the workload, with everything that was made for it; `job` is what the sentences call it."""
    metadata = workload["metadata"]
    made = (workload.get("status") or {}).get("createdResources") or []
    title = f"{workload['kind']} {metadata['name']}"
    path = workload_path(workload["kind"], metadata["namespace"], metadata["name"])
    along = tuple(f"{one['kind']} {one['name']}" for one in made)
    noun = "Job" if job_name(workload) else "Workload"
    return Target(job, title, path, metadata["uid"], along, noun, namespace=metadata["namespace"])


async def _workload_for(api: Any, namespace: str, job: str) -> JsonObject | None:
    """The workload whose job has, had or would have had that name, or that has the name itself and no job name."""
    from shared.parameters.kinds import KINDS

    lists = await asyncio.gather(*(api.list(workload_path(kind.workload, namespace)) for kind in KINDS))
    for kind, answer in zip(KINDS, lists, strict=True):
        for item in answer["items"]:
            named = job_name(item) or (item["metadata"]["name"] if item["spec"].get("usage") != "Template" else None)
            if named == job:
                return {"kind": kind.workload, **item}
    return None


async def remove(api: Any, target: Target) -> list[str]:
    """Delete exactly the object that was read; return the sentences that report it.

    Raises MissingError if it is gone, or if another one has its name now.
    """
    from shared.errors import ConflictError, NotFoundError

    try:
        await api.delete(target.path, uid=target.uid)
    except (ConflictError, NotFoundError) as error:
        raise MissingError(f"{target.title} was deleted in the meantime by someone else") from error
    along = f", and with it {', '.join(target.takes_along)}" if target.takes_along else ""
    said = [f"{target.noun} {target.job} deleted successfully.", f"Removed: {target.title}{along}"]
    return [*said, *([kept(target)] if target.leaves else [])]


def kept(target: Target) -> str:
    """A sentence that says what stays although it was made with the job, and how to remove it."""
    return (
        f"Kept: {', '.join(target.leaves)}, whose workload was deleted without them; to remove them too: "
        f"kubectl delete -n {target.namespace} {' '.join(target.leaves)}"
    )
