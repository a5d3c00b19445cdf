"""Finds a job by its name, or by the workload that it was created for, as it is now."""

import asyncio
from dataclasses import replace
from typing import Any

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.errors import MissingJobError
from shared.inquiry.jobs import BY_KIND, JOB_KINDS, OURS_ONLY, RUNAI_JOB, Job, JobKind
from shared.inquiry.pods import in_order
from shared.inquiry.projects import must_exist
from shared.names import API_VERSION, JOB_UID_LABEL, PROJECT_PREFIX, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject


async def find_job(api: Any, project: str, name: str) -> Job:
    """The project's job of that name, with its pods. Raises MissingJobError if there is none."""
    namespace = PROJECT_PREFIX + project
    found = await asyncio.gather(*(_get(api, kind, namespace, name) for kind in JOB_KINDS))
    jobs = [job for job in found if job is not None]
    if not jobs:
        await must_exist(api, project)
        raise MissingJobError(f"job {name} not found in project {project}")
    return await with_pods(api, jobs[0])


async def _get(api: Any, kind: JobKind, namespace: str, name: str) -> Job | None:
    """The job; None if there is none, or if the cluster does not have (or show) its kind."""
    try:
        resource = await api.get(kind.path(namespace, name))
    except NotFoundError as error:
        if kind == RUNAI_JOB and not error.kind:
            raise
        return None
    except ForbiddenError:
        if kind == RUNAI_JOB:
            raise
        return None
    if kind in OURS_ONLY and WORKLOAD_UID_LABEL not in (resource["metadata"].get("labels") or {}):
        return None
    return Job(kind, resource)


async def job_of(api: Any, workload: JsonObject) -> Job | None:
    """The job that was created for a workload, with its pods; `gone` if it was deleted, None if none was created."""
    for created in (workload.get("status") or {}).get("createdResources") or []:
        kind = BY_KIND.get((created["kind"], created["version"]))
        if kind is None:
            continue
        try:
            job = Job(kind, await api.get(kind.path(created["namespace"], created["name"])))
        except NotFoundError:
            job = _deleted(kind, created, workload)
        return await with_pods(api, job)
    return None


def _deleted(kind: JobKind, created: JsonObject, workload: JsonObject) -> Job:
    """A deleted job, of which only its workload's status is known."""
    owner = {name: workload["metadata"][name] for name in ("name", "uid")}
    owners = [{"apiVersion": API_VERSION, "kind": workload["kind"], **owner, "controller": True}]
    names = {"name": created["name"], "namespace": created["namespace"], "uid": ""}
    return Job(kind, {"metadata": {**names, "ownerReferences": owners}}, gone=True)


async def with_pods(api: Any, job: Job) -> Job:
    """The job with its pods as they are now."""
    label = WORKLOAD_UID_LABEL if job.workload_uid else JOB_UID_LABEL
    params = {"labelSelector": f"{label}={job.uid_of_pods}"}
    answer = await api.list(resource_path("pods", job.namespace, None, "v1"), params)
    return replace(job, pods=in_order(filter(job.has, answer["items"])))
