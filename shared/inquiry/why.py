"""Decides why a job does not run: whether it waits for room, for somebody, or can never run as it is. Pure.

A stage is a place where a job can stop on its way from its workload to a running container. The first stage that knows
a cause answers. What the speakers of a stage say is read by the tables of `shared.inquiry.sayings`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shared.inquiry.jobs import KNATIVE_SERVICE, RUNAI_JOB, Job
from shared.inquiry.refusal import broken, errors
from shared.inquiry.sayings import ADMIN, OF_CREATION, OF_KUEUE, Meaning, Outlook, meaning
from shared.inquiry.stuck_pods import of_pod
from shared.inquiry.witnesses import USUAL, Cause, Facts, condition, is_older, latest, of_quota, since_of, time_of
from shared.jobs import PHASES_AT_END, end_of, is_suspended
from shared.names import KUEUE_QUEUE_LABEL
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS

DECIDED: Final = "mend this, and submit it again; `runai explain {name}` shows every value"
RETRYING: Final = "Retrying"


@dataclass(frozen=True)
class Answer:
    """Why a job does not run, with the worst outlook of all causes."""

    name: str
    namespace: str
    status: str
    causes: Sequence[Cause]
    notes: Sequence[str] = ()
    """What could not be read, so that it may be missing here."""
    outlook: Outlook = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outlook", max(cause.outlook for cause in self.causes))

    def to_json(self) -> JsonObject:
        """The answer for programs."""
        return {
            "job": self.name,
            "namespace": self.namespace,
            "status": self.status,
            "outlook": self.outlook.word,
            "causes": [cause.to_json() for cause in self.causes],
            "notes": list(self.notes),
        }


def why(facts: Facts) -> Answer:
    """The answer: what the first stage that knows a cause says."""
    found = next((causes for stage in STAGES if (causes := list(stage(facts)))), [])
    return Answer(facts.name, facts.namespace, facts.status, together(found), facts.unread)


def together(causes: Iterable[Cause]) -> list[Cause]:
    """The causes, worst first; equal ones of several pods are one."""
    found: dict[Cause, list[str]] = {}
    first: dict[Cause, Cause] = {}
    for cause in causes:
        key = replace(cause, about="", words="", since=None)
        first.setdefault(key, cause)
        found.setdefault(key, []).append(cause.about)
    merged = [
        replace(first[key], about=f"{places[0]} and {len(places) - 1} more" if len(places) > 1 else places[0])
        for key, places in found.items()
    ]
    return sorted(merged, key=lambda cause: -cause.outlook)


# ------------------------------------------------------------------------------------------------------- the submission
def of_submission(facts: Facts) -> Iterator[Cause]:
    """A workload that failed, or about which nothing is decided yet."""
    workload = facts.workload
    if workload is None or facts.job is not None:
        return
    status, about = workload.get("status") or {}, f"{workload['kind']} {workload['metadata']['name']}"
    remedy = DECIDED.format(name=workload["metadata"]["name"])
    if status.get("phase") == "Failed":
        reasons = [f"{one.parameter}: {one.message}" for one in broken(status)] or errors(status)
        since = since_of(condition(workload, "Submitted"))
        yield from (Cause(Outlook.NEVER, reason, "Slipway", about, remedy=remedy, since=since) for reason in reasons)
    elif status.get("phase"):
        yield Cause(Outlook.ENDED, "its job was deleted", "Slipway", about)
    else:
        yield _undecided(facts, workload, about)


def _undecided(facts: Facts, workload: JsonObject, about: str) -> Cause:
    told = (workload.get("status") or {}).get("conditions") or []
    delayed = next((one for one in told if one.get("reason") == RETRYING), None)
    if delayed:
        words = str(delayed.get("message"))
        return Cause(Outlook.WAITS, "Slipway tries again", "Slipway", about, words, since_of(delayed))
    return _late(facts, workload, "Slipway has not decided about it yet", "Slipway", about)


def _late(facts: Facts, item: JsonObject, sentence: str, by: str, about: str) -> Cause:
    """A step that is due: it comes soon, or is late, so that who takes it may be down."""
    created = item["metadata"].get("creationTimestamp")
    late = is_older(facts, created, USUAL)
    remedy = f"{by} may be down: {ADMIN}" if late else ""
    return Cause(Outlook.BLOCKED if late else Outlook.WAITS, sentence, by, about, since=created, remedy=remedy)


# ---------------------------------------------------------------------------------------------- the job
def of_job(facts: Facts) -> Iterator[Cause]:
    """A job that is gone, has ended, is suspended, or runs."""
    job = facts.job
    if job is None:
        return
    about, resource = _about(job), job.resource
    if job.gone:
        yield Cause(Outlook.ENDED, "it was deleted", "Slipway", about)
    elif removed := resource["metadata"].get("deletionTimestamp"):
        yield Cause(Outlook.ENDED, "it is being deleted", "Kubernetes", about, since=removed)
    elif end := end_of(resource):
        yield _ended(job, end, about)
    elif is_suspended(resource):
        remedy = f"resume it: `runai resume {job.name}`"
        yield Cause(Outlook.BLOCKED, "somebody has suspended it", "Slipway", about, remedy=remedy)
    elif job.status == "Running":
        count = len(job.running())
        yield Cause(Outlook.RUNS, f"{count} {'pod runs' if count == 1 else 'pods run'}", "Kubernetes", about)


def _ended(job: Job, end: JsonObject, about: str) -> Cause:
    failed, words = end["type"] == "Failed", str(end.get("message") or end.get("reason") or "")
    remedy = f"read its log: `runai logs {job.name}`" if failed and job.pods else ""
    sentence = "it has failed" if failed else "it has succeeded"
    return Cause(Outlook.ENDED, sentence, job.kind.kind, about, words, since_of(end), remedy)


def _about(job: Job) -> str:
    return f"{job.kind.kind} {job.name}"


# ---------------------------------------------------------------------------------------------- the queue
def of_queue(facts: Facts) -> Iterator[Cause]:
    """A job that Kueue holds back: its Workloads say why."""
    job = facts.job
    queue = (job.resource["metadata"].get("labels") or {}).get(KUEUE_QUEUE_LABEL) if job else None
    if job is None or queue is None or not _held(job, facts):
        return
    if facts.queued is None:
        yield Cause(Outlook.WAITS, f"queue {queue} has not admitted it yet", "Kueue", _about(job))
        return
    if not facts.queued:
        yield _late(facts, job.resource, f"Kueue has not put it into queue {queue} yet", "Kueue", _about(job))
        return
    for one in facts.queued:
        found, words, since = _of_queued(one, queue)
        place = f"; it is number {facts.position + 1} in line" if facts.position is not None else ""
        sentence = f"{found.sentence}{place}"
        yield Cause(found.outlook, sentence, "Kueue", _about(job), words, since, found.remedy)


def _held(job: Job, facts: Facts) -> bool:
    """Whether Kueue holds the job back: it keeps a job suspended, or keeps its pods from the scheduler."""
    spec = job.resource.get("spec") or {}
    suspended = ((facts.child or {}).get("spec") or {}).get("suspend") or (spec.get("runPolicy") or {}).get("suspend")
    gated = any(_gates(pod) for pod in job.pods)
    return bool(suspended or gated or (facts.queued and not job.pods))


def _gates(pod: JsonObject) -> list[str]:
    gates = (pod.get("spec") or {}).get("schedulingGates") or []
    return [str(gate["name"]) for gate in gates if str(gate["name"]).startswith("kueue.x-k8s.io/")]


def _of_queued(one: JsonObject, queue: str) -> tuple[Meaning, str, str | None]:
    """What a Workload of Kueue says, in our words and in its own, and since when."""
    if (one.get("spec") or {}).get("active") is False:
        return meaning("deactivated", OF_KUEUE, queue=queue), "", None
    reserved = condition(one, "QuotaReserved")
    if reserved and reserved.get("status") == "True":
        checks = [
            check for check in (one.get("status") or {}).get("admissionChecks") or [] if check["state"] != "Ready"
        ]
        if checks:
            words = "; ".join(f"{check['name']}: {check['state']} {check.get('message') or ''}" for check in checks)
            return meaning("admission check", OF_KUEUE, queue=queue), words, checks[0].get("lastTransitionTime")
        return meaning("", OF_KUEUE, queue=queue), "", since_of(reserved)
    told = reserved or condition(one, "Evicted") or {}
    words = str(told.get("message") or "")
    return _worst(words, queue), words, since_of(told)


def _worst(words: str, queue: str) -> Meaning:
    """The meaning of what Kueue says of several pod sets: one that never fits keeps the others out for ever."""
    parts = words.split("couldn't assign flavors")
    found = [meaning(part, OF_KUEUE, queue=queue) for part in parts if part.strip()]
    return max(found or [meaning("", OF_KUEUE, queue=queue)], key=lambda one: one.outlook)


# ---------------------------------------------------------------------------------------------- the start
def of_start(facts: Facts) -> Iterator[Cause]:
    """A job that nobody has taken up yet."""
    job = facts.job
    if job is None or job.pods:
        return
    status = job.resource.get("status") or {}
    if job.kind == RUNAI_JOB and not (facts.child or status.get("runsAs")):
        yield _late(facts, job.resource, "the runner has not started it yet", "the runner", _about(job))
    operator = OUTPUT_KINDS[job.kind.kind, job.kind.api_version].operator
    if job.kind != RUNAI_JOB and operator and not status.get("conditions"):
        yield _late(facts, job.resource, "its operator has not taken it up yet", operator, _about(job))


def of_creation(facts: Facts) -> Iterator[Cause]:
    """A job whose pods cannot be created, or not all of them."""
    job = facts.job
    if job is None:
        return
    if job.kind == KNATIVE_SERVICE and (ready := condition(job.resource, "Ready")) and not _living(job):
        words, unready = str(ready.get("message") or ready.get("reason") or ""), ready.get("status") == "False"
        outlook = Outlook.BLOCKED if unready else Outlook.WAITS
        yield Cause(outlook, "Knative has not made it ready", "Knative", _about(job), words, since_of(ready))
        return
    refused = _refusal(facts, job) if len(_living(job)) < _wanted(job) else None
    if refused:
        words, since = refused
        found = of_quota(words) or meaning(words, OF_CREATION)
        yield Cause(found.outlook, found.sentence, "the API server", _about(job), words, since, found.remedy)
    elif not _living(job):
        yield Cause(Outlook.WAITS, "its pods are not created yet", "Kubernetes", _about(job))
    yield from of_pods(facts)


def _living(job: Job) -> list[JsonObject]:
    return [pod for pod in job.pods if (pod.get("status") or {}).get("phase") not in PHASES_AT_END]


def _wanted(job: Job) -> int:
    """How many pods should be there now."""
    spec, status = job.resource.get("spec") or {}, job.resource.get("status") or {}
    at_a_time = sum(count for _, count in job.templates())
    left = (spec.get("completions") or at_a_time) - int(status.get("succeeded") or 0)
    return min(at_a_time, max(left, 0))


def _refusal(facts: Facts, job: Job) -> tuple[str, str | None] | None:
    """The last refusal of a pod, in the words of who wanted to create it, and when that was."""
    failure = condition(job.resource, "ReplicaFailure")
    if failure and failure.get("status") == "True":
        return str(failure.get("message")), since_of(failure)
    event = latest(facts.events, "FailedCreate")
    newest = max((str(pod["metadata"].get("creationTimestamp")) for pod in job.pods), default="")
    if event is None or time_of(event) < newest:  # a pod was created after it
        return None
    return str(event.get("message")), time_of(event)


def of_pods(facts: Facts) -> Iterator[Cause]:
    """Pods that exist and do not run."""
    for pod in _living(facts.job) if facts.job else ():
        yield from of_pod(facts, pod)


def of_nothing(facts: Facts) -> Iterator[Cause]:
    """The end of the stages: nothing says why."""
    yield Cause(Outlook.WAITS, "nothing says why it does not run", "Kubernetes", f"job {facts.name}")


Stage = Callable[[Facts], Iterator[Cause]]
STAGES: Final[Sequence[Stage]] = (of_submission, of_job, of_queue, of_start, of_creation, of_nothing)
"""Where a job can stop, in the order in which it passes them."""
