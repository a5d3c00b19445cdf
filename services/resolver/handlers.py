"""`workload.observed` -> `workload.resolved` | `workload.rejected`."""

import asyncio
from collections.abc import Iterable

import structlog

from services.resolver.gather import Gather
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
from shared.names import FAILURE_ANNOTATION, JOB_NAME_ANNOTATION, SUBMITTED_BY_ANNOTATION
from shared.parameters.kinds import Kind, kind_of
from shared.process.bus import Bus
from shared.reasons import Reason
from shared.resolution.choice import base_named
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef, Violation, provenance_json
from shared.resolution.policy import Policy
from shared.resolution.verdict import Grounds, belongs, verdict
from shared.schedulers import Scheduler

log = structlog.get_logger()
Fact = WorkloadResolved | WorkloadRejected


async def judge(event: WorkloadObserved, gather: Gather, of_cluster: Scheduler = Scheduler.DEFAULT) -> Fact:
    """Return the values set of the workload, or every reason why it is rejected.

    `of_cluster` is the scheduler of projects that have none of their own. Raises TransientError while the resources
    that the verdict depends on cannot be read.
    """
    if JOB_NAME_ANNOTATION in event.annotations or FAILURE_ANNOTATION in event.annotations:
        return _decided_before(event)
    ref, kind = event.workload, kind_of(event.workload.kind)
    grounds = await _grounds(kind, event, gather, of_cluster)
    workload = Source(Origin.WORKLOAD, SourceRef(ref.namespace, ref.name, ref.uid, ref.resource_version), event.spec)
    result = verdict(kind, workload, grounds)
    return _rejected(event, grounds, result) if isinstance(result, Refused) else _resolved(event, grounds, result)


async def _grounds(kind: Kind, event: WorkloadObserved, gather: Gather, of_cluster: Scheduler) -> Grounds:
    """Read what the verdict depends on, and nothing that cannot matter."""
    namespace, base = event.workload.namespace, base_named(event.spec, event.workload.name)
    if not belongs(namespace, event.spec):
        return Grounds(namespace, projects=await gather.projects())
    applied, label, found = await asyncio.gather(
        gather.policy(kind, namespace),
        gather.scheduler(namespace),
        gather.base(kind, namespace, base) if base else _nothing(),
    )
    policy, shadowed = (applied.policy, applied.shadowed) if applied else (None, ())
    return Grounds(namespace, policy, shadowed, found, label, of_cluster)


async def _nothing() -> None:
    return None


def _resolved(event: WorkloadObserved, grounds: Grounds, result: Resolved) -> WorkloadResolved:
    return WorkloadResolved(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        values_set=result.values_set,
        provenance=provenance_json(result),
        policy=_reference(grounds.policy),
        base_workload=_reference(grounds.base),
        events=_events(grounds, result.notes),
        submitted_by=event.annotations.get(SUBMITTED_BY_ANNOTATION),
        scheduler=grounds.scheduler.value if grounds.scheduler else None,
    )


def _decided_before(event: WorkloadObserved) -> WorkloadResolved:
    """Return the fact about a workload whose decision is frozen in its claim.

    The creator continues from the claim, whatever a policy says now.
    """
    name = event.annotations.get(JOB_NAME_ANNOTATION, "")
    return _undecided(event).model_copy(update={"recorded_name": name})


def to_be_told(event: WorkloadObserved, fact: Fact) -> Fact:
    """Return the fact to publish: `fact` itself, but the creator gets a rejection that follows an earlier attempt.

    An earlier try may have decided for the workload and claimed its job's name. That decision is frozen, and only the
    creator knows about claims.
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


def _rejected(event: WorkloadObserved, grounds: Grounds, result: Refused) -> WorkloadRejected:
    return WorkloadRejected(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        reason=result.reason,
        violations=[_text(violation) for violation in result.violations],
        policy=_reference(grounds.policy),
        base_workload=_reference(grounds.base),
        events=_events(grounds, result.notes),
    )


def _text(violation: Violation) -> ViolationText:
    dotted = any("." in step for step in violation.path)
    return ViolationText(
        parameter=violation.parameter,
        message=violation.message,
        path=violation.path if dotted else None,
        rule=violation.rule,
        origin=violation.origin,
    )


def _events(grounds: Grounds, notes: Iterable[str]) -> list[Event]:
    warning = grounds.warning
    warnings = [Event(type="Warning", reason=Reason.AMBIGUOUS_POLICY, message=warning)] if warning else []
    return [*warnings, *(Event(type="Info", reason=Reason.NOTE, message=note) for note in notes)]


def _reference(read: Policy | Source | None) -> Reference | None:
    if read is None or read.ref is None:
        return None
    ref = read.ref
    return Reference(namespace=ref.namespace, name=ref.name, uid=ref.uid, resource_version=ref.resource_version)


def subscribe(bus: Bus, gather: Gather, settings: ResolverSettings, of_cluster: Scheduler = Scheduler.DEFAULT) -> None:
    """Subscribe the resolver to every observed workload; `of_cluster` is for projects that name no scheduler."""
    bus.tells(WorkloadResolved, WorkloadRejected, WorkloadFailed, WorkloadDelayed)

    async def on_last(event: WorkloadObserved, reason: Reason, sentence: str) -> None:
        if JOB_NAME_ANNOTATION in event.annotations:
            return  # its job may exist: only the creator may end it, and the watcher reports it again
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
        """Publish the workload's values set, or every reason why it is rejected."""
        fact = to_be_told(event, await judge(event, gather, of_cluster))
        await bus.tell(fact)
        log.info("told", fact=fact.subject)
