"""`workload.observed` -> `workload.resolved` | `workload.rejected`."""

import asyncio
from collections.abc import Iterable

import structlog

from services.resolver.gather import Applied, Gather
from services.resolver.settings import ResolverSettings
from shared.messages import (
    Event,
    Reference,
    ViolationText,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadObserved,
    WorkloadRejected,
    WorkloadResolved,
)
from shared.names import FAILURE_ANNOTATION, JOB_NAME_ANNOTATION, SUBMITTED_BY_ANNOTATION, project_of
from shared.parameters import sentences
from shared.parameters.kinds import kind_of
from shared.process.bus import Bus
from shared.reasons import Reason
from shared.resolution.choice import unfit_base
from shared.resolution.model import Origin, Refused, Source, SourceRef, Violation, provenance_json
from shared.resolution.resolve import resolve
from shared.schedulers import SCHEDULER_LABEL, Scheduler, scheduler_of

log = structlog.get_logger()
Fact = WorkloadResolved | WorkloadRejected


async def judge(event: WorkloadObserved, gather: Gather, of_cluster: Scheduler = Scheduler.DEFAULT) -> Fact:
    """The values set of the workload, or every reason why it is refused; `of_cluster` is the scheduler of projects that
    have none of their own.

    Raises TransientError while what it rests on cannot be read.
    """
    if JOB_NAME_ANNOTATION in event.annotations or FAILURE_ANNOTATION in event.annotations:
        return _decided_before(event)
    ref, kind = event.workload, kind_of(event.workload.kind)
    project = project_of(ref.namespace)
    if project is None:
        return _rejected(
            event,
            Reason.NO_PROJECT,
            [Violation("namespace", sentences.no_project(ref.namespace, await gather.projects()))],
        )
    policy, own = await asyncio.gather(gather.policy(kind, ref.namespace), gather.scheduler(ref.namespace))
    scheduler = of_cluster if own is None else scheduler_of(own)
    if scheduler is None:
        unknown = sentences.unknown_scheduler(SCHEDULER_LABEL, own or "", list(Scheduler))
        return _rejected(event, Reason.POLICY_VIOLATION, [Violation("namespace", unknown)], policy)
    base: Source | None = None
    if name := event.spec.get("baseWorkload"):
        unfit = unfit_base(name, ref.name)
        base = None if unfit else await gather.base(kind, ref.namespace, name)
        if base is None:
            wrong = unfit or sentences.base_not_found(name, project)
            return _rejected(event, Reason.BASE_NOT_FOUND, [Violation("baseWorkload", wrong)], policy)
    workload = Source(Origin.WORKLOAD, SourceRef(ref.namespace, ref.name, ref.uid, ref.resource_version), event.spec)
    result = resolve(kind, workload, base, policy.policy if policy else None, scheduler=scheduler)
    events = [*_warnings(policy), *_notes(result.notes)]
    if isinstance(result, Refused):
        whole = any(violation.parameter == "spec" for violation in result.violations)  # not one value: all of them
        reason = Reason.TOO_LARGE if whole else Reason.POLICY_VIOLATION
        return _rejected(event, reason, result.violations, policy, base, events)
    return WorkloadResolved(
        workload=ref,
        attempt=event.attempt,
        observed_at=event.observed_at,
        values_set=result.values_set,
        provenance=provenance_json(result),
        policy=_reference(policy.ref) if policy else None,
        base_workload=_reference(base.ref) if base and base.ref else None,
        events=events,
        submitted_by=event.annotations.get(SUBMITTED_BY_ANNOTATION),
        scheduler=scheduler.value,
    )


def _decided_before(event: WorkloadObserved) -> WorkloadResolved:
    """What was decided is frozen in the workload's claim: the creator goes on from there, whatever a policy says by
    now."""
    name = event.annotations.get(JOB_NAME_ANNOTATION, "")
    return _undecided(event).model_copy(update={"recorded_name": name})


def to_be_told(event: WorkloadObserved, fact: Fact) -> Fact:
    """The fact itself; a rejection of what was told of before is told by way of the creator.

    An earlier try may have decided for the workload and claimed its job's name: what was decided is frozen, and the
    creator alone knows of claims.
    """
    if event.attempt == 1 or isinstance(fact, WorkloadResolved):
        return fact
    return _undecided(event).model_copy(update={"rejection": fact})


def _undecided(event: WorkloadObserved) -> WorkloadResolved:
    return WorkloadResolved(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        values_set={},
        provenance={},
        submitted_by=event.annotations.get(SUBMITTED_BY_ANNOTATION),
    )


def _rejected(
    event: WorkloadObserved,
    reason: Reason,
    violations: Iterable[Violation],
    policy: Applied | None = None,
    base: Source | None = None,
    events: list[Event] | None = None,
) -> WorkloadRejected:
    return WorkloadRejected(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        reason=reason,
        violations=[ViolationText(parameter=v.parameter, message=v.message) for v in violations],
        policy=_reference(policy.ref) if policy else None,
        base_workload=_reference(base.ref) if base and base.ref else None,
        events=_warnings(policy) if events is None else events,
    )


def _warnings(policy: Applied | None) -> list[Event]:
    if policy is None or not policy.shadowed:
        return []
    sentence = sentences.several_policies(policy.ref.namespace, policy.ref.name, policy.shadowed)
    return [Event(type="Warning", reason=Reason.AMBIGUOUS_POLICY, message=sentence)]


def _notes(notes: Iterable[str]) -> list[Event]:
    return [Event(type="Info", reason=Reason.NOTE, message=note) for note in notes]


def _reference(ref: SourceRef) -> Reference:
    return Reference(namespace=ref.namespace, name=ref.name, uid=ref.uid, resource_version=ref.resource_version)


def subscribe(bus: Bus, gather: Gather, settings: ResolverSettings, of_cluster: Scheduler = Scheduler.DEFAULT) -> None:
    """Have every observed workload resolved, for `of_cluster` where its project has no scheduler of its own."""
    bus.tells(WorkloadResolved, WorkloadRejected, WorkloadFailed, WorkloadDelayed)

    async def on_last(event: WorkloadObserved, reason: Reason, sentence: str) -> None:
        if JOB_NAME_ANNOTATION in event.annotations:
            return  # its job may be there: the creator alone may end it, and the watcher will tell of it again
        await bus.tell(
            WorkloadFailed(
                workload=event.workload,
                attempt=event.attempt,
                observed_at=event.observed_at,
                reason=reason,
                message=sentence,
                resolved=False,
            )
        )

    @bus.consumes(WorkloadObserved, on_last=on_last, workers=settings.workers, give_up_after=settings.give_up_after)
    async def on_workload_observed(event: WorkloadObserved) -> None:
        """Publish the workload's values set, or every reason why it is refused."""
        fact = to_be_told(event, await judge(event, gather, of_cluster))
        await bus.tell(fact)
        log.info("told", fact=fact.subject)
