"""What people want to know of a job at a glance: node, image, GPUs, pods, duration. Pure."""

from datetime import datetime
from typing import Final

from shared.inquiry.capacity import Gpus, holds, requested
from shared.inquiry.jobs import Job
from shared.inquiry.pods import name_of_node
from shared.inquiry.times import span

SEVERAL: Final = "<multiple>"
FINISHED: Final = ("Succeeded", "Failed", "TimedOut", "Deleted")
"""Statuses of jobs that no longer hold resources."""
UNKNOWN: Final = "N/A"


def node(job: Job) -> str:
    """The node of its pods; a single word if there are several nodes."""
    nodes = {name for pod in job.pods if holds(pod) and (name := name_of_node(pod))}
    return SEVERAL if len(nodes) > 1 else next(iter(nodes), "")


def image(job: Job) -> str:
    """The image of its first pods."""
    template, _ = next(job.templates(), ({}, 0))
    containers = (template.get("spec") or {}).get("containers") or [{}]
    return str(containers[0].get("image") or "")


def gpus(job: Job, status: str) -> str:
    """The GPUs that it holds, and those that it requests: `1 (2)`. One that has ended holds none: `- (2)`."""
    held = str(allocated_gpus(job))
    return f"{'-' if held == '0' and status in FINISHED else held} ({requested_gpus(job)})"


def requested_gpus(job: Job) -> Gpus:
    """The GPUs that it requests for all pods that run at the same time."""
    return sum((requested(template).gpus.times(count) for template, count in job.templates()), Gpus())


def allocated_gpus(job: Job) -> Gpus:
    """The GPUs that its pods hold."""
    return sum((requested(pod).gpus for pod in job.pods if holds(pod)), Gpus())


def pods(job: Job) -> str:
    """The number of its pods that run, and of those that are pending: `1 (0)`."""
    return f"{len(job.running())} ({pending(job)})"


def pending(job: Job) -> int:
    """The number of its pods that are pending."""
    return sum((pod.get("status") or {}).get("phase") == "Pending" for pod in job.pods)


def duration(job: Job, now: datetime) -> str:
    """From its first start to its end, or to now."""
    seconds = job.seconds(now)
    return UNKNOWN if seconds is None else span(seconds)
