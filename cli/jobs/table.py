"""The rows of `runai list jobs`. Pure."""

from datetime import datetime
from typing import Final

from cli.jobs.capacity import Gpus, holds, requested
from shared.inquiry.addresses import Exposure, urls
from shared.inquiry.jobs import Job
from shared.inquiry.pods import name_of_node
from shared.inquiry.times import age

HEADER: Final = (
    "NAME",
    "STATUS",
    "AGE",
    "NODE",
    "IMAGE",
    "TYPE",
    "PROJECT",
    "USER",
    "GPUs Allocated (Requested)",
    "PODs Running (Pending)",
    "SERVICE URL(S)",
)
WIDE: Final = ("WORKLOAD", "PRIORITY")
SEVERAL: Final = "<multiple>"
FINISHED: Final = ("Succeeded", "Failed", "TimedOut", "Deleted")
"""Statuses of jobs that no longer hold resources."""


def row(job: Job, exposure: Exposure, now: datetime) -> list[str]:
    """The job's cells, with those of `WIDE` last."""
    status = job.status
    labels = job.resource["metadata"].get("labels") or {}
    return [
        job.name,
        status,
        age(job.resource["metadata"].get("creationTimestamp"), now),
        node(job),
        image(job),
        job.type,
        job.project,
        str(labels.get("user") or ""),
        f"{_allocated(job, status)} ({requested_gpus(job)})",
        f"{len(job.running())} ({pending(job)})",
        ", ".join(urls(job, exposure)),
        job.workload.name if job.workload else "",
        str(labels.get("priorityClassName") or ""),
    ]


def node(job: Job) -> str:
    """The node of its pods; a single word if there are several nodes."""
    nodes = {name for pod in job.pods if holds(pod) and (name := name_of_node(pod))}
    return SEVERAL if len(nodes) > 1 else next(iter(nodes), "")


def image(job: Job) -> str:
    """The image of its first pods."""
    template, _ = next(job.templates(), ({}, 0))
    containers = (template.get("spec") or {}).get("containers") or [{}]
    return str(containers[0].get("image") or "")


def requested_gpus(job: Job) -> Gpus:
    """The GPUs that it requests for all pods that run at the same time."""
    return sum((requested(template).gpus.times(count) for template, count in job.templates()), Gpus())


def allocated_gpus(job: Job) -> Gpus:
    """The GPUs that its pods hold."""
    return sum((requested(pod).gpus for pod in job.pods if holds(pod)), Gpus())


def _allocated(job: Job, status: str) -> str:
    gpus = str(allocated_gpus(job))
    return "-" if gpus == "0" and status in FINISHED else gpus


def pending(job: Job) -> int:
    """The number of its pods that are pending."""
    return sum((pod.get("status") or {}).get("phase") == "Pending" for pod in job.pods)


# ---------------------------------------------------------------- addresses
