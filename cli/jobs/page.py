"""The page of `runai describe job`: the job, its pods, and their events. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cli.jobs.capacity import number, requested, size
from cli.jobs.table import allocated_gpus, image, pending, requested_gpus
from cli.printing.tables import table
from shared.inquiry.addresses import Exposure, urls
from shared.inquiry.jobs import MPI_JOB, PYTORCH_JOB, RUNAI_JOB, Job
from shared.inquiry.pods import name_of_node
from shared.inquiry.times import age, span
from shared.jobs import pod_status, restarts_forever
from shared.objects import JsonObject

UNKNOWN: Final = "N/A"
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


def duration(job: Job, now: datetime) -> str:
    """From its first start to its end, or to now."""
    seconds = job.seconds(now)
    return UNKNOWN if seconds is None else span(seconds)


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
        return ["Events:", "not shown: you are not allowed to list them"]
    if not events:
        return ["Events:", "No events for resources"]
    rows = [_event(event, now) for event in sorted(events, key=_when)]
    return ["Events:", *table(["SOURCE", "TYPE", "AGE", "MESSAGE"], rows, underlined=True)]


def _event(event: JsonObject, now: datetime) -> tuple[str, str, str, str]:
    about = event["involvedObject"]
    times = int(event.get("count") or 1)
    text = " ".join(str(event.get("message") or "").split()) + (f" ({times} times)" if times > 1 else "")
    source = f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"
    return source, str(event.get("type") or ""), age(_when(event), now), f"[{event.get('reason', '')}] {text}"


def _when(event: JsonObject) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def concerns(event: JsonObject, job: Job) -> bool:
    """Whether the event is about the job, its workload, its pods, or the pods' controllers."""
    about = event.get("involvedObject") or {}
    owners = {owner["uid"] for pod in job.pods for owner in pod["metadata"].get("ownerReferences") or []}
    uids = {job.uid, job.uid_of_pods, *owners, *(pod["metadata"]["uid"] for pod in job.pods)}
    makers = (("Job", job.name), ("StatefulSet", f"{job.name}-0"))
    return about.get("uid") in uids or (about.get("kind"), about.get("name")) in makers
