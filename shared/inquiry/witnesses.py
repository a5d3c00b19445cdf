"""What is known about a job that does not run, and a cause why it does not. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.inquiry.jobs import Job
from shared.inquiry.sayings import LESS, Meaning, Outlook
from shared.inquiry.times import moment
from shared.objects import JsonObject
from shared.parameters.amounts import amount_of

QUOTA: Final = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<requested>\S+), used: (?P<used>\S+), limited: (?P<limited>\S+)"
)
PENDING: Final = "Pending"
USUAL: Final = 60.0
"""Seconds within which Slipway, the runner, operators and storage usually take the next step."""


@dataclass(frozen=True)
class Cause:
    """One reason why a job does not run."""

    outlook: Outlook
    sentence: str
    """The reason, without a capital and a full stop."""
    by: str
    """Who holds it, or says so."""
    about: str
    """The object that it is about."""
    words: str = ""
    """What `by` says itself."""
    since: str | None = None
    """When that was said, as the API server stores it."""
    remedy: str = ""
    """What a person can do, without a capital and a full stop."""

    def to_json(self) -> JsonObject:
        """The cause for programs."""
        told = {"by": self.by, "about": self.about, "words": self.words, "since": self.since, "remedy": self.remedy}
        return {
            "outlook": self.outlook.word,
            "sentence": self.sentence,
            **{key: one for key, one in told.items() if one},
        }


@dataclass(frozen=True)
class Facts:
    """What the API server holds about a job, as far as the person may read it."""

    name: str
    """Of the job; of the workload, if that has none yet."""
    namespace: str
    now: datetime
    job: Job | None = None
    workload: JsonObject | None = None
    child: JsonObject | None = None
    """The Job or StatefulSet that runs a RunaiJob; None also if it may not be read."""
    events: Sequence[JsonObject] = ()
    """Events about job, child, pods and claims."""
    claims: Mapping[str, JsonObject | None] = field(default_factory=dict)
    """The storage claims of the pods by name; None for one that does not exist."""
    queued: Sequence[JsonObject] | None = None
    """Kueue's Workloads of the job; None if they may not be read, or there are no such objects."""
    position: int | None = None
    """Its place in the queue, from 0, if Kueue shows that."""
    nodes: Sequence[JsonObject] | None = None
    """All nodes; None if they may not be read, or do not matter."""
    outputs: Sequence[JsonObject] = ()
    """What the submission created, if its workload does not say when; read only for a timeline."""
    unread: Sequence[str] = ()
    """Sentences about what could not be read."""

    @property
    def status(self) -> str:
        """The job's status in one word; the workload's, if there is no job."""
        if self.job is not None:
            return self.job.status
        return str(((self.workload or {}).get("status") or {}).get("phase") or PENDING)


def is_older(facts: Facts, time: str | None, seconds: float) -> bool:
    """Whether the time is longer ago than that; False if it is not known."""
    then = moment(time)
    return then is not None and (facts.now - then).total_seconds() > seconds


def condition(item: JsonObject, of_type: str) -> JsonObject | None:
    """The condition of that type; None if there is none."""
    told = (item.get("status") or {}).get("conditions") or []
    return next((one for one in told if one.get("type") == of_type), None)


def since_of(told: JsonObject | None) -> str | None:
    """When a condition began."""
    found = (told or {}).get("lastTransitionTime")
    return str(found) if found else None


def time_of(event: JsonObject) -> str:
    """When an event was last seen, as it is stored; empty if nothing says so."""
    series = (event.get("series") or {}).get("lastObservedTime")
    found = series or event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return str(found or "")


def about(events: Iterable[JsonObject], uid: str) -> list[JsonObject]:
    """The events about the object with that uid, oldest first."""
    return sorted((one for one in events if one["involvedObject"].get("uid") == uid), key=time_of)


def latest(events: Iterable[JsonObject], *reasons: str) -> JsonObject | None:
    """The newest of the events that have one of these reasons."""
    found = sorted((event for event in events if event.get("reason") in reasons), key=time_of)
    return found[-1] if found else None


def of_quota(words: str) -> Meaning | None:
    """What a used-up quota means: it has room again, or it never allows as much; None if it is about something else."""
    found = QUOTA.search(words)
    if not found:
        return None
    asked, used, most = (dict(_amounts(found[part])) for part in ("requested", "used", "limited"))
    quota = found["quota"]
    if over := [name for name in asked if _amount(asked[name]) > _amount(most.get(name))]:
        name = over[0]
        sentence = f"it asks for {asked[name]} {_plain(name)}, and quota {quota} never allows more than {most[name]}"
        return Meaning(Outlook.NEVER, sentence, LESS)
    full = (
        f"{used.get(name, '0')} of {most.get(name)} {_plain(name)} in use, {text} more needed"
        for name, text in asked.items()
    )
    return Meaning(Outlook.WAITS, f"quota {quota} has no room: {', '.join(full)}")


def _amounts(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, _, amount = part.partition("=")
        yield name, amount


def _plain(resource: str) -> str:
    return resource.removeprefix("requests.")


def _amount(text: str | None) -> Decimal:
    try:
        return amount_of(text or "")
    except ValueError:
        return Decimal("Infinity")
