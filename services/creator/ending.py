"""End a submission as failed: record why, and remove what it made."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import structlog

from services.creator import record as records
from services.creator.attempt import Attempt
from services.creator.claim import Decision
from services.creator.plan import Plan
from services.creator.record import Failure, Record, Since
from services.creator.removing import Made, Removing
from services.creator.seals import CLAIM, Seals
from services.creator.sources import Sources, sources_in, sources_of
from services.creator.telling import as_of, failed, listed
from shared.errors import ConflictError, NotFoundError, PermanentError, TransientError
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
from shared.names import resource_path
from shared.outputs.configmap import read_claim
from shared.process.remembered import Remembered
from shared.reasons import Reason

Outcome = WorkloadCreated | WorkloadFailed | WorkloadRejected | None
"""The fact to publish: created, failed or rejected; None if the submission has already ended or its workload is
gone."""

ALONE_FOR: Final = 10.0
"""Seconds for which the creator that recorded a name is left alone with it."""
log = structlog.get_logger()


@dataclass
class Ending:
    """Ends submissions as failed. What is planned under a name comes from `plan`."""

    api: Api
    seals: Seals
    plan: Callable[[WorkloadResolved, Decision, str], Plan]
    ack_wait: float
    clock: Callable[[], float]
    _seen: Remembered[tuple[str, str], float] = field(default_factory=Remembered)
    """When this process first saw the record of a name on a workload. Clocks of hosts differ: only its own counts."""

    @property
    def removing(self) -> Removing:
        """Return what finds and removes what submissions have made."""
        return Removing(self.api, self.seals)

    @property
    def alone_for(self) -> float:
        """Return for how many seconds the creator that recorded a name need not look whether others have ended it."""
        return min(ALONE_FOR, self.ack_wait)

    def saw(self, uid: str, record: Record) -> float:
        """Return for how many seconds this process has known that the job's name is recorded."""
        now = self.clock()
        return now - self._seen.first((uid, record.since.version if record.since else record.job_name or ""), now)

    async def read(self, ref: WorkloadRef) -> Record | None:
        """Return the workload's record; None if it is gone."""
        record = await records.read(self.api, ref)
        if record and record.job_name:
            self.saw(ref.uid, record)
        return record

    def leave_to_others(self, attempt: Attempt, message: str) -> None:
        """Raise TransientError while the creator that recorded the name may be at work without looking."""
        self._leave(attempt.uid, attempt.record, attempt, message)

    def _leave(self, uid: str, record: Record, attempt: Attempt | None, message: str) -> None:
        if not record.job_name or (attempt and attempt.first and attempt.name == record.job_name):
            return
        left = self.alone_for - self.saw(uid, record)
        if left > 0:
            raise TransientError(f"another creator may be at work: {message}", retry_after=left)

    async def fail(
        self, event: WorkloadResolved, reason: str, message: str, attempt: Attempt | None = None
    ) -> WorkloadFailed | None:
        """End the submission as failed: record it, remove what it made, return the fact; None if it ended otherwise.

        Raises TransientError while a creator that believes it is alone may still finish it.
        """
        ref = event.workload
        record = attempt.record if attempt else await self.read(ref)
        while record is not None and self.seals.decided_on(event, record):
            if record.phase:
                await self.tidy(event, record)
                return None
            if record.failure:
                made = await self._recorded(ref, record.failure)
                return await self._rolled_back(
                    as_of(event, record.resource_version, record), record, record.failure, made
                )
            self._leave(ref.uid, record, attempt, message)
            failure, made = await self._failure(event, record, reason, message, attempt)
            named = record if made or not record.job_name else _unnamed(record)
            try:
                written = await records.write(
                    self.api, ref, record.resource_version, job_name=named.job_name, since=named.since, failure=failure
                )
                version = written.resource_version
            except ConflictError:
                record = await self.read(ref)
                if attempt and record and record.job_name != attempt.name:  # another creator has taken another name
                    await self.removing.remove(ref, attempt.everything)
                continue
            except NotFoundError:
                return None
            except PermanentError as error:
                log.warning("the failure cannot be recorded", error=str(error))
                version = record.resource_version
                if record.job_name:  # others may be working under that name
                    return await self._unrecorded(as_of(event, version, record), record.job_name, failure, error)
            return await self._rolled_back(as_of(event, version, record), named, failure, made)
        return None

    async def tidy(self, event: WorkloadResolved, record: Record) -> None:
        """Remove what a creator that died may have made for a submission after it had ended."""
        ref = event.workload
        if record.failure:
            await self.removing.remove(ref, await self._recorded(ref, record.failure))
        elif record.job_name and record.phase == "Failed":  # rejected in the meantime, or impossible to record
            known = await self._known(event, record)
            found = await self.removing.existing(ref, known.all) if known else await self.removing.labelled(ref)
            await self.removing.remove(ref, found)
        elif record.since and record.since.left and (known := await self._known(event, record)):
            await self.removing.remove(ref, await self.removing.existing(ref, known.old))

    async def _rolled_back(
        self, event: WorkloadResolved, record: Record, failure: Failure, made: list[Made]
    ) -> WorkloadFailed:
        removed, left = await self.removing.remove(event.workload, made)
        return failed(event, record.job_name or None, failure, removed, left)

    async def _unrecorded(
        self, event: WorkloadResolved, job: str, failure: Failure, refusal: PermanentError
    ) -> WorkloadFailed:
        """End a submission whose failure cannot be recorded: remove its claim, so that nobody resumes it."""
        claim = CreatedResource(kind="ConfigMap", version="v1", namespace=event.workload.namespace, name=job)
        removed, left = await self.removing.remove(event.workload, [Made(claim)])
        told = failed(event, job, failure, [r for r in removed if r in failure.made], left)
        rest = [resource for resource in failure.made if resource != claim]
        removing = f"; being removed: {listed(rest)}" if rest else ""
        message = f"the failure could not be recorded ({refusal}){removing}"
        note = Event(type="Warning", reason=Reason.ROLLED_BACK, message=message)
        return told.model_copy(update={"unrecorded": True, "events": [*told.events, note]})

    async def _recorded(self, ref: WorkloadRef, failure: Failure) -> list[Made]:
        """Return what a recorded failure left to be removed, by this or another creator."""
        if failure.rest is None:
            others = await self.removing.labelled(ref)
        else:
            others = await self.removing.existing(ref, failure.rest)
        return [*(Made(resource) for resource in failure.made), *(o for o in others if o.resource not in failure.made)]

    async def _failure(
        self, event: WorkloadResolved, record: Record, reason: str, message: str, attempt: Attempt | None
    ) -> tuple[Failure, list[Made]]:
        """Return the failure to record, and what exists of this submission now, the claim first."""
        ref = event.workload
        if not record.job_name:
            return Failure(reason, message, (), (), sources_of(event)), []
        if attempt and attempt.knows_all and attempt.name == record.job_name:
            made, sources = attempt.everything, attempt.sources
            planned = self.plan(event, attempt.decision, attempt.name).resources if attempt.decision else []
        elif known := await self._known(event, record):
            made, sources, planned = await self.removing.existing(ref, known.all), known.sources, known.all
        else:
            made = await self.removing.labelled(ref)
            return Failure(reason, message, _resources(made), None, sources_of(event)), made
        rest = tuple(resource for resource in planned if resource not in _resources(made))
        return Failure(reason, message, _resources(made), rest, sources), made

    async def _known(self, event: WorkloadResolved, record: Record) -> "Known | None":
        """Return what the claim says; None if there is none, or nothing says any more what was planned."""
        ref, job = event.workload, record.job_name or ""
        try:
            item = await self.api.get(resource_path("configmaps", ref.namespace, job, "v1"))
            if not self.seals.owns(item, CLAIM, ref):
                return None
            claim = read_claim(item)
            decision = Decision.of_claim(claim)
            names = record.since.left if record.since else ()
            old = [each for name in names for each in self.plan(event, decision, name).resources]
            return Known(self.plan(event, decision, job).resources, old, sources_in(claim, event))
        except (PermanentError, ValueError):
            return None


class Known(NamedTuple):
    """What a submission makes, according to its claim."""

    planned: list[CreatedResource]
    old: list[CreatedResource]
    """What was to be made under names that were given up."""
    sources: Sources

    @property
    def all(self) -> list[CreatedResource]:
        """Return everything."""
        return [*self.old, *self.planned]


def _unnamed(record: Record) -> Record:
    """Return the record without the job's name, under which nothing was made: it may be somebody else's."""
    return replace(record, job_name="", since=Since(record.resource_version, time.time()))


def _resources(made: list[Made]) -> tuple[CreatedResource, ...]:
    return tuple(each.resource for each in made)
