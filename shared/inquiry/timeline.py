"""The timeline of a submission over all services, from its creation to the end of its job. Pure.

Slipway's services keep their steps in the workload's status, to the microsecond. What Kubernetes stores is often in
whole seconds: such a time is the begin of its second, and steps of one second are in the order in which they follow
from each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final

from shared.inquiry.authors import stamps_of
from shared.inquiry.jobs import Job
from shared.inquiry.times import moment, span
from shared.inquiry.witnesses import Facts, about, condition, latest, since_of
from shared.jobs import end_of
from shared.objects import JsonObject

ORDER: Final = (
    "Created",
    "Observed",
    "Resolved",
    "Named",
    "Claimed",
    "Made",
    "Submitted",
    "Failed",
    "Delayed",
    "Started",
    "Queued",
    "Admitted",
    "Suspended",
    "Resumed",
    "Pod created",
    "Pod scheduled",
    "Pod running",
    "Pod ended",
    "Job succeeded",
    "Job failed",
    "Deleted",
)
"""Steps in the order in which they follow from each other."""
CAUSAL: Final = ORDER[1:6]
"""Steps that several services take one after another, each by its own clock."""
EVENTS: Final = {"Retrying": "Delayed"}
ROUGH: Final = "a time without a fraction is stored in whole seconds; each service goes by its own clock"
SKEWED: Final = "the clocks of the services disagree: {later} is {span} before {earlier}"
SECOND: Final = 1.0


@dataclass(frozen=True)
class Entry:
    """One step: what happened, when, and who did it."""

    step: str
    time: datetime
    by: str
    what: str = ""
    words: str = ""
    exact: bool = False
    """Whether the time is known more closely than to the second."""
    after: float | None = None
    """Seconds since the step before; None for the first one."""
    roughly: bool = False
    """Whether `after` may be up to a second off."""

    @property
    def when(self) -> str:
        """The time in UTC, with milliseconds only if they are known."""
        text = self.time.strftime("%Y-%m-%d %H:%M:%S.%f")
        return text[:-3] if self.exact else text[:-7]

    @property
    def gap(self) -> str:
        """The time since the step before: 12ms, 1.2s, <1s, ~3s, 5m; empty for the first one."""
        if self.after is None:
            return ""
        if self.roughly:
            return f"~{span(self.after)}" if self.after >= SECOND else "<1s"
        if self.after < SECOND:
            return f"{self.after * 1000:.0f}ms"
        return f"{self.after:.1f}s" if self.after < 10 else span(self.after)

    def to_json(self) -> JsonObject:
        """The entry for programs."""
        told = {"by": self.by, "what": self.what, "words": self.words}
        return {
            "step": self.step,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "exact": self.exact,
            **{key: text for key, text in told.items() if text},
            **({"after": round(self.after, 6), "roughly": self.roughly} if self.after is not None else {}),
        }


@dataclass(frozen=True)
class Timeline:
    """All steps of a submission, oldest first."""

    name: str
    namespace: str
    entries: Sequence[Entry]
    notes: Sequence[str] = ()

    def since_begin(self, *steps: str) -> str:
        """How long after the first step the first of these came; empty if none did."""
        found = next((entry for entry in self.entries if entry.step in steps), None)
        if found is None or found is self.entries[0]:
            return ""
        return _apart(self.entries[0], found).gap

    def to_json(self) -> JsonObject:
        """The timeline for programs."""
        entries = [entry.to_json() for entry in self.entries]
        return {"name": self.name, "namespace": self.namespace, "steps": entries, "notes": list(self.notes)}


def timeline(facts: Facts) -> Timeline:
    """The timeline of the submission that the facts are about."""
    found = [entry for source in SOURCES for entry in source(facts)]
    entries = sorted(found, key=lambda entry: (entry.time.replace(microsecond=0), _rank(entry), entry.time))
    spaced = [replace(entries[0]), *map(_apart, entries, entries[1:])] if entries else []
    notes = [*([ROUGH] if any(not entry.exact for entry in spaced) else []), *_skew(entries), *facts.unread]
    return Timeline(facts.name, facts.namespace, spaced, notes)


def _rank(entry: Entry) -> int:
    return ORDER.index(entry.step)


def _apart(before: Entry, entry: Entry) -> Entry:
    """The entry with its distance from the one before."""
    exact = before.exact and entry.exact
    times = (entry.time, before.time) if exact else (_whole(entry), _whole(before))
    return replace(entry, after=max((times[0] - times[1]).total_seconds(), 0.0), roughly=not exact)


def _whole(entry: Entry) -> datetime:
    return entry.time.replace(microsecond=0)


def _skew(entries: Sequence[Entry]) -> Iterator[str]:
    """A note for each step that came, by its service's clock, before the one that it follows from."""
    exact = sorted((entry for entry in entries if entry.exact and entry.step in CAUSAL), key=_rank)
    for earlier, later in pairwise(exact):
        apart = (earlier.time - later.time).total_seconds()
        if apart > 0 and later.step != earlier.step:
            yield SKEWED.format(later=later.step, earlier=earlier.step, span=f"{apart * 1000:.0f}ms")


# --------------------------------------------------------------------------------------------------- the submission
def _entry(step: str, time: str | None, by: str, what: str = "", words: str = "") -> Iterator[Entry]:
    """The entry, if the time is known."""
    read = moment(time)
    if read is not None:
        yield Entry(step, read, by, what, words, exact="." in str(time))


def of_workload(facts: Facts) -> Iterator[Entry]:
    """The creation of the workload, and what Slipway did with it."""
    workload = facts.workload
    if workload is None:
        return
    metadata, status = workload["metadata"], workload.get("status") or {}
    name = f"{workload['kind']} {metadata['name']}"
    by = stamps_of(workload).get("submittedBy") or "API server"
    yield from _entry("Created", metadata.get("creationTimestamp"), by, name)
    for step in status.get("steps") or _without_steps(facts, workload):
        word = "Made" if step["step"] == "Created" else str(step["step"])
        yield from _entry(word, step["time"], step["service"], str(step.get("what") or ""))
    for event in status.get("events") or []:
        if step_name := EVENTS.get(str(event.get("reason"))):
            times = f" ({event['count']} times)" if int(event.get("count") or 1) > 1 else ""
            yield from _entry(step_name, event.get("time"), "Slipway", "", f"{event['message']}{times}")
    yield from _entry("Deleted", metadata.get("deletionTimestamp"), "API server", name)


def _without_steps(facts: Facts, workload: JsonObject) -> Iterator[JsonObject]:
    """The steps of a workload of an older version, as far as its outputs and conditions tell them."""
    for made in facts.outputs:
        metadata = made["metadata"]
        step = "Claimed" if made["kind"] == "ConfigMap" else "Created"
        what = f"{made['kind']} {metadata['name']}"
        yield {"step": step, "service": "creator", "time": metadata.get("creationTimestamp"), "what": what}
    if told := condition(workload, "Submitted"):
        step = "Submitted" if told.get("status") == "True" else "Failed"
        yield {"step": step, "service": "status", "time": since_of(told)}


# --------------------------------------------------------------------------------------------------------- the job
def of_job(facts: Facts) -> Iterator[Entry]:
    """What runs the job, how it was held, and how it ended."""
    job, child = facts.job, facts.child
    if job is None:
        return
    name = f"{job.kind.kind} {job.name}"
    if facts.workload is None:
        yield from _entry("Created", job.resource["metadata"].get("creationTimestamp"), "API server", name)
    if child:
        metadata = child["metadata"]
        yield from _entry("Started", metadata.get("creationTimestamp"), "runner", f"{child['kind']} {metadata['name']}")
    if held := condition(job.resource, "Suspended"):
        step = "Suspended" if held.get("status") == "True" else "Resumed"
        yield from _entry(step, since_of(held), "runner", name)
    if end := end_of(job.resource):
        step = "Job failed" if end["type"] == "Failed" else "Job succeeded"
        yield from _entry(step, since_of(end), _runner_of(job), name, str(end.get("message") or ""))
    yield from _entry("Deleted", job.resource["metadata"].get("deletionTimestamp"), "API server", name)


def _runner_of(job: Job) -> str:
    return "runner" if job.kind.kind == "RunaiJob" else "operator"


def of_queue(facts: Facts) -> Iterator[Entry]:
    """The queue, if the job waited in one."""
    for one in facts.queued or ():
        name = f"Workload {one['metadata']['name']}"
        yield from _entry("Queued", one["metadata"].get("creationTimestamp"), "Kueue", name)
        admitted = condition(one, "Admitted")
        if admitted and admitted.get("status") == "True":
            yield from _entry("Admitted", since_of(admitted), "Kueue", name, str(admitted.get("message") or ""))


# -------------------------------------------------------------------------------------------------------- the pods
def of_pods(facts: Facts) -> Iterator[Entry]:
    """The pods: of many, the first and the last to take each step."""
    pods = facts.job.pods if facts.job else ()
    steps: dict[str, list[Entry]] = {}
    for pod in pods:
        for entry in _of_pod(facts, pod):
            steps.setdefault(entry.step, []).append(entry)
    for found in steps.values():
        found.sort(key=lambda entry: entry.time)
        first, *_, last = (found[0], found[-1])
        yield _counted(first, "first", len(found))
        if len(found) > 1:
            yield _counted(last, "last", len(found))


def _counted(entry: Entry, which: str, number: int) -> Entry:
    return replace(entry, what=f"{entry.what} ({which} of {number})") if number > 1 else entry


def _of_pod(facts: Facts, pod: JsonObject) -> Iterator[Entry]:
    metadata, name = pod["metadata"], f"Pod {pod['metadata']['name']}"
    owner = next((one["kind"] for one in metadata.get("ownerReferences") or []), "API server")
    yield from _entry("Pod created", metadata.get("creationTimestamp"), owner, name)
    scheduled = condition(pod, "PodScheduled")
    node = (pod.get("spec") or {}).get("nodeName")
    if scheduled and scheduled.get("status") == "True" and node:
        yield from _entry("Pod scheduled", _exactly(facts, pod, since_of(scheduled)), "scheduler", f"{name} on {node}")
    for container in _main(facts, pod):
        state = container.get("state") or {}
        ran = state.get("running") or state.get("terminated") or {}
        yield from _entry("Pod running", ran.get("startedAt"), f"node {node}", name)
        if ended := state.get("terminated"):
            how = f"exit code {ended.get('exitCode')}"
            yield from _entry("Pod ended", ended.get("finishedAt"), f"node {node}", name, how)


def _exactly(facts: Facts, pod: JsonObject, time: str | None) -> str | None:
    """When the pod was scheduled: the scheduler's event says it to the microsecond, as long as it is kept."""
    event = latest(about(facts.events, pod["metadata"]["uid"]), "Scheduled")
    exact, stored = moment((event or {}).get("eventTime")), moment(time)
    close = exact and stored and abs((exact - stored).total_seconds()) <= 2 * SECOND
    return str((event or {})["eventTime"]) if close else time


def _main(facts: Facts, pod: JsonObject) -> list[JsonObject]:
    """The status of the pod's main container, if it has one yet."""
    if facts.job is None:
        return []
    name = facts.job.main_container(pod)["name"]
    told = (pod.get("status") or {}).get("containerStatuses") or []
    return [one for one in told if one.get("name") == name]


SOURCES: Final[Iterable[Callable[[Facts], Iterator[Entry]]]] = (of_workload, of_job, of_queue, of_pods)
"""Where the steps come from."""
