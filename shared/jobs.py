"""How a job stands, from the job and its pods as the API server holds them, in the words of researchers. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from shared.names import KUEUE_QUEUE_LABEL
from shared.objects import JsonObject

ENDS: Final = ("Complete", "Succeeded", "Failed")
"""Types of the conditions that a job ends in: a RunaiJob's and a batch/v1 Job's are the same; of an MPIJob and a
PyTorchJob it is Succeeded."""
JOB_DELETED: Final = "JobDeleted"
"""Reason of a RunaiJob that failed because what ran it was deleted."""
_DISPLAYED_ENDS: Final = {"DeadlineExceeded": "TimedOut", JOB_DELETED: "Deleted"}
"""What a job that failed for one of these reasons is displayed as; for all others it is Failed."""
_TIMED_OUT: Final = "longer than specified deadline"
"""What the message says of a PyTorchJob that took too long, whose reason is that of every failure."""
_COMPLETED: Final = "Completed"
"""Kubernetes' word for a container that ended with 0."""
_DISPLAYED_PODS: Final = {_COMPLETED: "Succeeded", "StartError": "ContainerCannotRun", "Failed": "Error"}
"""What researchers call a pod's state, where it differs from Kubernetes' word."""
PHASES_AT_END: Final = ("Succeeded", "Failed")
"""Phases of pods that run no more."""
_PREEMPTED: Final = "Preempted"
_PREEMPTIONS: Final = ("PreemptionByScheduler", "Preempting", _PREEMPTED)
"""Reasons of a pod that had to make room for more urgent ones. One that was evicted had not: its node was short of
memory or disk, or was drained."""


def end_of(job: JsonObject) -> JsonObject | None:
    """The condition (Complete, Succeeded or Failed) in which a job ended; None while it has not."""
    return _condition(job, *ENDS)


def restarts_forever(job: JsonObject) -> bool:
    """Whether a RunaiJob's pod is started again whenever it ends (interactive), rather than run to its end."""
    template = (job.get("spec") or {}).get("template") or {}
    return ((template.get("spec") or {}).get("restartPolicy") or "Always") == "Always"


def job_status(job: JsonObject | None, pods: Sequence[JsonObject]) -> str:
    """One word for the whole job, of whatever kind (None once it is gone), and all of its pods.

    Where pods differ, the one that is furthest from running counts: a job with a pending pod is Pending, although its
    others run.
    """
    if job is None:
        return "Deleted"
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    if end := end_of(job):
        return _failure(end) if end["type"] == "Failed" else "Succeeded"
    if is_suspended(job):
        return "Suspended"
    if str(job.get("apiVersion")).startswith("serving.knative.dev/"):
        return _status_of_server(job, pods)
    return _status_of_pods(pods)


def is_suspended(job: JsonObject) -> bool:
    """Whether a person suspended the job: a Deployment by taking its replicas away, which it has no other word for."""
    spec = job.get("spec") or {}
    held = spec.get("suspend") or (spec.get("runPolicy") or {}).get("suspend")
    return bool(spec.get("replicas") == 0 or (held and not left_to_kueue(job)))


def left_to_kueue(job: JsonObject) -> bool:
    """Whether Kueue alone suspends the job and lets it run, from a queue: while it waits there it is pending.

    Of what runs for ever (a Deployment, an interactive RunaiJob) Kueue holds the pods: a person still says whether it
    has any.
    """
    queued = KUEUE_QUEUE_LABEL in (job["metadata"].get("labels") or {})
    return queued and not ("template" in (job.get("spec") or {}) and restarts_forever(job))


def _condition(job: JsonObject, *types: str, status: str = "True") -> JsonObject | None:
    """The first condition of one of these types that is so."""
    conditions = (job.get("status") or {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") in types and c.get("status") == status), None)


def _failure(end: JsonObject) -> str:
    if _TIMED_OUT in str(end.get("message")):
        return "TimedOut"
    reason, _, _ = str(end.get("reason") or "").partition("/")  # after it comes that of the launcher's last pod
    return _DISPLAYED_ENDS.get(reason, "Failed")


def _status_of_server(job: JsonObject, pods: Sequence[JsonObject]) -> str:
    """Of a Knative Service, whose pods come and go with its requests: one that is ready runs, even without any."""
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and _phase(pod) not in PHASES_AT_END]
    if staying:
        return _status_of_pods(staying)
    if _condition(job, "Ready"):
        return "Running"
    return "Failed" if _condition(job, "Ready", status="False") else _status_of_pods(pods)


def _status_of_pods(pods: Sequence[JsonObject]) -> str:
    alive = [pod_status(pod) for pod in pods if _phase(pod) not in PHASES_AT_END]
    if alive:
        return min(alive, key=_distance)
    if not pods:
        return "Pending"
    # The next pod is still to come, as it surely does after one that was preempted, or the job's own end to be told.
    newest = pod_status(max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", ""))))
    return {"Succeeded": "Running", _PREEMPTED: "Pending"}.get(newest, newest)


def _distance(status: str) -> int:
    """The smaller, the further from running; what is not named here keeps a container from running."""
    order = {"Pending": 0, "ContainerCreating": 2, "PodInitializing": 3, "Terminating": 4, "Running": 5, "Succeeded": 6}
    return order.get(status, 1)


def pod_status(pod: JsonObject) -> str:
    """One word for a pod, much as kubectl finds it: Pending, ContainerCreating, Running, Succeeded, Error,
    CrashLoopBackOff, ImagePullBackOff, Init:0/1, Terminating ..."""
    phase = _phase(pod)
    if "deletionTimestamp" in pod["metadata"] and phase not in PHASES_AT_END:
        return "Terminating"
    if initial := _initial(pod):
        return initial
    if phase == "Failed" and _preempted(pod):
        return _PREEMPTED
    reason = _reason(pod) or phase
    if reason == "Pending" and (pod.get("spec") or {}).get("nodeName"):
        reason = "ContainerCreating"
    return _DISPLAYED_PODS.get(reason, reason)


def _reason(pod: JsonObject) -> str:
    """Why the containers of a pod do not run: the first that has a better reason than that it is done counts.

    Empty where they run, or where the pod's phase says all.
    """
    containers = _containers(pod)
    reasons = [reason for container in containers if (reason := _state(container))]
    unfinished = next((reason for reason in reasons if reason != _COMPLETED), "")
    if unfinished or not reasons or _phase(pod) in PHASES_AT_END or any(map(_runs, containers)):
        return unfinished
    return "CrashLoopBackOff" if (pod.get("spec") or {}).get("restartPolicy") == "Always" else _COMPLETED


def _containers(pod: JsonObject) -> list[JsonObject]:
    """What is told of the containers, in the order of the pod's spec, the main one first; Kubernetes tells by name."""
    order = [container.get("name") for container in (pod.get("spec") or {}).get("containers") or []]
    told = (pod.get("status") or {}).get("containerStatuses") or []
    return sorted(told, key=lambda one: order.index(one["name"]) if one.get("name") in order else len(order))


def _preempted(pod: JsonObject) -> bool:
    status = pod.get("status") or {}
    disruptions = [c for c in status.get("conditions") or [] if c.get("type") == "DisruptionTarget"]
    return any(told.get("reason") in _PREEMPTIONS for told in (status, *disruptions))


def why_waiting(pod: JsonObject) -> str:
    """What keeps a pod from running, in the words of the scheduler or of its node; empty where nobody says."""
    status = pod.get("status") or {}
    if _phase(pod) in PHASES_AT_END:
        return ""
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("message"):
            return str(waiting["message"])
    return ""


def _phase(pod: JsonObject) -> str:
    return str((pod.get("status") or {}).get("phase") or "Unknown")


def _state(container: JsonObject) -> str:
    """Why a container does not run; empty where it runs, or where nothing is known."""
    state = container.get("state") or {}
    if waiting := state.get("waiting"):
        return str(waiting.get("reason") or "")
    if terminated := state.get("terminated"):
        return _terminated(terminated)
    return ""


def _terminated(terminated: JsonObject) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    return "Error" if terminated.get("exitCode") or terminated.get("signal") else _COMPLETED


def _runs(container: JsonObject) -> bool:
    return "running" in (container.get("state") or {})


def _initial(pod: JsonObject) -> str:
    """How far the init containers are; empty once they are done, or where there are none."""
    described = (pod.get("spec") or {}).get("initContainers") or []
    found = list(_unfinished((pod.get("status") or {}).get("initContainerStatuses") or []))
    if not described or not found:
        return ""
    index, state = found[0]
    return f"Init:{state}" if state else f"Init:{index}/{len(described)}"


def _unfinished(containers: Sequence[JsonObject]) -> Iterator[tuple[int, str]]:
    """Init containers that are not done, each with its place and what went wrong with it."""
    for index, container in enumerate(containers):
        state = container.get("state") or {}
        succeeded = "terminated" in state and not state["terminated"].get("exitCode")
        if succeeded or (container.get("started") and _runs(container)):  # the latter is a sidecar
            continue
        reason = _state(container)
        yield index, "" if reason in ("PodInitializing", _COMPLETED) else reason
