"""Compute a RunaiJob's status from the object that runs it. Pure."""

from typing import Final

from shared.jobs import ENDS, end_of
from shared.objects import JsonObject

COUNTS: Final = ("active", "succeeded", "failed")
SUSPENDED: Final = "Suspended"
ABOUT_TO_END: Final = ("SuccessCriteriaMet", "FailureTarget")
"""Conditions that a batch/v1 Job reports just before Complete or Failed, while its last pods stop."""


def status_patch(job: JsonObject, child: JsonObject, now: str) -> JsonObject | None:
    """Return the merge patch of the RunaiJob's status, or None if there is nothing to report.

    A reported end is never taken back, and the first start time is kept. A start time alone is not worth a write, nor
    is the reference to the object that runs the job. `now` is an RFC 3339 time in UTC.
    """
    if end_of(job) or _about_to_end(child):
        return None
    before, seen = job.get("status") or {}, _seen(job, child, now)
    counts: JsonObject = {key: seen.get(key) or 0 for key in COUNTS}
    news: JsonObject = {key: count for key, count in counts.items() if count != (before.get(key) or 0)}
    told = before.get("conditions") or []
    conditions = _conditions(told, seen["conditions"])
    if [_essence(condition) for condition in conditions] != [_essence(condition) for condition in told]:
        news["conditions"] = conditions
    if not news:
        return None
    if "runsAs" not in before:
        news["runsAs"] = runs_as(child)
    times = {
        "startTime": before.get("startTime") or seen.get("startTime"),
        "completionTime": seen.get("completionTime"),
    }
    return {**news, **{key: time for key, time in times.items() if time and time != before.get(key)}}


def runs_as(child: JsonObject) -> JsonObject:
    """Return the kind, name and uid by which a RunaiJob refers to the object that runs it."""
    metadata = child["metadata"]
    return {"kind": child["kind"], "name": metadata["name"], "uid": metadata["uid"]}


def failure_patch(job: JsonObject, reason: str, message: str, now: str) -> JsonObject:
    """Return the status patch of a RunaiJob that failed for a reason of Slipway's own and has no child left."""
    condition = _condition("Failed", "True", reason, message, now)
    told = (job.get("status") or {}).get("conditions") or []
    return {"active": 0, "conditions": _conditions(told, [condition])}


def _seen(job: JsonObject, child: JsonObject, now: str) -> JsonObject:
    """Translate the child's status into that of a RunaiJob."""
    status = child.get("status") or {}
    if child["kind"] == "Job":
        conditions = [c for c in status.get("conditions") or [] if _is_told(c)]
        return {**status, "conditions": conditions}
    active = status.get("replicas") or 0
    started = {"startTime": child["metadata"].get("creationTimestamp")} if active else {}
    return {"active": active, "conditions": _suspension(job, child, now), **started}


def _suspension(job: JsonObject, stateful_set: JsonObject, now: str) -> list[JsonObject]:
    """Derive suspension from the replicas: a StatefulSet has no field for it and is suspended if it wants no pod."""
    suspended = (stateful_set.get("spec") or {}).get("replicas") == 0
    told = next((c for c in (job.get("status") or {}).get("conditions") or [] if c.get("type") == SUSPENDED), None)
    if suspended:
        return [_condition(SUSPENDED, "True", "JobSuspended", "Job suspended", now)]
    return [_condition(SUSPENDED, "False", "JobResumed", "Job resumed", now)] if told else []


def _conditions(told: list[JsonObject], seen: list[JsonObject]) -> list[JsonObject]:
    """Merge the observed conditions into the reported ones; a condition that has not changed stays as reported."""
    types = {condition["type"] for condition in seen}
    known = {_essence(condition): condition for condition in told}
    kept = [condition for condition in told if condition.get("type") not in types]
    return kept + [known.get(_essence(condition), condition) for condition in seen]


def _is_told(condition: JsonObject) -> bool:
    kind, status = condition.get("type"), condition.get("status")
    return kind == SUSPENDED or (kind in ENDS and status == "True")


def _about_to_end(child: JsonObject) -> bool:
    conditions = (child.get("status") or {}).get("conditions") or []
    soon = any(c.get("type") in ABOUT_TO_END and c.get("status") == "True" for c in conditions)
    return soon and end_of(child) is None


def _essence(condition: JsonObject) -> tuple[object, ...]:
    """Return everything but the times."""
    return tuple(condition.get(key) for key in ("type", "status", "reason", "message"))


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> JsonObject:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastProbeTime": now,
        "lastTransitionTime": now,
    }
