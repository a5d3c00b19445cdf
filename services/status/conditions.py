"""Compute a workload's status from a fact: conditions, events, outcome. Pure.

Conditions have the shape of `metav1.Condition`; their time is that of the last change of their `status`. Events are
sorted newest last, equal ones are counted, and at most fifty are kept.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from services.status.violations import cut, in_one_line, listed, sentence
from shared.messages import (
    Event,
    Reference,
    WorkloadCreated,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadMessage,
    WorkloadRejected,
)
from shared.objects import JsonObject
from shared.parameters.limits import MOST_EVENTS, MOST_STEPS, MOST_VIOLATIONS
from shared.reasons import Reason

JsonObjects = list[JsonObject]
Outcome = WorkloadCreated | WorkloadRejected | WorkloadFailed

MOST_OF_VIOLATIONS: Final = 40
"""Events about violations; of the fifty, the rest is left to earlier events."""
STEPS: Final = ("Resolved", "Created", "Submitted")
"""Slipway's own conditions. An outcome replaces all of them, so that none still mentions a retry."""
KEEPS_RULES: Final = "the values set satisfies every rule"
ALL_CREATED: Final = "all the resources were created successfully"
LONGEST_MESSAGE: Final = 4096
"""Characters of a message in the status: what the API server allows, with room to spare."""
LONGEST_NOTE: Final = 1024
"""Largest size of a Kubernetes Event's note in bytes."""
SHORTEST: Final = 256
"""Largest size of the one message in a minimal status in bytes."""
LISTS: Final = ("events", "violations", "createdResources", "steps", "policy", "baseWorkload")
"""Members of a status that a minimal one does without."""


def submitted(fact: WorkloadCreated, before: JsonObject, now: datetime) -> JsonObject:
    """Return the status of a workload whose outputs all exist."""
    events = [*fact.events, Event(type="Info", reason=Reason.ALL_CREATED, message=ALL_CREATED)]
    conditions = [
        _condition("Resolved", True, Reason.RESOLVED, KEEPS_RULES),
        _condition("Created", True, Reason.ALL_CREATED, ALL_CREATED),
        _condition("Submitted", True, Reason.ALL_CREATED, ALL_CREATED),
    ]
    return {
        **_common(fact, "Submitted", conditions, events, before, now),
        "jobName": fact.job_name,
        "createdResources": [resource.model_dump(by_alias=True) for resource in fact.created],
    }


def rejected(fact: WorkloadRejected, before: JsonObject, now: datetime) -> JsonObject:
    """Return the status of a workload that breaks rules, with every violation in the same words everywhere.

    If there are more than a status can hold, every place says how many more there are.
    """
    shown = listed(fact.violations, MOST_OF_VIOLATIONS)
    events = [*fact.events, *(Event(type="Error", reason=fact.reason, message=sentence(v)) for v in shown)]
    message = in_one_line(fact.violations, LONGEST_MESSAGE)
    conditions = [
        _condition("Resolved", False, fact.reason, message),
        _condition("Submitted", False, fact.reason, message),
    ]
    return {
        **_common(fact, "Failed", conditions, events, before, now),
        "violations": [
            {"parameter": one.parameter, "message": one.message} for one in listed(fact.violations, MOST_VIOLATIONS)
        ],
    }


def failed(fact: WorkloadFailed, before: JsonObject, now: datetime) -> JsonObject:
    """Return the status of a workload that could not be resolved, or whose outputs could not all be made."""
    events = fact.events or [Event(type="Error", reason=fact.reason, message=fact.message)]
    conditions = [
        *([_condition("Resolved", True, Reason.RESOLVED, KEEPS_RULES)] if fact.resolved else []),
        _condition("Resolved" if fact.resolved is False else "Created", False, fact.reason, fact.message),
        _condition("Submitted", False, fact.reason, fact.message),
    ]
    return _common(fact, "Failed", conditions, events, before, now)


def delayed(fact: WorkloadDelayed, before: JsonObject, now: datetime) -> JsonObject:
    """Return the status of a delayed workload: the retry is visible, the outcome open."""
    event = retrying(fact)
    conditions = [
        *([_condition("Resolved", True, Reason.RESOLVED, KEEPS_RULES)] if fact.service == "creator" else []),
        _condition("Resolved" if fact.service == "resolver" else "Created", False, Reason.RETRYING, event.message),
    ]
    stated = {condition["type"] for condition in conditions}
    kept = [c for c in before.get("conditions") or [] if c["type"] not in stated]
    return {"conditions": [*kept, *_as_of(fact, conditions, before, now)], "events": _events(before, [event], now)}


def retrying(fact: WorkloadDelayed) -> Event:
    """Return the event that shows a delay."""
    return Event(type="Warning", reason=Reason.RETRYING, message=f"{fact.message} (the {fact.service} tries again)")


def outcome(fact: Outcome, before: JsonObject, now: datetime) -> JsonObject:
    """Return the status that this fact makes of the previous one."""
    match fact:
        case WorkloadCreated():
            return submitted(fact, before, now)
        case WorkloadRejected():
            return rejected(fact, before, now)
        case WorkloadFailed():
            return failed(fact, before, now)


def minimal(fact: Outcome, now: datetime) -> JsonObject:
    """Return the smallest status that ends a workload, for an API server that refuses the whole one.

    It holds the phase, the job's name and one short condition. As a merge patch it removes all lists.
    """
    done = isinstance(fact, WorkloadCreated)
    reason, message = outcome_of(fact)
    condition = _condition("Submitted", done, reason, cut(message, SHORTEST))
    return {
        "phase": "Submitted" if done else "Failed",
        "observedGeneration": fact.workload.generation,
        "conditions": list(_as_of(fact, [condition], {}, now)),
        **dict.fromkeys(LISTS),
        **({"jobName": fact.job_name} if isinstance(fact, WorkloadCreated) else {}),
    }


def outcome_of(fact: Outcome) -> tuple[str, str]:
    """Return reason and message of how the submission ended, as the condition Submitted shows them."""
    match fact:
        case WorkloadCreated():
            return Reason.ALL_CREATED, ALL_CREATED
        case WorkloadRejected():
            return fact.reason, in_one_line(fact.violations, LONGEST_MESSAGE)
        case WorkloadFailed():
            return fact.reason, fact.message[:LONGEST_MESSAGE]


def told(fact: Outcome) -> list[Event]:
    """Return the Kubernetes Events for this fact: notes and warnings, then the outcome in one sentence."""
    match fact:
        case WorkloadCreated():
            return [*fact.events, Event(type="Info", reason=Reason.ALL_CREATED, message=ALL_CREATED)]
        case WorkloadRejected():
            return [
                *fact.events,
                Event(type="Error", reason=fact.reason, message=in_one_line(fact.violations, LONGEST_NOTE)),
            ]
        case WorkloadFailed():
            return fact.events or [Event(type="Error", reason=fact.reason, message=fact.message)]


def _common(
    fact: Outcome,
    phase: str,
    conditions: list[JsonObject],
    events: Iterable[Event],
    before: JsonObject,
    now: datetime,
) -> JsonObject:
    others = [c for c in before.get("conditions") or [] if c["type"] not in STEPS]
    return {
        "phase": phase,
        "observedGeneration": fact.workload.generation,
        "conditions": [*others, *_as_of(fact, conditions, before, now)],
        "events": _events(before, events, now),
        "steps": _steps(fact, phase, now),
        **{key: _reference(ref) for key, ref in (("policy", fact.policy), ("baseWorkload", fact.base_workload)) if ref},
    }


def _steps(fact: Outcome, phase: str, now: datetime) -> JsonObjects:
    """Return what happened when, from the observation to the outcome; of too many steps, the last ones are left out."""
    begin = {"step": "Observed", "service": "watcher", "time": _exact(fact.observed_at)}
    steps = [{**step.model_dump(by_alias=True), "time": _exact(step.time)} for step in fact.steps]
    end = {"step": phase, "service": "status", "time": _exact(now)}
    return [begin, *steps[: MOST_STEPS - 2], end]


def _condition(kind: str, status: bool, reason: str, message: str) -> JsonObject:
    return {
        "type": kind,
        "status": "True" if status else "False",
        "reason": str(reason),
        "message": message[:LONGEST_MESSAGE],
    }


def _as_of(fact: WorkloadMessage, conditions: Iterable[JsonObject], before: JsonObject, now: datetime) -> JsonObjects:
    """Complete the conditions with generation and time: the previous time if the condition's status has not changed."""
    since = {(c["type"], c["status"]): c.get("lastTransitionTime") for c in before.get("conditions") or []}
    generation = fact.workload.generation
    return [
        {
            **condition,
            "lastTransitionTime": since.get((condition["type"], condition["status"])) or _time(now),
            "observedGeneration": generation,
        }
        for condition in conditions
    ]


def _events(before: JsonObject, new: Iterable[Event], now: datetime) -> list[JsonObject]:
    events: list[JsonObject] = [dict(event) for event in before.get("events") or []]
    for event in new:
        message = event.message[:LONGEST_MESSAGE]
        same = next(
            (e for e in events if (e["type"], e.get("reason"), e["message"]) == (event.type, event.reason, message)),
            None,
        )
        if same:
            events.remove(same)
        count = {"count": same.get("count", 1) + 1} if same else {}
        events.append(
            {"time": _time(now), "type": event.type, "reason": str(event.reason), "message": message, **count}
        )
    return events[-MOST_EVENTS:]


def _reference(reference: Reference) -> JsonObject:
    return reference.model_dump(by_alias=True)


def _exact(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
