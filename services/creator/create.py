"""Create all output resources of a resolved workload, or none and record the reason.

The name of the job is recorded on the workload first, then the claim is created, then everything else, and the job
last. A creator that continues finds the name, and by it all that exists.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from services.creator import record as records
from services.creator.attempt import Attempt
from services.creator.claim import Decision, There, create_or_adopt
from services.creator.ending import Ending, Outcome
from services.creator.history import Past, ever
from services.creator.indices import Indices
from services.creator.plan import Plan
from services.creator.record import Record, Since
from services.creator.removing import collection_of
from services.creator.seals import CLAIM, Seals
from services.creator.settings import CreatorSettings
from services.creator.sources import sources_in
from services.creator.telling import as_of, created, reason_of
from shared.errors import ConflictError, NotFoundError, PermanentError, RightsError, SlipwayError, TransientError
from shared.inquiry.numbers import prefix_of
from shared.kubernetes.api import Api
from shared.messages import WorkloadResolved
from shared.names import JOB_SINCE_ANNOTATION, is_name, item_path, resource_path
from shared.objects import JsonObject
from shared.outputs.configmap import Claim, owned_by, read_claim
from shared.outputs.conflicts import BeingRemovedError, NameTakenError, name_conflict
from shared.outputs.kinds import missing
from shared.outputs.sizes import must_fit
from shared.process.delivery import RIGHTS_TRIES
from shared.process.remembered import Remembered
from shared.reasons import Reason
from shared.schedulers import Scheduler

MOST_NAMES: Final = 20
"""Names with something made under them that a submission gives up before it fails."""
FRESH_FOR: Final = 60.0
"""Seconds for which a creation is assumed to be remembered, or nothing to have been removed since. The API server
remembers longer than this unless it was restarted."""


class JobUnknownError(PermanentError):
    """Nobody can tell whether the job has existed."""

    reason = Reason.JOB_UNKNOWN


class NotDecidedError(Exception):
    """The message decides nothing about the workload as it is, so it is ignored; the watcher reports that again."""


@dataclass
class Creator:
    """Creates the outputs of workloads. Any number of creators may hold the same message at once."""

    api: Api
    indices: Indices
    seals: Seals
    settings: CreatorSettings
    ack_wait: float
    scheduler: Scheduler = Scheduler.DEFAULT
    """The scheduler of jobs if neither message nor claim names one."""
    clock: Callable[[], float] = time.monotonic
    _absent: Remembered[tuple[str, str], str] = field(default_factory=Remembered)
    """The version up to which a workload's job is known never to have existed, by workload and name."""
    ending: Ending = field(init=False)

    def __post_init__(self) -> None:
        self.ending = Ending(self.api, self.seals, self._plan, self.ack_wait, self.clock)

    async def submit(self, event: WorkloadResolved, deliveries: int, met: int = 0) -> Outcome:
        """Bring the submission to its end, from wherever an earlier try left it.

        `deliveries` counts those of this message so far; `met` is how often this process has worked on the workload
        before.

        Raises TransientError if the cluster is busy; the same message is then delivered again.
        """
        new = deliveries + met == 1 and event.recorded_name is None and event.rejection is None
        record = _as_observed(event) if new else await self.ending.read(event.workload)
        while record is not None:
            if record.phase:
                if deliveries > 1:  # an earlier holder may have died after another one ended the submission
                    await self.ending.tidy(event, record)
                return None
            if not self.seals.decided_on(event, record):
                return None
            attempt = Attempt(event, record, self.clock())
            try:
                with attempt.quoting_no_secret():
                    return await self._submit(attempt)
            except NotDecidedError:
                return None
            except ConflictError:
                record = await self.ending.read(event.workload)
            except PermanentError as error:
                if isinstance(error, RightsError) and deliveries < RIGHTS_TRIES:
                    raise  # tried again
                if isinstance(error, NotFoundError) and await self.ending.read(event.workload) is None:
                    return None  # deleted in the meantime: the cluster removes what was made with it
                return await self.ending.fail(event, reason_of(error), str(error), attempt)
        return None

    async def fail(self, event: WorkloadResolved, reason: str, message: str) -> Outcome:
        """End the submission as failed: record it, remove what it made, return the fact; None if it ended otherwise.

        Raises TransientError while a creator that believes it is alone may still finish it.
        """
        return await self.ending.fail(event, reason, message)

    async def _submit(self, attempt: Attempt) -> Outcome:
        event = attempt.event
        if attempt.record.failure:
            return await self.ending.fail(event, Reason.INTERNAL_ERROR, "", attempt)
        if not attempt.name:
            if event.rejection:
                return event.rejection
            await self._name(attempt, Decision.of_message(event))
        while True:
            try:
                return await self._make(attempt)
            except NameTakenError as taken:
                await self._take_next_name(attempt, taken)

    async def _make(self, attempt: Attempt) -> Outcome:
        """Create what does not exist yet, and return the fact."""
        if not await self._claim(attempt):
            return await self._give_name_up(attempt)
        assert attempt.decision, "a claim holds one"
        plan = self._plan(attempt.event, attempt.decision, attempt.name)
        for output in plan.outputs:
            must_fit(output)
        await self._sweep(attempt)
        *others, job = plan.outputs
        if not attempt.fresh and await self._exists(attempt, job):
            return self._created(attempt, plan)
        for output in others:
            await self._create(attempt, output)
        if not attempt.fresh and await self._existed(attempt, job):
            await self.ending.removing.remove(attempt.event.workload, attempt.added)
            return self._created(attempt, plan, gone=True)
        if not attempt.first and await self._is_over(attempt):
            return await self._overtaken(attempt, None)
        made = await self._create(attempt, job)
        if attempt.first and self.clock() - attempt.began < self.ending.alone_for:
            return self._created(attempt, plan)
        if await self._is_over(attempt):
            return await self._overtaken(attempt, made)
        return self._created(attempt, plan)

    def _created(self, attempt: Attempt, plan: Plan, *, gone: bool = False) -> Outcome:
        event = as_of(attempt.event, attempt.record.resource_version, attempt.record)
        told = event.model_copy(update={"steps": [*event.steps, *attempt.steps]})
        return created(told, plan.job, attempt.sources, plan.resources, gone=gone)

    # ------------------------------------------------------------------------------------------------------- the name
    async def _name(self, attempt: Attempt, decision: Decision, left: tuple[str, ...] = ()) -> None:
        """Record the name that the values state, or the next one of their prefix."""
        if not decision.values:
            nothing = "it decides nothing, and nothing was decided before"
            self.seals.refused(attempt.event.workload, "Undecided", nothing)
            raise NotDecidedError
        prefix = prefix_of(decision.values)
        name = str(decision.values["name"]) if prefix is None else await self.indices.next(attempt.namespace, prefix)
        await self._record(attempt, name, left)
        if not self.seals.decided_on(attempt.event, attempt.record):
            await self._record(attempt, "")
            raise NotDecidedError
        attempt.decision = decision

    async def _record(self, attempt: Attempt, name: str, left: tuple[str, ...] = ()) -> None:
        before = attempt.record.resource_version
        since = Since(before, time.time(), left)
        attempt.began = self.clock()
        written = await records.write(self.api, attempt.event.workload, before, job_name=name, since=since)
        attempt.named(name, since, written)
        self.ending.saw(attempt.uid, attempt.record)

    async def _take_next_name(self, attempt: Attempt, taken: NameTakenError) -> None:
        """Go on under the next name of the prefix; raises `taken` if somebody chose the name that is taken."""
        decision = attempt.decision or await self._decision(attempt)
        prefix = prefix_of(decision.values) if decision.values else None
        left = attempt.record.since.left if attempt.record.since else ()
        blocked = attempt.blocked
        if prefix is None or len(left) >= MOST_NAMES:
            raise taken
        if blocked and not self._plan(attempt.event, decision, attempt.name).follows(blocked):
            raise taken
        self.ending.leave_to_others(attempt, str(taken))
        if blocked:
            self.indices.found_taken(attempt.namespace)
        else:
            self.indices.found_claimed(attempt.namespace, prefix)
        left = (*left, attempt.name) if attempt.made else left
        if attempt.made and not attempt.knows_all:  # an earlier try may have made more
            attempt.left = (*attempt.left, attempt.name)
        await self._name(attempt, decision, left)

    async def _give_name_up(self, attempt: Attempt) -> Outcome:
        """Return the rejection of a workload for which nothing was decided before."""
        self.ending.leave_to_others(attempt, "it is rejected")
        await self._record(attempt, "")
        return attempt.event.rejection

    # ------------------------------------------------------------------------------------------------------ the claim
    async def _claim(self, attempt: Attempt) -> bool:
        """Create the claim, or find it. Return False if there has never been one and the workload is now rejected."""
        path = resource_path("configmaps", attempt.namespace, api_version="v1")
        if not attempt.first:
            if not is_name(attempt.name):  # somebody has written something else there
                raise _claim_deleted(attempt.name)
            found = await self._get(item_path(path, attempt.name))
            if found is not None and owned_by(found, attempt.uid):
                self.seals.must_count(found, attempt.event.workload, attempt.record)
                self._adopt(attempt, found)
                return True
            await self._must_be_unclaimed(attempt, path)
            if attempt.event.rejection:
                return False
            if found is not None:
                raise await self._foreign(attempt, found)
        decision = attempt.decision or await self._decision(attempt)
        if not decision.values:
            raise PermanentError("what was decided earlier is no longer on record")
        body = self._plan(attempt.event, decision, attempt.name).claim
        body["metadata"]["annotations"] = {JOB_SINCE_ANNOTATION: attempt.record.resource_version}
        try:
            taken = partial(self.seals.taken, ref=attempt.event.workload, record=attempt.record)
            there = await create_or_adopt(self.api, path, body, attempt.uid, taken=taken)
        except BeingRemovedError as error:
            if prefix_of(decision.values) is None:
                raise
            raise NameTakenError(str(error)) from error
        self._claimed(attempt, there)
        return True

    def _adopt(self, attempt: Attempt, found: JsonObject) -> None:
        if "deletionTimestamp" in found["metadata"]:
            raise _claim_deleted(attempt.name)
        self._claimed(attempt, There(found, new=False))

    async def _foreign(self, attempt: Attempt, found: JsonObject) -> SlipwayError:
        """Return why the claim cannot be created. Another number is free at once, so what is being removed is taken."""
        conflict = await name_conflict(self.api, "ConfigMap", attempt.name, found)
        numbered = prefix_of(attempt.event.values_set) is not None
        return NameTakenError(str(conflict)) if numbered and isinstance(conflict, BeingRemovedError) else conflict

    def _claimed(self, attempt: Attempt, there: There) -> None:
        claim: Claim = read_claim(there.item)
        metadata = there.item["metadata"]
        attempt.fresh, attempt.decision = there.new, Decision.of_claim(claim)
        attempt.sources = sources_in(claim, attempt.event)
        noted = (metadata.get("annotations") or {}).get(JOB_SINCE_ANNOTATION)
        attempt.claimed_at = noted or metadata["resourceVersion"]
        attempt.claimed_on = metadata.get("creationTimestamp")
        attempt.keep(there, "ConfigMap", "v1")

    async def _must_be_unclaimed(self, attempt: Attempt, path: str) -> None:
        """Raise PermanentError if the recorded name has had a claim, or if nobody can tell."""
        since = attempt.record.since
        if since is None:  # an older version records a name only once it has its claim
            raise _claim_deleted(attempt.name)
        sealed = partial(self.seals.owns, kind=CLAIM, ref=attempt.event.workload)
        past = (await ever(self.api, path, attempt.name, attempt.uid, since.version, counts=sealed)).past
        if past is Past.ONCE:
            raise _claim_deleted(attempt.name)
        if past is Past.FORGOTTEN and time.time() - since.at > FRESH_FOR:
            raise JobUnknownError(
                f"ConfigMap {attempt.name} does not exist, and nobody can tell any more whether it was created"
            )

    async def _decision(self, attempt: Attempt) -> Decision:
        """Return what the claim of a name that was given up holds, or else what the message says."""
        for name in reversed(attempt.left):
            found = await self._get(resource_path("configmaps", attempt.namespace, name, "v1"))
            if found is None or not owned_by(found, attempt.uid):
                continue
            if self.seals.flaw(found, attempt.event.workload, attempt.record) is None:
                return Decision.of_claim(read_claim(found))
        return Decision.of_message(attempt.event)

    # -------------------------------------------------------------------------------------------------- everything else
    async def _create(self, attempt: Attempt, output: JsonObject) -> There:
        collection = collection_of(output)
        try:
            there = await create_or_adopt(self.api, collection, output, attempt.uid, look_first=not attempt.fresh)
        except NameTakenError:
            attempt.blocked = output
            raise
        except NotFoundError as error:
            if error.kind:  # the namespace itself is gone
                raise
            raise missing(output) from error
        attempt.keep(there, output["kind"], output["apiVersion"])
        if there.new:
            attempt.added.append(attempt.made[-1])
        return there

    async def _exists(self, attempt: Attempt, job: JsonObject) -> bool:
        """Return whether the job exists, so that everything else was made; NameTakenError if it is something else's."""
        name = job["metadata"]["name"]
        found = await self._get(item_path(collection_of(job), name))
        if found is None:
            return False
        if not owned_by(found, attempt.uid):
            attempt.blocked = job
            raise await name_conflict(self.api, job["kind"], name, found)
        await self._note_made(attempt)
        return True

    async def _existed(self, attempt: Attempt, job: JsonObject) -> bool:
        """Return whether the job, which does not exist, was created before; JobUnknownError if nobody can tell."""
        if attempt.record.since and attempt.record.since.made:
            return True
        kind, name, key = job["kind"], job["metadata"]["name"], (attempt.uid, attempt.name)
        since = self._absent.get(key, None) or attempt.claimed_at or ""
        past, until = await ever(self.api, collection_of(job), name, attempt.uid, since)
        if past is Past.FORGOTTEN and _age(attempt.claimed_on) > FRESH_FOR:
            raise JobUnknownError(
                f"{kind} {name} does not exist, and nobody can tell any more whether it was created; "
                "submit the workload again"
            )
        if until:
            self._absent.put(key, until)
        return past is Past.ONCE

    async def _note_made(self, attempt: Attempt) -> None:
        """Note that the job exists, if the end of the submission is late: the job may be gone before it is recorded."""
        record = attempt.record
        if attempt.event.attempt > 1 and record.since and not record.since.made and record.job_name:
            made = Since(record.since.version, record.since.at, record.since.left, made=True)
            ref, before = attempt.event.workload, record.resource_version
            written = await records.write(self.api, ref, before, job_name=record.job_name, since=made)
            attempt.record = replace(record, resource_version=written.resource_version, failure=None, since=made)

    async def _sweep(self, attempt: Attempt) -> None:
        """Remove what was made under names that were given up."""
        assert attempt.decision, "a claim holds one"
        for name in attempt.left:
            plan = self._plan(attempt.event, attempt.decision, name)
            attempt.stale += await self.ending.removing.existing(attempt.event.workload, plan.resources)
        await self.ending.removing.remove(attempt.event.workload, attempt.stale)
        attempt.left, attempt.stale = (), []

    async def _is_over(self, attempt: Attempt) -> bool:
        """Return whether another creator has ended the submission, or given its name up."""
        name, now = attempt.name, await self.ending.read(attempt.event.workload)
        if now is None:
            attempt.gone = True
            return True
        attempt.record = now
        return now.failure is not None or now.phase is not None or now.job_name != name

    async def _overtaken(self, attempt: Attempt, job: There | None) -> Outcome:
        """Undo what this attempt did after another creator had ended the submission."""
        record = attempt.record
        if attempt.gone:
            return None
        if record.phase == "Submitted":
            if job and job.new and await self._is_second(attempt, job.item):
                await self.ending.removing.remove(attempt.event.workload, attempt.made[-1:])
            return None
        await self.ending.removing.remove(attempt.event.workload, attempt.everything)
        if record.failure or record.phase:
            return await self.ending.fail(attempt.event, Reason.INTERNAL_ERROR, "", attempt)
        raise TransientError("another creator has taken another name", retry_after=0.5)

    async def _is_second(self, attempt: Attempt, job: JsonObject) -> bool:
        """Return whether there was a job before this one, rather than another creator that found this one."""
        name, own, since = job["metadata"]["name"], job["metadata"]["uid"], attempt.claimed_at or ""
        return (await ever(self.api, collection_of(job), name, attempt.uid, since, own)).past is Past.ONCE

    async def _get(self, path: str) -> JsonObject | None:
        try:
            return await self.api.get(path)
        except NotFoundError:
            return None

    def _plan(self, event: WorkloadResolved, decision: Decision, job: str) -> Plan:
        return Plan(event, decision, job, self.settings.site, self.scheduler)


def _as_observed(event: WorkloadResolved) -> Record:
    """Return the record of a workload on which nothing was recorded when it was observed."""
    return Record(event.workload.resource_version, None, None, None, event.workload.has_status)


def _claim_deleted(name: str) -> PermanentError:
    return PermanentError(f"ConfigMap {name}, which holds what was decided, has been deleted")


def _age(timestamp: str | None) -> float:
    """Return the seconds since a time that the API server wrote."""
    return time.time() - datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0
