"""`workload.observed` -> `workload.resolved` | `workload.rejected`."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog
from faststream.nats.annotations import NatsMessage

from services.resolver.admission import Admission
from services.resolver.gather import Gather
from services.resolver.settings import ResolverSettings
from shared.errors import TransientError
from shared.messages import (
    Event,
    Reference,
    Step,
    ViolationText,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadObserved,
    WorkloadRejected,
    WorkloadResolved,
)
from shared.names import FAILURE_ANNOTATION, GLOBAL_NAMESPACE, JOB_NAME_ANNOTATION, SUBMITTED_BY_ANNOTATION
from shared.parameters import sentences
from shared.parameters.kinds import Kind, kind_of
from shared.process.bus import Bus
from shared.process.metrics import counter
from shared.reasons import Reason
from shared.resolution.choice import base_named
from shared.resolution.decided import sealed
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef, Violation, provenance_json
from shared.resolution.policy import Policy
from shared.resolution.project import Hosts, hosts_in
from shared.resolution.seal import SealingKey
from shared.resolution.verdict import Grounds, belongs, named_secrets, verdict
from shared.schedulers import Scheduler
from shared.submitter import Submitter

NOT_STAMPED = counter(
    "slipway_not_stamped_total", "Workloads refused because no admission policy stamped them", services=("resolver",)
)
log = structlog.get_logger()
Fact = WorkloadResolved | WorkloadRejected


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator decided for all projects."""

    scheduler: Scheduler = Scheduler.DEFAULT
    """The scheduler of projects that name none."""
    reserved: tuple[str, ...] = ()
    """Hosts under which no workload may choose an address."""


PLAIN: Final = Choices()
"""The choices of an operator who changes nothing."""


async def judge(
    event: WorkloadObserved, gather: Gather, choices: Choices = PLAIN, admission: Admission | None = None
) -> Fact:
    """Return the values set of the workload, or every reason why it is rejected.

    With `admission`, only stamped workloads are resolved. Raises TransientError while the resources that the verdict
    depends on cannot be read, or while an admission policy is missing.
    """
    if FAILURE_ANNOTATION in event.annotations:
        return _undecided(event)
    if admission:
        await admission.must_stand()
        if not event.annotations.get(SUBMITTED_BY_ANNOTATION):
            return _unstamped(event)
    ref, kind = event.workload, kind_of(event.workload.kind)
    grounds = await _grounds(kind, event, gather, choices)
    workload = Source(Origin.WORKLOAD, SourceRef(ref.namespace, ref.name, ref.uid, ref.resource_version), event.spec)
    result = verdict(kind, workload, grounds)
    if named := named_secrets(result):
        rights = await gather.rights(Submitter.stamped(event.annotations), ref.namespace, named)
        grounds = replace(grounds, rights=rights)
        result = verdict(kind, workload, grounds)
    return _rejected(event, grounds, result) if isinstance(result, Refused) else _resolved(event, grounds, result)


async def _grounds(kind: Kind, event: WorkloadObserved, gather: Gather, choices: Choices) -> Grounds:
    """Read what the verdict depends on, and nothing that cannot matter."""
    namespace, base = event.workload.namespace, base_named(event.spec, event.workload.name)
    if not belongs(namespace, event.spec):
        return Grounds(namespace, projects=await gather.projects())
    applied, project, found = await asyncio.gather(
        gather.policy(kind, namespace),
        gather.project(namespace),
        gather.base(kind, namespace, base) if base else _nothing(),
    )
    policy, shadowed = (applied.policy, applied.shadowed) if applied else (None, ())
    return Grounds(
        namespace,
        policy,
        shadowed,
        found,
        project.scheduler,
        choices.scheduler,
        unlabelled=not (gather.by_prefix or project.labelled or namespace == GLOBAL_NAMESPACE),
        hosts=Hosts(project.hosts, choices.reserved),
        unsecured=not project.secured,
    )


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
        recorded_name=_recorded(event),
        scheduler=grounds.scheduler.value if grounds.scheduler else None,
    )


def to_be_told(event: WorkloadObserved, fact: Fact, deliveries: int) -> Fact:
    """Return the fact to publish: `fact` itself, but the creator gets a rejection that may follow an earlier decision.

    An earlier attempt, or an earlier delivery of this one, may have decided for the workload and claimed its job's
    name. That decision is frozen, and only the creator knows about claims.
    """
    first = event.attempt == 1 and deliveries == 1 and not _recorded(event)
    return fact if first or isinstance(fact, WorkloadResolved) else _undecided(event, fact)


def _recorded(event: WorkloadObserved) -> str | None:
    """Return the job's name that is recorded on the workload; None for none, also if it was given up."""
    return event.annotations.get(JOB_NAME_ANNOTATION) or None


def _undecided(event: WorkloadObserved, rejection: WorkloadRejected | None = None) -> WorkloadResolved:
    """Return the fact by which the creator goes on from the record, or else rejects the workload."""
    recorded = "" if FAILURE_ANNOTATION in event.annotations else None
    return WorkloadResolved(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        values_set={},
        provenance={},
        recorded_name=_recorded(event) or recorded,
        submitted_by=event.annotations.get(SUBMITTED_BY_ANNOTATION),
        rejection=rejection,
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


def _unstamped(event: WorkloadObserved) -> WorkloadRejected:
    """Reject a workload of which nobody can tell who submitted it."""
    NOT_STAMPED.inc()
    violation = ViolationText(parameter="workload", message=sentences.NOT_STAMPED)
    return WorkloadRejected(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        reason=Reason.NOT_STAMPED,
        violations=[violation],
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
    return Reference.model_validate(ref.to_json())


def timed(fact: Fact, now: datetime) -> Fact:
    """Return the fact with the resolver's step, for the workload's timeline."""
    steps = [Step(step="Resolved", service="resolver", time=now)]
    inner = fact.rejection if isinstance(fact, WorkloadResolved) else None
    rejection = {"rejection": inner.model_copy(update={"steps": steps})} if inner else {}
    return fact.model_copy(update={"steps": steps, **rejection})


def to_send(event: WorkloadObserved, fact: Fact, key: SealingKey | None) -> Fact:
    """Return the fact with the seal that the creator asks for. Raises TransientError while there is no key."""
    if isinstance(fact, WorkloadRejected):
        return fact
    if key is None:
        raise TransientError("the resolver has no key to seal its decision with")
    return sealed(fact, event.spec, event.annotations, key)


def subscribe(
    bus: Bus,
    gather: Gather,
    settings: ResolverSettings,
    key: Callable[[], SealingKey | None],
    of_cluster: Scheduler = Scheduler.DEFAULT,
    admission: Admission | None = None,
) -> None:
    """Subscribe the resolver to every observed workload; `of_cluster` is for projects that name no scheduler.

    With `admission`, it resolves only what the admission policies stamped.
    """
    choices = Choices(of_cluster, hosts_in(settings.reserved_hosts))
    bus.tells(WorkloadResolved, WorkloadRejected, WorkloadFailed, WorkloadDelayed)

    async def on_last(event: WorkloadObserved, reason: Reason, sentence: str) -> None:
        if _recorded(event):  # its job may exist: only the creator may end it
            await bus.tell(to_send(event, _undecided(event), key()))
            return
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
    async def on_workload_observed(event: WorkloadObserved, message: NatsMessage) -> None:
        """Publish the workload's values set, or every reason why it is rejected."""
        deliveries = message.raw_message.metadata.num_delivered or 1
        fact = to_be_told(event, await judge(event, gather, choices, admission), deliveries)
        await bus.tell(to_send(event, timed(fact, datetime.now(UTC)), key()))
        log.info("told", fact=fact.subject)
