"""How a job and its pods stand, in the words that researchers know. Pure."""

from collections.abc import Sequence
from typing import Any, Final

JsonObject = dict[str, Any]

TYPES: Final = {"InteractiveWorkload": "Interactive", "TrainingWorkload": "Train", "DeploymentWorkload": "Inference"}
"""What a job is called by the kind of its workload."""
_PHASES: Final = {"Failed": "Error"}


def pod_status(pod: JsonObject) -> str:
    """Pending, ContainerCreating, Running, Succeeded, Error, Terminating, or what keeps a container waiting."""
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = pod.get("status") or {}
    for container in status.get("containerStatuses") or []:
        state = container.get("state") or {}
        if reason := (state.get("waiting") or {}).get("reason"):
            return str(reason)
        if (state.get("terminated") or {}).get("exitCode"):
            return "Error"
    phase = str(status.get("phase") or "Unknown")
    return _PHASES.get(phase, phase)


def job_status(job: JsonObject | None, pods: Sequence[JsonObject]) -> str:
    """One word for the whole job; a job that is gone is Deleted, one with a pod that is not running has that pod's."""
    if job is None:
        return "Deleted"
    for condition in (job.get("status") or {}).get("conditions") or []:
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed", "Suspended"):
            return {"Complete": "Succeeded", "Failed": "Fail"}.get(condition["type"], str(condition["type"]))
    states = [pod_status(pod) for pod in pods]
    waiting = [state for state in states if state not in ("Running", "Succeeded")]
    return waiting[0] if waiting else "Running" if "Running" in states else "Pending"
