"""Making a RunaiJob run, and telling in it how that goes. All calling of the API server.

Three calls until its pod runs: the RunaiJob as it is now, the creation of what runs it, and its status once the pod
is there. Every write names the version that it rests on: whoever finds it outdated stops, since the watcher tells of
what changed.

A job is started once. That it was is on record with the first that its status tells; whoever started it holds on to the
message until then, and puts it on record itself where nothing is told soon.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from services.runner.engine import API_VERSIONS, JOB, STATEFUL_SET, child_kind, child_name, child_of, steering
from services.runner.mirror import failure_patch, runs_as, status_patch
from shared.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    PermanentError,
    RightsError,
    TransientError,
)
from shared.jobs import JOB_DELETED, end_of
from shared.kubernetes.api import Api
from shared.messages import JobObserved
from shared.names import item_path, resource_path
from shared.objects import JsonObject
from shared.reasons import Reason

DELETED_BEFORE_ITS_END: Final = "its {kind} was deleted before its end was seen"
TOLD_WITHIN: Final = 5.0
"""Seconds in which the watcher's word of what was started is to be told; about a tenth of one is usual."""
LOOK_AGAIN: Final = 1.0
"""Seconds until a name may be free that is just being given up."""
PLURALS: Final = {JOB: "jobs", STATEFUL_SET: "statefulsets"}
log = structlog.get_logger()


@dataclass
class Runner:
    """Runs RunaiJobs by what Kubernetes has; any number of these may hold one message at once."""

    api: Api
    _untold: dict[str, asyncio.Event] = field(default_factory=dict)
    """By uid of what was started here, and of which nothing is on record yet."""

    async def run(self, event: JobObserved) -> JsonObject | None:
        """Do for a RunaiJob what is next: start it, tell of its progress or its end, make it follow its spec.

        Returns what runs it where that was started just now: it is then to be put `on_record`.
        Raises TransientError when the world is busy, PermanentError for what nobody can run.
        """
        child = event.child
        if child is None or (event.child_deleted and end_of(child) is None):
            return await self._start(event.job["metadata"], gone=child)
        if event.child_deleted:
            await self._mirror(event.job, child)
        else:
            await self._follow(event.job, child)
        return None

    async def on_record(self, metadata: JsonObject, child: JsonObject, told_within: float = TOLD_WITHIN) -> None:
        """Wait until the RunaiJob says what runs it, and say it where nobody else does within so many seconds."""
        told = self._untold.setdefault(metadata["uid"], asyncio.Event())
        try:
            await asyncio.wait_for(told.wait(), told_within)
        except TimeoutError:
            await self.put_on_record(metadata, child)
        finally:
            self._untold.pop(metadata["uid"], None)

    async def put_on_record(self, metadata: JsonObject, child: JsonObject) -> None:
        """Say in the RunaiJob what runs it, unless it says so: who found neither would start it again."""
        job = await self._now(metadata)
        while job is not None and not _started(job) and not end_of(job):
            if await self._tell(job, {"runsAs": runs_as(child)}):
                return
            job = await self._now(metadata)

    async def give_up(self, event: JobObserved, reason: str, message: str) -> None:
        """No further try follows: a job that was never started has failed; one that runs goes on."""
        if event.child is not None:
            log.error("the job goes on, but is not followed", reason=reason, error=message)
            return
        job = await self._now(event.job["metadata"])
        if job is not None and not end_of(job) and not _started(job):
            await self._fail(job, reason, message)

    async def _start(self, metadata: JsonObject, gone: JsonObject | None) -> JsonObject | None:
        """Start the job, unless it was started before: then what ran it has been deleted."""
        job = await self._now(metadata)
        if job is None or end_of(job):
            return None
        if _started(job) or gone is not None:
            await self._miss(job, gone)
            return None
        found = None
        self._untold.setdefault(metadata["uid"], asyncio.Event())  # the watcher may be quicker than the answer to us
        try:
            found = await self._create(job)
        finally:
            if found is None:
                self._untold.pop(metadata["uid"], None)
        return found

    async def _create(self, job: JsonObject) -> JsonObject | None:
        """Create what runs the job; returns it where it is there now."""
        child = child_of(job)
        try:
            made = await self.api.create(_collection(child["kind"], job["metadata"]["namespace"]), child)
        except PermanentError as error:
            return await self._meet(job, error)
        log.info("started", by=f"{child['kind']} {child['metadata']['name']}")
        return {**made, "kind": child["kind"]}

    async def _miss(self, job: JsonObject, gone: JsonObject | None) -> None:
        """What ran the job seems to be gone. Where it is, the job has failed: it is not run a second time."""
        found = await self._find(job)
        if found is not None and _owned(found, job):
            await self._follow(job, found)  # the message is older than what it missed
            return
        kind = gone["kind"] if gone else child_kind(job)
        await self._fail(job, JOB_DELETED, DELETED_BEFORE_ITS_END.format(kind=kind))

    async def _meet(self, job: JsonObject, refusal: PermanentError) -> JsonObject | None:
        """What runs the job was refused: because it is there already, or since its name or its quota is used up, maybe
        by itself; returns it where it is there."""
        if isinstance(refusal, (ConflictError, NotFoundError)) or "being terminated" in str(refusal):
            log.info("not started", reason=str(refusal))  # the namespace is going, and the job with it
            return None
        found = await self._find(job)
        if found is not None and _owned(found, job):
            await self._follow(job, found)
            return found
        if isinstance(refusal, RightsError):
            raise refusal  # tried again: whoever delivers the message says when it is final
        if not isinstance(refusal, AlreadyExistsError):
            await self._fail(job, refusal.reason, str(refusal))
            return None
        kind, name = child_kind(job), child_name(job)
        owner = _controller(found) if found is not None else None
        namesake = owner is not None and (owner["kind"], owner["name"]) == ("RunaiJob", job["metadata"]["name"])
        if found is None or "deletionTimestamp" in found["metadata"] or namesake:
            raise TransientError(f"{kind} {name} of a deleted job is still being removed", retry_after=LOOK_AGAIN)
        holder = f" of {owner['kind']} {owner['name']}" if owner else ", which no RunaiJob made"
        await self._fail(job, Reason.NAME_TAKEN, f"the name {name} is taken by {kind} {name}{holder}")
        return None

    async def _follow(self, job: JsonObject, child: JsonObject) -> None:
        """Tell in the RunaiJob what runs it says, then make that follow the RunaiJob's spec."""
        told = await self._mirror(job, child)
        change = steering(told, child) if told else None
        if change is None:
            return
        metadata = child["metadata"]
        path = item_path(_collection(child["kind"], metadata["namespace"]), metadata["name"])
        try:
            await self.api.patch(path, {"metadata": _as_of(metadata), "spec": change})
            log.info("steered", change=change)
        except (ConflictError, NotFoundError):
            log.info("outdated", what=child["kind"])

    async def _mirror(self, job: JsonObject, child: JsonObject) -> JsonObject | None:
        """The RunaiJob with its status told; None where it has changed since, so that it will be told of again."""
        patch = status_patch(job, child, _now())
        return await self._tell(job, patch) if patch else job

    async def _fail(self, job: JsonObject, reason: str, message: str) -> None:
        if await self._tell(job, failure_patch(job, reason, message, _now())):
            log.warning("failed", reason=reason, error=message)

    async def _tell(self, job: JsonObject, patch: JsonObject) -> JsonObject | None:
        body = {"metadata": _as_of(job["metadata"]), "status": patch}
        try:
            told = await self.api.patch(f"{_path_of_job(job['metadata'])}/status", body)
        except (ConflictError, NotFoundError):
            log.info("outdated", what="RunaiJob")
            return None
        if waiting := self._untold.get(job["metadata"]["uid"]):
            waiting.set()
        return told

    async def _now(self, metadata: JsonObject) -> JsonObject | None:
        """The RunaiJob as it is now; None when it is gone, going, or another one has its name."""
        try:
            job = await self.api.get(_path_of_job(metadata))
        except NotFoundError:
            return None
        same = job["metadata"]["uid"] == metadata["uid"] and "deletionTimestamp" not in job["metadata"]
        return job if same else None

    async def _find(self, job: JsonObject) -> JsonObject | None:
        """What has the name of what runs the job; None where nothing has."""
        kind = child_kind(job)
        try:
            found = await self.api.get(item_path(_collection(kind, job["metadata"]["namespace"]), child_name(job)))
        except NotFoundError:
            return None
        return {**found, "kind": kind}


def _started(job: JsonObject) -> bool:
    return not {"runsAs", "startTime"}.isdisjoint(job.get("status") or {})


def _controller(item: JsonObject) -> JsonObject | None:
    owners: list[JsonObject] = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def _owned(child: JsonObject, job: JsonObject) -> bool:
    owner = _controller(child)
    return owner is not None and owner["uid"] == job["metadata"]["uid"]


def _as_of(metadata: JsonObject) -> JsonObject:
    """The precondition that an object is still as it was read."""
    return {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}


def _path_of_job(metadata: JsonObject) -> str:
    return resource_path("runaijobs", metadata["namespace"], metadata["name"], "run.ai/v1")


def _collection(kind: str, namespace: str) -> str:
    return resource_path(PLURALS[kind], namespace, api_version=API_VERSIONS[kind])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
