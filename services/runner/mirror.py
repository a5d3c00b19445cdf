"""What a RunaiJob's status is to say of what runs it. Pure."""

from typing import Final

from shared.jobs import ENDS, end_of
from shared.objects import JsonObject

COUNTS: Final = ("active", "succeeded", "failed")
SUSPENDED: Final = "Suspended"
ABOUT_TO_END: Final = ("SuccessCriteriaMet", "FailureTarget")
"""What a batch/v1 Job says of itself just before Complete or Failed, while the last pods go."""


def status_patch(job: JsonObject, child: JsonObject, now: str) -> JsonObject | None:
    """The merge patch of the RunaiJob's status, or None when there is nothing to tell.

    An end that was told is never taken back; the first start is kept; a start alone is no news, nor is what runs it
    alone. `now` is an RFC 3339 time in UTC.
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
    """What a RunaiJob says of what runs it: its kind, name and uid."""
    metadata = child["metadata"]
    return {"kind": child["kind"], "name": metadata["name"], "uid": metadata["uid"]}


def failure_patch(job: JsonObject, reason: str, message: str, now: str) -> JsonObject:
    """The merge patch of the status of a RunaiJob that failed for a reason of ours, with nothing left that runs."""
    condition = _condition("Failed", "True", reason, message, now)
    told = (job.get("status") or {}).get("conditions") or []
    return {"active": 0, "conditions": _conditions(told, [condition])}


def _seen(job: JsonObject, child: JsonObject, now: str) -> JsonObject:
    """The child's status in the words of a RunaiJob's."""
    status = child.get("status") or {}
    if child["kind"] == "Job":
        conditions = [c for c in status.get("conditions") or [] if _is_told(c)]
        return {**status, "conditions": conditions}
    active = status.get("replicas") or 0
    started = {"startTime": child["metadata"].get("creationTimestamp")} if active else {}
    return {"active": active, "conditions": _suspension(job, child, now), **started}


def _suspension(job: JsonObject, stateful_set: JsonObject, now: str) -> list[JsonObject]:
    """A StatefulSet has no word for it: it is suspended while it is to have no pod."""
    suspended = (stateful_set.get("spec") or {}).get("replicas") == 0
    told = next((c for c in (job.get("status") or {}).get("conditions") or [] if c.get("type") == SUSPENDED), None)
    if suspended:
        return [_condition(SUSPENDED, "True", "JobSuspended", "Job suspended", now)]
    return [_condition(SUSPENDED, "False", "JobResumed", "Job resumed", now)] if told else []


def _conditions(told: list[JsonObject], seen: list[JsonObject]) -> list[JsonObject]:
    """What was told, with what is seen in place of older conditions of its type; the same is left as it was told."""
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
    """All of it but the times."""
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
