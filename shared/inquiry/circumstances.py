"""Reads, with the person's own rights, what keeps a job from running. `shared.inquiry.why` decides about it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from shared.errors import ForbiddenError, NotFoundError, TransientError
from shared.inquiry.errors import MissingError, MissingJobError
from shared.inquiry.job_lookup import find_job, job_of
from shared.inquiry.jobs import RUNAI_JOB, Job
from shared.inquiry.lookup import find_workload
from shared.inquiry.stuck_pods import claims_of
from shared.inquiry.witnesses import Facts, condition
from shared.names import JOB_UID_LABEL, KUEUE_QUEUE_LABEL, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS
from shared.parameters.kinds import KINDS, Kind

MOST_PODS: Final = 5
"""Pods whose events are read: those of others say the same."""
CHILDREN: Final = {"Job": ("jobs", "batch/v1"), "StatefulSet": ("statefulsets", "apps/v1")}
"""Plural and version of what runs a RunaiJob, by kind."""
KUEUE: Final = "kueue.x-k8s.io"
VISIBILITY: Final = "visibility.kueue.x-k8s.io"
Unread = (ForbiddenError, NotFoundError, TransientError)


async def circumstances(api: Any, project: str, name: str) -> Facts:
    """Everything known about the job of that name, or about the workload of that name that has no job yet.

    Raises MissingError if there is neither, or if the name is that of a template.
    """
    namespace, now = PROJECT_PREFIX + project, datetime.now(UTC)
    try:
        job: Job | None = await find_job(api, project, name)
        workload = await _workload(api, job) if job else None
    except MissingJobError as missing:
        try:
            _, workload = await find_workload(api, KINDS, name, project)
        except MissingError:
            raise missing from None
        job = await job_of(api, workload)
    return await of_job(api, Facts(job.name if job else name, namespace, now, job, workload))


async def history(api: Any, project: str, kinds: Sequence[Kind], name: str) -> Facts:
    """Everything known about the submission of the workload of that name, or of the job of that name.

    Raises MissingError if there is neither, or if the name is that of a template.
    """
    namespace, now = PROJECT_PREFIX + project, datetime.now(UTC)
    try:
        _, workload = await find_workload(api, kinds, name, project)
        facts = Facts(name, namespace, now, await job_of(api, workload), workload)
    except MissingError as missing:
        try:
            facts = Facts(name, namespace, now, await find_job(api, project, name))
        except MissingJobError:
            raise missing from None
    facts = await of_job(api, facts, ended=True)
    untimed = facts.workload is not None and not (facts.workload.get("status") or {}).get("steps")
    return replace(facts, outputs=await _outputs(api, facts.workload)) if untimed and facts.workload else facts


async def _outputs(api: Any, workload: JsonObject) -> list[JsonObject]:
    """What the workload says that it created, as far as it is still there and may be read."""
    made = (workload.get("status") or {}).get("createdResources") or []
    found = await asyncio.gather(*(_output(api, one) for one in made if (one["kind"], one["version"]) in OUTPUT_KINDS))
    return [one for one in found if one]


async def _output(api: Any, one: JsonObject) -> JsonObject | None:
    plural = OUTPUT_KINDS[one["kind"], one["version"]].plural
    try:
        found = await api.get(resource_path(plural, one["namespace"], one["name"], one["version"]))
    except Unread:
        return None
    return {**found, "kind": one["kind"]}


async def of_job(api: Any, facts: Facts, *, ended: bool = False) -> Facts:
    """The facts with all that is known beside the job and its workload, which they hold.

    With `ended`, events of all pods are read, and not only those of pods that wait.
    """
    if facts.workload and facts.workload["spec"].get("usage") == "Template":
        raise MissingError(f"workload {facts.workload['metadata']['name']} is a template: it runs no job")
    job = facts.job
    if job is None or job.gone:
        return facts
    unread: list[str] = []
    child = await child_of(api, job, unread)
    events, claims, kueue, nodes = await asyncio.gather(
        _events(api, job, child, unread, ended=ended),
        _claims(api, job),
        _queued(api, job, child, unread),
        _nodes(api, job),
    )
    events += await _of_objects(api, facts.namespace, [one for one in claims.values() if one], unread)
    queued, position = kueue
    return replace(
        facts,
        child=child,
        events=events,
        claims=claims,
        queued=queued,
        position=position,
        nodes=nodes,
        unread=tuple(dict.fromkeys(unread)),
    )


async def _workload(api: Any, job: Job) -> JsonObject | None:
    """The job's workload; None if it has none, or it may not be read."""
    if job.workload is None:
        return None
    try:
        return {"kind": job.workload.kind, **await api.get(job.workload.path(job.namespace))}
    except Unread:
        return None


async def child_of(api: Any, job: Job, unread: list[str]) -> JsonObject | None:
    """What runs a RunaiJob: its Job or StatefulSet, or as much as the RunaiJob says about it."""
    if job.kind != RUNAI_JOB:
        return None
    named = (job.resource.get("status") or {}).get("runsAs") or {}
    kinds = [named["kind"]] if named.get("kind") in CHILDREN else list(CHILDREN)
    for kind in kinds:
        plural, version = CHILDREN[kind]
        params = {"labelSelector": f"{JOB_UID_LABEL}={job.uid}"}
        try:
            answer = await api.list(resource_path(plural, job.namespace, None, version), params)
        except ForbiddenError as error:
            unread.append(f"what runs the job is not known: {error}")
            return {"kind": named["kind"], "metadata": {"name": named["name"], "uid": named["uid"]}} if named else None
        if answer["items"]:
            return {"kind": kind, **answer["items"][0]}
    return None


async def _events(api: Any, job: Job, child: JsonObject | None, unread: list[str], *, ended: bool) -> list[JsonObject]:
    waiting = [pod for pod in job.pods if ended or (pod.get("status") or {}).get("phase") == "Pending"]
    owners = [owner for pod in waiting for owner in pod["metadata"].get("ownerReferences") or []]
    objects = [job.resource, *([child] if child else []), *waiting[:MOST_PODS]]
    others = [{"metadata": {"uid": uid}} for uid in dict.fromkeys(owner["uid"] for owner in owners)]
    return await _of_objects(api, job.namespace, [*objects, *others], unread)


async def _of_objects(api: Any, namespace: str, objects: Sequence[JsonObject], unread: list[str]) -> list[JsonObject]:
    """The events about these objects, which the API server finds by their uids."""
    path = resource_path("events", namespace, None, "v1")
    uids = dict.fromkeys(str(one["metadata"]["uid"]) for one in objects)
    asked = (api.list(path, {"fieldSelector": f"involvedObject.uid={uid}"}) for uid in uids)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, Unread):
            unread.append(f"events are not known: {answer}")
        elif isinstance(answer, BaseException):
            raise answer
    return [event for answer in answers if not isinstance(answer, BaseException) for event in answer["items"]]


async def _claims(api: Any, job: Job) -> dict[str, JsonObject | None]:
    names = dict.fromkeys(name for pod in job.pods if not _is_placed(pod) for name in claims_of(pod))
    return {name: await _claim(api, job.namespace, name) for name in names}


async def _claim(api: Any, namespace: str, name: str) -> JsonObject | None:
    try:
        found: JsonObject = await api.get(resource_path("persistentvolumeclaims", namespace, name, "v1"))
    except Unread:
        return None
    return found


async def _nodes(api: Any, job: Job) -> list[JsonObject] | None:
    """The nodes, if a pod finds no room on them; None if they do not matter, or may not be read."""
    words = [str((condition(pod, "PodScheduled") or {}).get("message")) for pod in job.pods if not _is_placed(pod)]
    if not any("Insufficient" in one for one in words):
        return None
    try:
        return list((await api.list(resource_path("nodes", None, None, "v1")))["items"])
    except Unread:
        return None


def _is_placed(pod: JsonObject) -> bool:
    return bool((pod.get("spec") or {}).get("nodeName"))


# --------------------------------------------------------------------------------------------------------------- Kueue
async def _queued(
    api: Any, job: Job, child: JsonObject | None, unread: list[str]
) -> tuple[list[JsonObject] | None, int | None]:
    """Kueue's Workloads of the job, and its place in the queue; None for what Kueue does not tell."""
    queue = (job.resource["metadata"].get("labels") or {}).get(KUEUE_QUEUE_LABEL)
    if queue is None:
        return None, None
    versions = await versions_of(api)
    if KUEUE not in versions:
        unread.append("the cluster does not have Kueue, whose queue the job names")
        return None, None
    mine = {job.uid, *([child["metadata"]["uid"]] if child else []), *(pod["metadata"]["uid"] for pod in job.pods)}
    try:
        answer = await api.list(resource_path("workloads", job.namespace, None, f"{KUEUE}/{versions[KUEUE]}"))
    except Unread as error:
        unread.append(f"what Kueue says is not known: {error}")
        return None, None
    found = [one for one in answer["items"] if _owners(one) & mine]
    return found, await _position(api, job.namespace, queue, found, versions.get(VISIBILITY))


def _owners(item: JsonObject) -> set[str]:
    return {str(owner["uid"]) for owner in item["metadata"].get("ownerReferences") or []}


async def versions_of(api: Any) -> dict[str, str]:
    """The preferred version of each API group of the cluster."""
    answer = await api.get("/apis")
    return {str(group["name"]): str(group["preferredVersion"]["version"]) for group in answer["groups"]}


async def _position(
    api: Any, namespace: str, queue: str, found: Sequence[JsonObject], version: str | None
) -> int | None:
    """The first place of these Workloads in the queue, if the cluster serves Kueue's list of what waits."""
    if version is None or not found:
        return None
    path = f"{resource_path('localqueues', namespace, queue, f'{VISIBILITY}/{version}')}/pendingworkloads"
    names = {one["metadata"]["name"] for one in found}
    try:
        waiting = (await api.get(path)).get("items") or []
    except Unread:
        return None
    places = [int(one["positionInLocalQueue"]) for one in waiting if one["metadata"]["name"] in names]
    return min(places, default=None)
