"""The pods of a job: their order, and how one of them is chosen. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from shared.inquiry.errors import MissingError, NotRunningError
from shared.inquiry.jobs import Job
from shared.jobs import pod_status
from shared.names import GROUP, resource_path
from shared.objects import JsonObject

FIRST_ROLES: Final = ("launcher", "master")
"""Roles of the pods that represent a distributed job."""
ROLE: Final = f"{GROUP}/role"
INDEX: Final = "batch.kubernetes.io/job-completion-index"
NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
"""The number of a pod; longer ones are names."""


def in_order(pods: Iterable[JsonObject]) -> list[JsonObject]:
    """The pods in order: launchers and masters first, then by index, with the newest attempt of an index first."""
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)
    return sorted(newest, key=_rank)


def _rank(pod: JsonObject) -> tuple[bool, int]:
    labels = pod["metadata"].get("labels") or {}
    index = str(labels.get(INDEX) or labels.get("apps.kubernetes.io/pod-index") or 0)
    return labels.get(ROLE) not in FIRST_ROLES, int(index) if NUMBER.fullmatch(index) else 0


def name_of_node(pod: JsonObject) -> str | None:
    """The node that the pod is assigned to; None while it waits for one."""
    return (pod.get("spec") or {}).get("nodeName")


def pod_path(pod: JsonObject) -> str:
    """The API path of the pod."""
    metadata = pod["metadata"]
    return resource_path("pods", metadata["namespace"], metadata["name"], "v1")


def chosen_pod(job: Job, pod: str | None, instance: str | None = None) -> JsonObject:
    """The pod of that name, the one of that number (from 0), or else the one that represents the job.

    Raises MissingError if there is none.
    """
    if pod is None and instance is not None and not NUMBER.fullmatch(instance):
        pod = instance
    if pod is not None:
        found = [one for one in job.pods if one["metadata"]["name"] == pod]
    elif instance is not None:
        found = list(_of_number(job.pods, int(instance)))
    else:
        found = list(job.pods)
    if found:
        return found[0]
    if not job.pods:
        raise MissingError(f"job {job.name} has no pod: its status is {job.status}")
    names = ", ".join(one["metadata"]["name"] for one in job.pods)
    raise MissingError(f"job {job.name} has no pod {pod or instance}; its pods: {names}")


def _of_number(pods: Sequence[JsonObject], number: int) -> Iterator[JsonObject]:
    """The pods of a completion index, the newest attempt first; without indices, the pod at that position."""
    if any(INDEX in (pod["metadata"].get("labels") or {}) for pod in pods):
        yield from (pod for pod in pods if (pod["metadata"].get("labels") or {}).get(INDEX) == str(number))
    else:
        yield from pods[number : number + 1]


def running_pod(job: Job, pod: str | None) -> JsonObject:
    """The pod of that name, or else the job's first running pod. Raises NotRunningError if it does not run."""
    if pod is not None:
        named = chosen_pod(job, pod)
        if (status := pod_status(named)) != "Running":
            raise NotRunningError(f"pod {pod} is not running: its status is {status}")
        return named
    if running := job.running():
        return running[0]
    raise NotRunningError(f"job {job.name} is not running: its status is {job.status}")
