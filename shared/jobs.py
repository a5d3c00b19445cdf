"""Describe a job's state, from the job and its pods as the API server holds them, in researchers' words. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from shared.names import KUEUE_QUEUE_LABEL
from shared.objects import JsonObject

ENDS: Final = ("Complete", "Succeeded", "Failed")
"""Types of the conditions in which a job ends. A RunaiJob and a batch/v1 Job share theirs; an MPIJob and a PyTorchJob
use Succeeded."""
JOB_DELETED: Final = "JobDeleted"
"""Reason of a RunaiJob that failed because its child was deleted."""
_DISPLAYED_ENDS: Final = {"DeadlineExceeded": "TimedOut", JOB_DELETED: "Deleted"}
"""How a job that failed for one of these reasons is displayed; for any other reason it is Failed."""
_TIMED_OUT: Final = "longer than specified deadline"
"""Part of the message of a PyTorchJob that took too long; its reason is the same for every failure."""
_COMPLETED: Final = "Completed"
"""Kubernetes' word for a container that exited with 0."""
_DISPLAYED_PODS: Final = {_COMPLETED: "Succeeded", "StartError": "ContainerCannotRun", "Failed": "Error"}
"""What researchers call a pod's state, if it differs from Kubernetes' word."""
PHASES_AT_END: Final = ("Succeeded", "Failed")
"""Phases of pods that no longer run."""
_PREEMPTED: Final = "Preempted"
_PREEMPTIONS: Final = ("PreemptionByScheduler", "Preempting", _PREEMPTED)
"""Reasons of a pod that had to make room for more urgent ones. Eviction is not one of them: the node was short of
memory or disk, or was drained."""


def end_of(job: JsonObject) -> JsonObject | None:
    """Return the condition (Complete, Succeeded or Failed) in which a job ended; None if it has not."""
    return _condition(job, *ENDS)


def restarts_forever(job: JsonObject) -> bool:
    """Return whether a RunaiJob's pod is restarted whenever it ends (interactive), instead of run to completion."""
    template = (job.get("spec") or {}).get("template") or {}
    return ((template.get("spec") or {}).get("restartPolicy") or "Always") == "Always"


def job_status(job: JsonObject | None, pods: Sequence[JsonObject]) -> str:
    """Return one word for the whole job, of any kind (None once it is gone), and all of its pods.

    If pods differ, the one furthest from running counts: a job with a pending pod is Pending, although its others run.
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
    """Return whether a person suspended the job; a Deployment is suspended by scaling it to zero, its only way."""
    spec = job.get("spec") or {}
    held = spec.get("suspend") or (spec.get("runPolicy") or {}).get("suspend")
    return bool(spec.get("replicas") == 0 or (held and not left_to_kueue(job)))


def left_to_kueue(job: JsonObject) -> bool:
    """Return whether only Kueue suspends and resumes the job, from a queue; while it waits there, it is pending.

    For a job that runs forever (a Deployment, an interactive RunaiJob), Kueue holds back the pods instead, and a person
    still decides whether it has any.
    """
    queued = KUEUE_QUEUE_LABEL in (job["metadata"].get("labels") or {})
    return queued and not ("template" in (job.get("spec") or {}) and restarts_forever(job))


def _condition(job: JsonObject, *types: str, status: str = "True") -> JsonObject | None:
    """Return the first condition of one of these types that has this status."""
    conditions = (job.get("status") or {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") in types and c.get("status") == status), None)


def _failure(end: JsonObject) -> str:
    if _TIMED_OUT in str(end.get("message")):
        return "TimedOut"
    reason, _, _ = str(end.get("reason") or "").partition("/")  # the reason of the launcher's last pod follows it
    return _DISPLAYED_ENDS.get(reason, "Failed")


def _status_of_server(job: JsonObject, pods: Sequence[JsonObject]) -> str:
    """Return the status of a Knative Service, whose pods follow its requests: if ready, it runs even without any."""
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
    # The next pod, which is certain after a preemption, or the report of the job's own end is still to come.
    newest = pod_status(max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", ""))))
    return {"Succeeded": "Running", _PREEMPTED: "Pending"}.get(newest, newest)


def _distance(status: str) -> int:
    """Rank a status: the smaller, the further from running. An unlisted one keeps a container from running."""
    order = {"Pending": 0, "ContainerCreating": 2, "PodInitializing": 3, "Terminating": 4, "Running": 5, "Succeeded": 6}
    return order.get(status, 1)


def pod_status(pod: JsonObject) -> str:
    """Return one word for a pod, much like kubectl.

    Examples are Pending, ContainerCreating, Running, Succeeded, Error, CrashLoopBackOff, ImagePullBackOff, Init:0/1 and
    Terminating.
    """
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
    """Return why a pod's containers do not run: the first reason other than completion counts.

    Empty if they run, or if the pod's phase says it all.
    """
    containers = _containers(pod)
    reasons = [reason for container in containers if (reason := _state(container))]
    unfinished = next((reason for reason in reasons if reason != _COMPLETED), "")
    if unfinished or not reasons or _phase(pod) in PHASES_AT_END or any(map(_runs, containers)):
        return unfinished
    return "CrashLoopBackOff" if (pod.get("spec") or {}).get("restartPolicy") == "Always" else _COMPLETED


def _containers(pod: JsonObject) -> list[JsonObject]:
    """Return the container statuses in the pod spec's order, main one first; Kubernetes sorts them by name."""
    order = [container.get("name") for container in (pod.get("spec") or {}).get("containers") or []]
    told = (pod.get("status") or {}).get("containerStatuses") or []
    return sorted(told, key=lambda one: order.index(one["name"]) if one.get("name") in order else len(order))


def _preempted(pod: JsonObject) -> bool:
    status = pod.get("status") or {}
    disruptions = [c for c in status.get("conditions") or [] if c.get("type") == "DisruptionTarget"]
    return any(told.get("reason") in _PREEMPTIONS for told in (status, *disruptions))


def why_waiting(pod: JsonObject) -> str:
    """Return what keeps a pod from running, in the words of the scheduler or of its node; empty if neither says."""
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
    """Return why a container does not run; empty if it runs, or if nothing is known."""
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
    """Return how far the init containers are; empty once they are done, or if there are none."""
    described = (pod.get("spec") or {}).get("initContainers") or []
    found = list(_unfinished((pod.get("status") or {}).get("initContainerStatuses") or []))
    if not described or not found:
        return ""
    index, state = found[0]
    return f"Init:{state}" if state else f"Init:{index}/{len(described)}"


def _unfinished(containers: Sequence[JsonObject]) -> Iterator[tuple[int, str]]:
    """Yield the init containers that are not done, each with its position and what went wrong with it."""
    for index, container in enumerate(containers):
        state = container.get("state") or {}
        succeeded = "terminated" in state and not state["terminated"].get("exitCode")
        if succeeded or (container.get("started") and _runs(container)):  # the latter is a sidecar
            continue
        reason = _state(container)
        yield index, "" if reason in ("PodInitializing", _COMPLETED) else reason
