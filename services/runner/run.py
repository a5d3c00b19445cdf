"""Run RunaiJobs and report their progress in their status. This module makes all of the runner's API calls.

It takes three calls until a job's pod runs: read the RunaiJob, create the object that runs it, and write the status
once the pod exists. Every write names the version it is based on. If that version is outdated, the runner stops, since
the watcher reports what changed.

A message is a hint, which somebody may have forged. A job ends only by what its child says on the API server, and a
child is changed only after both have been read there: it must have the name that its job gives it, in the job's
namespace, and belong to the job by uid.

A job is started once. The first status written is the record that it was. The replica that starts a job holds the
message until that record exists, and writes it itself if no status follows soon.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
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
    SlipwayError,
    TransientError,
)
from shared.jobs import JOB_DELETED, end_of
from shared.kubernetes.api import Api
from shared.messages import JobObserved
from shared.names import item_path, resource_path
from shared.objects import JsonObject
from shared.parameters.secrecy import secrets_in_pod, unquoted
from shared.reasons import Reason

DELETED_BEFORE_ITS_END: Final = "its {kind} was deleted before its end was seen"
TOLD_WITHIN: Final = 5.0
"""Seconds within which a status should follow the watcher's report of a start; a tenth of a second is usual."""
LOOK_AGAIN: Final = 1.0
"""Seconds to wait for a name that is just being released."""
PLURALS: Final = {JOB: "jobs", STATEFUL_SET: "statefulsets"}
log = structlog.get_logger()


@dataclass
class Runner:
    """Runs RunaiJobs with Kubernetes' own objects. Any number of runners may hold the same message at once."""

    api: Api
    _untold: dict[str, asyncio.Event] = field(default_factory=dict)
    """Jobs started here that have nothing on record yet, by uid."""

    async def run(self, event: JobObserved) -> JsonObject | None:
        """Take the next step for a RunaiJob: start it, report its progress or end, or make its child follow its spec.

        Returns the child if it was just started: pass it to `on_record` next. Raises TransientError if the cluster is
        busy, PermanentError if the job can never run.
        """
        child = event.child
        if child is None or (event.child_deleted and end_of(child) is None):
            return await self._start(event.job["metadata"], gone=child)
        if not _named(child, event.job):
            log.warning("not the child of this job", child=f"{child['kind']} {child['metadata']['name']}")
        elif event.child_deleted:
            await self._remember(event.job["metadata"], child)
        else:
            await self._follow(event.job, child, read=False)
        return None

    async def on_record(self, metadata: JsonObject, child: JsonObject, told_within: float = TOLD_WITHIN) -> None:
        """Wait until the RunaiJob records what runs it, and record it here after `told_within` seconds without that."""
        told = self._untold.setdefault(metadata["uid"], asyncio.Event())
        try:
            await asyncio.wait_for(told.wait(), told_within)
        except TimeoutError:
            await self.put_on_record(metadata, child)
        finally:
            self._untold.pop(metadata["uid"], None)

    async def put_on_record(self, metadata: JsonObject, child: JsonObject) -> None:
        """Record in the RunaiJob what runs it, unless that is already recorded.

        A job with neither record nor child would be started again.
        """
        job = await self._now(metadata)
        while job is not None and not _started(job) and not end_of(job):
            if await self._tell(job, {"runsAs": runs_as(child)}):
                return
            job = await self._now(metadata)

    async def give_up(self, event: JobObserved, reason: str, message: str) -> None:
        """Stop trying: a job that never started has failed; one that runs goes on."""
        if event.child is not None:
            log.error("the job goes on, but is not followed", reason=reason, error=message)
            return
        job = await self._now(event.job["metadata"])
        if job is not None and not end_of(job) and not _started(job):
            await self._fail(job, reason, message)

    async def _start(self, metadata: JsonObject, gone: JsonObject | None) -> JsonObject | None:
        """Start the job, unless it was started before: then its child has been deleted."""
        job = await self._now(metadata)
        if job is None or end_of(job):
            return None
        if _started(job) or gone is not None:
            await self._miss(job, gone)
            return None
        found = None
        self._untold.setdefault(metadata["uid"], asyncio.Event())  # the watcher may be faster than the response
        try:
            found = await self._create(job)
        finally:
            if found is None:
                self._untold.pop(metadata["uid"], None)
        return found

    async def _create(self, job: JsonObject) -> JsonObject | None:
        """Create the object that runs the job, and return it if it exists now."""
        child = child_of(job)
        try:
            with _quoting_no_secret(child):
                made = await self.api.create(_collection(child["kind"], job["metadata"]["namespace"]), child)
        except PermanentError as error:
            return await self._meet(job, error)
        log.info("started", by=f"{child['kind']} {child['metadata']['name']}")
        return {**made, "kind": child["kind"]}

    async def _miss(self, job: JsonObject, gone: JsonObject | None) -> None:
        """Fail the job if its child is really gone: a job never runs a second time."""
        found = await self._find(job)
        if found is not None and _owned(found, job):
            await self._follow(job, found, read=True)  # the message is older than the child that it misses
            return
        kind = gone["kind"] if gone else child_kind(job)
        await self._fail(job, JOB_DELETED, DELETED_BEFORE_ITS_END.format(kind=kind))

    async def _meet(self, job: JsonObject, refusal: PermanentError) -> JsonObject | None:
        """Handle a refused creation, and return the child if it exists.

        The child may exist already, or its name or the quota may be in use, possibly by the child itself.
        """
        if isinstance(refusal, (ConflictError, NotFoundError)) or "being terminated" in str(refusal):
            log.info("not started", reason=str(refusal))  # the namespace is being deleted, and the job with it
            return None
        found = await self._find(job)
        if found is not None and _owned(found, job):
            await self._follow(job, found, read=True)
            return found
        if isinstance(refusal, RightsError):
            raise refusal  # tried again: the delivery decides when it is final
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

    async def _follow(self, job: JsonObject, child: JsonObject, *, read: bool) -> None:
        """Report the child's state in the RunaiJob, then make the child follow the RunaiJob's spec.

        `read` says that the child was read from the API server; otherwise a message describes it.
        """
        if not read and end_of(child) and not end_of(job):
            found = await self._own(job)
            if found is None:
                return
            child, read = found, True
        told = await self._mirror(job, child)
        change = steering(told, child) if told else None
        if change and not read:
            now = await self._now(job["metadata"])
            found = await self._own(now) if now else None
            child, change = found or child, steering(now, found) if now and found else None
        if change:
            await self._steer(child, change)

    async def _steer(self, child: JsonObject, change: JsonObject) -> None:
        metadata = child["metadata"]
        path = item_path(_collection(child["kind"], metadata["namespace"]), metadata["name"])
        try:
            await self.api.patch(path, {"metadata": _as_of(metadata), "spec": change})
            log.info("steered", change=change)
        except (ConflictError, NotFoundError):
            log.info("outdated", what=child["kind"])

    async def _remember(self, metadata: JsonObject, child: JsonObject) -> None:
        """Report the last known state of a child that has been deleted, if it really has."""
        job = await self._now(metadata)
        found = await self._find(job) if job else None
        if job and found and _owned(found, job):
            await self._follow(job, found, read=True)
        elif job:
            await self._mirror(job, child)

    async def _own(self, job: JsonObject) -> JsonObject | None:
        """Return the object that runs the job, as it is now; None if it is gone, or if another one has its name."""
        found = await self._find(job)
        if found is not None and _owned(found, job):
            return found
        log.info("outdated", what=child_kind(job))
        return None

    async def _mirror(self, job: JsonObject, child: JsonObject) -> JsonObject | None:
        """Return the RunaiJob with its status written, or None if it has changed since and will be reported again."""
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
        """Return the current RunaiJob, or None if it is gone, being deleted, or another one has its name."""
        try:
            job = await self.api.get(_path_of_job(metadata))
        except NotFoundError:
            return None
        same = job["metadata"]["uid"] == metadata["uid"] and "deletionTimestamp" not in job["metadata"]
        return job if same else None

    async def _find(self, job: JsonObject) -> JsonObject | None:
        """Return the object that has the child's name, or None if there is none."""
        kind, name = _runs_as(job) or (child_kind(job), child_name(job))
        try:
            found = await self.api.get(item_path(_collection(kind, job["metadata"]["namespace"]), name))
        except NotFoundError:
            return None
        return {**found, "kind": kind}


def _started(job: JsonObject) -> bool:
    return not {"runsAs", "startTime"}.isdisjoint(job.get("status") or {})


def _runs_as(job: JsonObject) -> tuple[str, str] | None:
    """Return kind and name of the object that the RunaiJob says runs it, which it may no longer be called."""
    noted = (job.get("status") or {}).get("runsAs") or {}
    return (noted["kind"], noted["name"]) if noted.get("kind") in PLURALS and "name" in noted else None


def _named(child: JsonObject, job: JsonObject) -> bool:
    """Return whether the child has the kind, name and namespace of the one that runs the RunaiJob."""
    metadata = child["metadata"]
    names = (_runs_as(job), (child_kind(job), child_name(job)))
    return metadata["namespace"] == job["metadata"]["namespace"] and (child["kind"], metadata["name"]) in names


def _controller(item: JsonObject) -> JsonObject | None:
    owners: list[JsonObject] = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def _owned(child: JsonObject, job: JsonObject) -> bool:
    owner = _controller(child)
    return owner is not None and owner["uid"] == job["metadata"]["uid"]


def _as_of(metadata: JsonObject) -> JsonObject:
    """Return the precondition that an object is unchanged since it was read."""
    return {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}


def _path_of_job(metadata: JsonObject) -> str:
    return resource_path("runaijobs", metadata["namespace"], metadata["name"], "run.ai/v1")


def _collection(kind: str, namespace: str) -> str:
    return resource_path(PLURALS[kind], namespace, api_version=API_VERSIONS[kind])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _quoting_no_secret(child: JsonObject) -> Iterator[None]:
    """Hide the secrets of the child's pods in an error: the API server, or a webhook, may quote what it refuses."""
    try:
        yield
    except SlipwayError as error:
        error.args = (unquoted(str(error), secrets_in_pod(child["spec"]["template"]["spec"])),)
        raise
