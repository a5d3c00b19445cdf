"""The rows of `runai top job`. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from cli.jobs.usage import Usage
from shared.inquiry.capacity import Amounts, Gpus, number, requested, share, size, total
from shared.inquiry.job_facts import allocated_gpus, duration, node, requested_gpus
from shared.inquiry.jobs import Job
from shared.inquiry.pods import name_of_node
from shared.objects import JsonObject

JOBS: Final = (
    "NAME",
    "PROJECT",
    "USER",
    "TYPE",
    "DURATION",
    "NODE",
    "GPUs Allocated (Requested)",
    "CPU ALLOCATED",
    "CPU USAGE",
    "MEMORY ALLOCATED",
    "MEMORY USAGE",
)
PODS: Final = ("POD", "JOB", "PROJECT", "NODE", *JOBS[-4:])
UNKNOWN: Final = "-"


def job_row(job: Job, usage: Usage | None, now: datetime) -> list[str]:
    """The cells of a running job; percentages are relative to what its pods request."""
    pods = job.running()
    asked, used = total(map(requested, pods)), _used(pods, usage)
    return [
        job.name,
        job.project,
        str((job.resource["metadata"].get("labels") or {}).get("user") or ""),
        job.type,
        duration(job, now),
        node(job),
        f"{allocated_gpus(job)} ({requested_gpus(job)})",
        *_amounts(asked, used),
    ]


def pod_row(job: Job, pod: JsonObject, usage: Usage | None) -> list[str]:
    """The cells of one of a job's pods."""
    cells = [pod["metadata"]["name"], job.name, job.project, name_of_node(pod) or ""]
    return [*cells, *_amounts(requested(pod), _used([pod], usage))]


def job_figures(job: Job, usage: Usage | None) -> JsonObject:
    """A running job as JSON."""
    pods = job.running()
    identity = {"name": job.name, "project": job.project, "type": job.type}
    had = {"requested": {"gpus": _gpu_figures(requested_gpus(job))}, **_known(allocated=total(map(requested, pods)))}
    return {**identity, **had, **_used_figures(_used(pods, usage))}


def pod_figures(job: Job, pod: JsonObject, usage: Usage | None) -> JsonObject:
    """One of a job's pods as JSON."""
    identity = {"name": pod["metadata"]["name"], "job": job.name, "project": job.project, "node": name_of_node(pod)}
    return {**identity, **_known(allocated=requested(pod)), **_used_figures(_used([pod], usage))}


def _known(**amounts: Amounts | None) -> JsonObject:
    return {name: _figures(amount) for name, amount in amounts.items() if amount}


def _used_figures(used: Amounts | None) -> JsonObject:
    """The amounts as JSON; GPU usage is not measured."""
    return {"usage": {"cpu": float(used.cpu), "memory": int(used.memory)}} if used else {}


def _figures(amounts: Amounts) -> JsonObject:
    return {"gpus": _gpu_figures(amounts.gpus), "cpu": float(amounts.cpu), "memory": int(amounts.memory)}


def _gpu_figures(gpus: Gpus) -> JsonObject:
    """GPUs as JSON: whole and fractional GPUs as a count, then those requested as memory or slices."""
    memory = {"memory": int(gpus.memory)} if gpus.memory else {}
    slices = {"slices": {name: int(count) for name, count in sorted(gpus.slices.items())}} if gpus.slices else {}
    return {"count": float(gpus.count), **memory, **slices}


def by_gpus(jobs: list[Job]) -> list[Job]:
    """The jobs sorted by GPUs, most first, then by name."""
    return sorted(sorted(jobs, key=lambda job: job.name), key=lambda job: allocated_gpus(job).count, reverse=True)


def _used(pods: list[JsonObject], usage: Usage | None) -> Amounts | None:
    keys = [(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods]
    known = [usage[key] for key in keys if key in usage] if usage else []
    return total(known) if known else None


def _amounts(asked: Amounts, used: Amounts | None) -> list[str]:
    return [number(asked.cpu), _cpu(used, asked.cpu), size(asked.memory), _memory(used, asked.memory)]


def _cpu(part: Amounts | None, whole: Decimal) -> str:
    return f"{number(part.cpu)} ({share(part.cpu, whole)})" if part else UNKNOWN


def _memory(part: Amounts | None, whole: Decimal) -> str:
    return f"{size(part.memory)} ({share(part.memory, whole)})" if part else UNKNOWN
