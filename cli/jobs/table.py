"""The rows of `runai list jobs`. Pure."""

from datetime import datetime
from typing import Final

from shared.inquiry.addresses import Exposure, urls
from shared.inquiry.job_facts import gpus, image, node, pods
from shared.inquiry.jobs import Job
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
        gpus(job, status),
        pods(job),
        ", ".join(urls(job, exposure)),
        job.workload.name if job.workload else "",
        str(labels.get("priorityClassName") or ""),
    ]
