"""Make the facts about a submission's outcome: everything was created, or why not and what remains. Pure."""

from collections.abc import Iterable

from services.creator.record import Failure, Record
from services.creator.sources import Sources, sources_of
from shared.errors import ForbiddenError, NotFoundError, PermanentError
from shared.messages import CreatedResource, Event, WorkloadCreated, WorkloadFailed, WorkloadResolved
from shared.objects import JsonObject
from shared.outputs.kinds import KindMissingError
from shared.reasons import Reason, known


def as_of(event: WorkloadResolved, version: str, record: Record | None = None) -> WorkloadResolved:
    """Return the event with the workload's given version, and whether it has a status according to its record."""
    has_status = event.workload.has_status if record is None else record.has_status
    now = {"resource_version": version, "has_status": has_status}
    return event.model_copy(update={"workload": event.workload.model_copy(update=now)})


def created(
    event: WorkloadResolved, job: str, sources: Sources, resources: list[CreatedResource], *, gone: bool = False
) -> WorkloadCreated:
    """Make the fact that everything decided was created: the claim, other outputs, the job. It may be `gone` again."""
    events = [*sources.events]
    if gone:
        message = f"{resources[-1].kind} {job} was created and has been removed since; it is not created again"
        events.append(Event(type="Warning", reason=Reason.NOTE, message=message))
    return WorkloadCreated(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        steps=event.steps,
        job_name=job,
        events=events,
        created=resources,
        **sources.told,
    )


def failed(
    event: WorkloadResolved,
    job: str | None,
    failure: Failure,
    removed: list[CreatedResource],
    left: list[str],
) -> WorkloadFailed:
    """Make the fact that the submission failed for a recorded reason.

    `removed` no longer exists; `left` could not be removed, each with the cause.
    """
    sources = failure.sources or sources_of(event)
    events = [*sources.events]
    if failure.made:
        events.append(
            Event(type="Info", reason=Reason.ROLLED_BACK, message=f"had been created: {listed(failure.made)}")
        )
    events.append(Event(type="Error", reason=failure.reason, message=failure.message))
    if removed:
        events.append(Event(type="Info", reason=Reason.ROLLED_BACK, message=f"was removed again: {listed(removed)}"))
    if left:
        message = f"could not be removed: {', '.join(left)}"
        events.append(Event(type="Warning", reason=Reason.ROLLED_BACK, message=message))
    return WorkloadFailed(
        workload=event.workload,
        attempt=event.attempt,
        observed_at=event.observed_at,
        steps=event.steps,
        reason=failure.reason,
        message=failure.message,
        resolved=True,
        job_name=job,
        events=events,
        **sources.told,
    )


def reason_of(error: PermanentError) -> str:
    """Return the reason that a status gives for a refusal by the API server or by Slipway itself."""
    if isinstance(error, NotFoundError) and not isinstance(error, KindMissingError):
        return Reason.NAMESPACE_GONE if error.kind == "namespaces" else Reason.OUTPUT_KIND_MISSING
    if isinstance(error, ForbiddenError) and "being terminated" in str(error):
        return Reason.NAMESPACE_GONE
    return known(error.reason)


def listed(resources: Iterable[CreatedResource]) -> str:
    """List the kinds and names of resources as part of a sentence."""
    return ", ".join(f"{resource.kind} {resource.name}" for resource in resources)


def resource_of(item: JsonObject, kind: str, version: str) -> CreatedResource:
    """Return what a status records about an object. The kind is given, since items of a list do not state theirs."""
    return CreatedResource(
        kind=kind, version=version, namespace=item["metadata"]["namespace"], name=item["metadata"]["name"]
    )
