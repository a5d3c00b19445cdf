"""The page of `runai describe job`: the job, its pods, and their events. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cli.printing.tables import table
from shared.inquiry.addresses import Exposure, urls
from shared.inquiry.capacity import number, requested, size
from shared.inquiry.events import NOT_PERMITTED, happened, message, source
from shared.inquiry.job_facts import UNKNOWN, allocated_gpus, duration, image, pending, requested_gpus
from shared.inquiry.jobs import MPI_JOB, PYTORCH_JOB, RUNAI_JOB, Job
from shared.inquiry.pods import name_of_node
from shared.inquiry.times import age
from shared.jobs import pod_status, restarts_forever
from shared.objects import JsonObject

BY_CLI: Final = "PreviousJob"
"""Label of workloads that a command created."""


def page(
    job: Job,
    workload: JsonObject | None,
    exposure: Exposure,
    events: Sequence[JsonObject] | None,
    now: datetime,
    wide: bool,
) -> list[str]:
    """All lines about the job; `events` is None if the user may not see them."""
    facts = {**_facts(job, workload, exposure, now), **(_more(job) if wide else {})}
    lines = [f"{name}: {text}".rstrip() for name, text in facts.items()]
    return [*lines, "", "Pods:", *pods_table(job.pods, job.type, now, wide=wide), "", *_events(events, now)]


def _facts(job: Job, workload: JsonObject | None, exposure: Exposure, now: datetime) -> Mapping[str, object]:
    template, _ = next(job.templates(), ({}, 0))
    return {
        "NAME": job.name,
        "NAMESPACE": job.namespace,
        "TYPE": job.type,
        "STATUS": job.status,
        "TRAINING DURATION": duration(job, now),
        "GPUS": requested(template).gpus,
        "TOTAL REQUESTED GPUS": requested_gpus(job),
        "ALLOCATED GPUS": allocated_gpus(job),
        "ALLOCATED GPUS MEMORY": size(allocated_gpus(job).memory) if allocated_gpus(job).memory else UNKNOWN,
        "RUNNING PODS": len(job.running()),
        "PENDING PODS": pending(job),
        "PARALLELISM": sum(count for _, count in job.templates()),
        "COMPLETIONS": _completions(job),
        "SUCCEEDED PODS": _counted(job, "Succeeded"),
        "FAILED PODS": _counted(job, "Failed"),
        "IS DISTRIBUTED WORKLOAD": _yes_or_no(job.kind in (MPI_JOB, PYTORCH_JOB)),
        "CREATED BY CLI": _yes_or_no(_labels(workload).get(BY_CLI) == "true"),
        "SERVICE URL(S)": ", ".join(urls(job, exposure)),
    }


def _more(job: Job) -> Mapping[str, object]:
    labels, asked = _labels(job.resource), requested(next(job.templates(), ({}, 0))[0])
    return {
        "WORKLOAD": f"{job.workload.kind} {job.workload.name}" if job.workload else UNKNOWN,
        "USER": labels.get("user") or UNKNOWN,
        "PRIORITY": labels.get("priorityClassName") or UNKNOWN,
        "IMAGE": image(job),
        "CPUS": number(asked.cpu),
        "MEMORY": size(asked.memory),
    }


def _completions(job: Job) -> object:
    spec = job.resource.get("spec") or {}
    if job.kind != RUNAI_JOB or restarts_forever(job.resource):
        return UNKNOWN
    stated = spec.get("completions")
    return stated if stated is not None else 1 if spec.get("parallelism") is None else UNKNOWN


def _counted(job: Job, phase: str) -> int:
    counted = (job.resource.get("status") or {}).get(phase.lower())
    seen = sum((pod.get("status") or {}).get("phase") == phase for pod in job.pods)
    return int(counted) if isinstance(counted, int) else seen


def _labels(item: JsonObject | None) -> JsonObject:
    return ((item or {}).get("metadata") or {}).get("labels") or {}


def _yes_or_no(value: bool) -> str:
    return "true" if value else "false"


def pods_table(pods: Sequence[JsonObject], of_type: str, now: datetime, *, wide: bool = False) -> list[str]:
    """The table of a job's pods by name, or a line that says there are none."""
    if not pods:
        return ["none"]
    header = ["POD", "STATUS", "TYPE", "AGE", "NODE", *(["IP", "RESTARTS"] if wide else [])]
    found = sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
    return table(header, [list(_pod(pod, of_type, now))[: len(header)] for pod in found])


def _pod(pod: JsonObject, of_type: str, now: datetime) -> Iterator[str]:
    status, node = pod.get("status") or {}, name_of_node(pod)
    host = status.get("hostIP")
    yield pod["metadata"]["name"]
    yield pod_status(pod).upper()
    yield of_type.upper()
    yield age(pod["metadata"].get("creationTimestamp"), now)
    yield f"{node}/{host}" if node and host else node or UNKNOWN
    yield str(status.get("podIP") or UNKNOWN)
    yield str(sum(int(one.get("restartCount") or 0) for one in status.get("containerStatuses") or []))


def _events(events: Sequence[JsonObject] | None, now: datetime) -> list[str]:
    if events is None:
        return ["Events:", NOT_PERMITTED]
    if not events:
        return ["Events:", "No events for resources"]
    rows = [_event(event, now) for event in sorted(events, key=happened)]
    return ["Events:", *table(["SOURCE", "TYPE", "AGE", "MESSAGE"], rows, underlined=True)]


def _event(event: JsonObject, now: datetime) -> tuple[str, str, str, str]:
    text = f"[{event.get('reason', '')}] {message(event)}"
    return source(event), str(event.get("type") or ""), age(happened(event), now), text
