"""Create all output resources of a resolved workload, or none and record the reason.

This module makes all writes of the creator, except those of the claim and the record.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from services.creator import claim as claims
from services.creator import record as records
from services.creator.claim import Indices, create_or_adopt
from services.creator.record import Failure, Record
from services.creator.settings import CreatorSettings
from services.creator.sources import Sources, sources_in, sources_of
from services.creator.telling import as_of, created, failed, listed, reason_of, resource_of
from shared.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    PermanentError,
    RightsError,
    TransientError,
)
from shared.kubernetes.api import Api
from shared.messages import (
    CreatedResource,
    Event,
    WorkloadCreated,
    WorkloadFailed,
    WorkloadRef,
    WorkloadRejected,
    WorkloadResolved,
)
from shared.names import WORKLOAD_UID_LABEL, project_of, resource_path
from shared.objects import JsonObject
from shared.outputs.build import build_all
from shared.outputs.configmap import Claim, build_claim, owned_by, read_claim
from shared.outputs.conflicts import NameTakenError
from shared.outputs.kinds import OUTPUT_KINDS, missing
from shared.outputs.naming import Names
from shared.outputs.sizes import must_fit
from shared.parameters.kinds import kind_of
from shared.process.delivery import RIGHTS_TRIES
from shared.reasons import Reason
from shared.schedulers import Scheduler, scheduler_of

Outcome = WorkloadCreated | WorkloadFailed | WorkloadRejected | None
"""The fact to publish: created, failed or rejected; None if the submission has already ended or its workload is
gone."""

ALONE_FOR: Final = 10.0
"""Seconds after the observation within which no other delivery can be under way, unless the broker says otherwise."""
log = structlog.get_logger()


@dataclass
class Delivery:
    """One delivery of a message, and whether another creator may be working on the same submission."""

    alone: bool
    """Whether nothing hints at an earlier or a second delivery, so that the reads for that case can be skipped."""


@dataclass
class Creator:
    """Creates the outputs of workloads. Any number of creators may hold the same message at once."""

    api: Api
    indices: Indices
    settings: CreatorSettings
    ack_wait: float
    scheduler: Scheduler = Scheduler.DEFAULT
    """The scheduler of jobs if neither message nor claim names one."""

    async def submit(self, event: WorkloadResolved, deliveries: int, met: int = 0) -> Outcome:
        """Bring the submission to its end, from wherever an earlier try left it.

        `deliveries` counts those of this message so far; `met` is how often this process has worked on the workload
        before.

        Raises TransientError if the cluster is busy; the same message is then delivered again.
        """
        delivery = Delivery(deliveries + met == 1 and event.attempt == 1 and event.recorded_name is None)
        record: Record | None = None
        if not delivery.alone:
            record = await records.read(self.api, event.workload)
            if record is None:
                return None
            if record.phase:
                if deliveries > 1:  # an earlier holder may have died after another one ended the submission
                    await self._tidy(event.workload, record)
                return None
            if event.rejection and not await self._begun(event.workload, record):
                return event.rejection
        try:
            return await self._submit(event, record, delivery)
        except PermanentError as error:
            if isinstance(error, RightsError) and deliveries < RIGHTS_TRIES:
                raise  # tried again
            if isinstance(error, NameTakenError):
                self.indices.found_taken(event.workload.namespace)
            if isinstance(error, NotFoundError) and await records.read(self.api, event.workload) is None:
                return None  # deleted in the meantime: the cluster removes what was made with it
            return await self.fail(event, reason_of(error), str(error), alone=delivery.alone)

    async def fail(self, event: WorkloadResolved, reason: str, message: str, *, alone: bool = False) -> Outcome:
        """End the submission as failed: record it, remove what it made, return the fact; None if it ended otherwise.

        Raises TransientError while a creator that believes it is alone may still finish it.
        """
        while True:
            record = await records.read(self.api, event.workload)
            if record is None:
                return None
            if record.phase:
                await self._tidy(event.workload, record)
                return None
            failure = record.failure
            version = record.resource_version
            if failure is None:
                left_to_others = 2 * self._alone_for - _age(event)  # twice, because clocks differ
                if record.job_name and not alone and left_to_others > 0:
                    raise TransientError(f"another creator may be at work: {message}", retry_after=left_to_others)
                made, sources = await self._made(event, record)
                failure = Failure(reason, message, made, sources)
                try:
                    version = await records.write(self.api, event.workload, version, failure=failure)
                except ConflictError:
                    continue
                except NotFoundError:
                    return None
                except PermanentError as error:
                    log.warning("the failure cannot be recorded", error=str(error))
                    if record.job_name:  # others may be working under that name
                        return await self._unrecorded(as_of(event, version, record), record.job_name, failure, error)
            removed, left = await self._remove(event.workload, await self._and_later(event.workload, failure.made))
            return failed(as_of(event, version, record), record.job_name, failure, removed, left)

    async def _unrecorded(
        self, event: WorkloadResolved, job: str, failure: Failure, refusal: PermanentError
    ) -> WorkloadFailed:
        """End a submission whose failure cannot be recorded: remove its claim, so that nobody resumes it."""
        claim = CreatedResource(kind="ConfigMap", version="v1", namespace=event.workload.namespace, name=job)
        removed, left = await self._remove(event.workload, [claim])
        told = failed(event, job, failure, [r for r in removed if r in failure.made], left)
        rest = [resource for resource in failure.made if resource != claim]
        removing = f"; being removed: {listed(rest)}" if rest else ""
        message = f"the failure could not be recorded ({refusal}){removing}"
        note = Event(type="Warning", reason=Reason.ROLLED_BACK, message=message)
        return told.model_copy(update={"unrecorded": True, "events": [*told.events, note]})

    async def _submit(self, event: WorkloadResolved, record: Record | None, delivery: Delivery) -> Outcome:
        claim, version = await self._claim(event, record, delivery)
        if claim is None:
            return None if version is None else await self.fail(event, Reason.INTERNAL_ERROR, "")
        names, outputs = self._outputs(event, claim)
        for output in outputs:
            must_fit(output)
        for output in outputs:
            await self._create(output, event.workload.uid, look_first=not delivery.alone)
        if not delivery.alone or _age(event) > self._alone_for:
            # Another creator may have recorded a failure, and cleaned up, before the last output here was created.
            now = await records.read(self.api, event.workload)
            if now is None or now.failure or now.phase == "Failed":
                return await self.fail(event, Reason.INTERNAL_ERROR, "") if now else None
            return created(as_of(event, now.resource_version, now), names, claim, outputs)
        return created(as_of(event, version or event.workload.resource_version), names, claim, outputs)

    async def _create(self, output: JsonObject, uid: str, *, look_first: bool) -> None:
        try:
            await create_or_adopt(self.api, _collection(output), output, uid, look_first=look_first)
        except NotFoundError as error:
            if error.kind:  # the namespace itself is gone
                raise
            raise missing(output) from error

    @property
    def _alone_for(self) -> float:
        return min(ALONE_FOR, self.ack_wait)

    async def _claim(
        self, event: WorkloadResolved, record: Record | None, delivery: Delivery
    ) -> tuple[Claim | None, str | None]:
        """Return the workload's one claim, recorded on it, and the workload's version after that.

        Returns (None, version) if a failure is recorded, and (None, None) if the workload has ended or is gone.
        """
        claim: JsonObject | None = None
        version = event.workload.resource_version
        while True:
            if record is not None:
                if record.phase:
                    return None, None
                if record.failure:
                    return None, record.resource_version
                version = record.resource_version
                if record.job_name:  # other creators that claimed a name, and may have died, were not as fast
                    await self._unclaim_others(event.workload, record.job_name)
                    return await self._recorded_claim(event, record.job_name), version
                claim = claim or await self._left_behind(event.workload)
            claim = claim or await self._new_claim(event)
            try:
                version = await records.write(self.api, event.workload, version, job_name=claim["metadata"]["name"])
            except (ConflictError, NotFoundError):
                delivery.alone = False
                record = await records.read(self.api, event.workload)
                if record is None or record.failure or (record.phase and record.job_name != claim["metadata"]["name"]):
                    await self._unclaim(claim)  # even with the recorded name: it was given up and is free again
                if record is None:
                    return None, None
                continue
            if not delivery.alone:
                await self._unclaim_others(event.workload, claim["metadata"]["name"])
            return read_claim(claim), version

    async def _recorded_claim(self, event: WorkloadResolved, name: str) -> Claim:
        try:
            found = await self.api.get(resource_path("configmaps", event.workload.namespace, name, "v1"))
        except NotFoundError as error:
            raise PermanentError(f"ConfigMap {name}, which holds what was decided, has been deleted") from error
        if not owned_by(found, event.workload.uid):
            raise NameTakenError(f"the name {name} recorded on the workload belongs to something else")
        return read_claim(found)

    async def _begun(self, ref: WorkloadRef, record: Record) -> bool:
        """Return whether an earlier try has decided, whatever the rules say now."""
        return bool(record.job_name or record.failure or await self._left_behind(ref))

    async def _left_behind(self, ref: WorkloadRef) -> JsonObject | None:
        """Return the claim of an earlier try that died before recording it.

        If there are several, none is removed yet: until one is recorded, another creator may be about to record any of
        them.
        """
        found = await claims.find(self.api, ref.namespace, ref.uid)
        return found[0] if found else None

    async def _unclaim_others(self, ref: WorkloadRef, recorded: str | None) -> None:
        """Remove the claims of creators that died before they could see that another one was faster."""
        for claim in await claims.find(self.api, ref.namespace, ref.uid):
            if claim["metadata"]["name"] != recorded:
                await self._unclaim(claim)

    async def _tidy(self, ref: WorkloadRef, record: Record) -> None:
        """Remove what a creator that died may have made for a submission after it had ended."""
        if record.failure or record.phase == "Failed":  # rejected in the meantime, or impossible to record
            made = record.failure.made if record.failure else ()
            await self._remove(ref, await self._and_later(ref, made))
        else:
            await self._unclaim_others(ref, record.job_name)

    async def _and_later(self, ref: WorkloadRef, made: Iterable[CreatedResource]) -> list[CreatedResource]:
        """Return what was made, and anything else with this workload's label: others may have continued."""
        found = list(made)
        for kind, version in OUTPUT_KINDS:
            path = _plural_path(kind, ref.namespace, None, version)
            with suppress(PermanentError):  # a kind that is unknown, or that cannot be listed: none was made
                answer = await self.api.list(path, {"labelSelector": f"{WORKLOAD_UID_LABEL}={ref.uid}"})
                ours = (item for item in answer["items"] if owned_by(item, ref.uid))
                found += [r for item in ours if (r := resource_of(item, kind, version)) not in found]
        return found

    async def _new_claim(self, event: WorkloadResolved) -> JsonObject:
        namespace, values = event.workload.namespace, event.values_set
        if not values:
            raise PermanentError("what was decided earlier is no longer on record")
        path = resource_path("configmaps", namespace, api_version="v1")
        if name := values.get("name"):
            return await create_or_adopt(self.api, path, self._claim_body(event, name), event.workload.uid)
        prefix, taken = values.get("namePrefix") or "job", 0
        while True:
            name = await self.indices.next(namespace, prefix)
            try:
                return await self.api.create(path, self._claim_body(event, name))
            except AlreadyExistsError:
                taken += 1
                if taken % claims.LEARN_AFTER == 0:
                    await self.indices.learn(namespace)

    def _claim_body(self, event: WorkloadResolved, name: str) -> JsonObject:
        scheduler = scheduler_of(event.scheduler or "") or self.scheduler
        sources = {**sources_of(event).to_json(), "scheduler": scheduler.value}
        names = self._names(event, name, scheduler)
        return build_claim(names, event.values_set, event.provenance, sources)

    async def _unclaim(self, claim: JsonObject) -> None:
        metadata = claim["metadata"]
        path = resource_path("configmaps", metadata["namespace"], metadata["name"], "v1")
        with suppress(NotFoundError, ConflictError):
            await self.api.delete(path, uid=metadata["uid"])

    def _outputs(self, event: WorkloadResolved, claim: Claim) -> tuple[Names, list[JsonObject]]:
        kind = kind_of(event.workload.kind)
        scheduler = scheduler_of(claim.sources.get("scheduler", "")) or self.scheduler
        names = self._names(event, claim.name, scheduler)
        return names, build_all(kind, kind.values.model_validate(claim.values_set), names)

    def _names(self, event: WorkloadResolved, job: str, scheduler: Scheduler) -> Names:
        ref = event.workload
        return Names(
            job=job,
            namespace=ref.namespace,
            project=project_of(ref.namespace) or ref.namespace,
            workload_kind=ref.kind,
            workload_name=ref.name,
            workload_uid=ref.uid,
            user=event.submitted_by or "",
            scheduler=scheduler,
            site=self.settings.site,
        )

    async def _made(self, event: WorkloadResolved, record: Record) -> tuple[tuple[CreatedResource, ...], Sources]:
        """Return what exists of this submission now, claim first, and what it is based on."""
        if not record.job_name:
            found = await claims.find(self.api, event.workload.namespace, event.workload.uid)
            return tuple(resource_of(item, "ConfigMap", "v1") for item in found), sources_of(event)
        sources = sources_of(event)
        try:
            claim = await self._recorded_claim(event, record.job_name)
            sources = sources_in(claim, event)
            _, outputs = self._outputs(event, claim)
        except (PermanentError, ValueError):  # nothing says any more what was planned
            return tuple(await self._and_later(event.workload, ())), sources
        namespace, name = event.workload.namespace, record.job_name
        candidates = [
            CreatedResource(kind="ConfigMap", version="v1", namespace=namespace, name=name),
            *(resource_of(item, item["kind"], item["apiVersion"]) for item in outputs),
        ]
        made = [resource for resource in candidates if await self._exists(event.workload, resource)]
        return tuple(made), sources

    async def _exists(self, ref: WorkloadRef, resource: CreatedResource) -> bool:
        """Return whether the resource exists and is this workload's own. What cannot even be read was not made here."""
        try:
            found = await self._there(resource)
        except PermanentError:
            return False
        return found is not None and owned_by(found, ref.uid)

    async def _there(self, resource: CreatedResource) -> JsonObject | None:
        """Return the object that has the resource's name, no matter who made it; None if there is none."""
        try:
            return await self.api.get(_path(resource))
        except NotFoundError:
            return None

    async def _remove(
        self, ref: WorkloadRef, made: Iterable[CreatedResource]
    ) -> tuple[list[CreatedResource], list[str]]:
        """Remove what this submission made, the job first and the claim last; nothing else, whatever its name.

        Returns what is gone, and what the API server would not remove, each with its message. Resources that now belong
        to something else appear in neither.
        """
        removed, left = [], []
        for resource in reversed(list(made)):
            try:
                found = await self._there(resource)
                if found is not None:
                    if not owned_by(found, ref.uid):
                        continue
                    with suppress(NotFoundError, ConflictError):
                        await self.api.delete(_path(resource), uid=found["metadata"]["uid"])
            except PermanentError as error:
                left.append(f"{resource.kind} {resource.name} ({error})")
            else:
                removed.append(resource)
        return removed, left


def _age(event: WorkloadResolved) -> float:
    """Return the seconds since the watcher read the workload."""
    return time.time() - event.observed_at.timestamp()


def _collection(item: JsonObject) -> str:
    return _plural_path(item["kind"], item["metadata"]["namespace"], None, item["apiVersion"])


def _path(resource: CreatedResource) -> str:
    return _plural_path(resource.kind, resource.namespace, resource.name, resource.version)


def _plural_path(kind: str, namespace: str, name: str | None, version: str) -> str:
    return resource_path(OUTPUT_KINDS[kind, version].plural, namespace, name, version)
