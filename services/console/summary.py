"""What is seen first of a workload and its job. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.console.subject import Subject
from shared.inquiry.authors import stamps_of
from shared.inquiry.frozen import job_name
from shared.inquiry.job_facts import FINISHED, gpus, image, node, pods
from shared.inquiry.refusal import broken, errors
from shared.jobs import is_suspended

NO_JOB_YET: Final = "none yet"


@dataclass(frozen=True)
class Summary:
    """The states, the facts and what can be done."""

    title: str
    kind: str
    phase: str
    """Of the workload: Submitted, Failed, Pending, or Template; empty for a job without a workload."""
    status: str
    """Of the job; empty if there is none."""
    why: str
    reasons: tuple[str, ...]
    """Why the submission failed."""
    facts: tuple[tuple[str, str], ...]
    started: str
    """When the job started, if it still runs."""
    actions: tuple[str, ...]


def summary(subject: Subject) -> Summary:
    """The summary of what the page is about."""
    status = (subject.workload or {}).get("status") or {}
    job = subject.job
    failed = status.get("phase") == "Failed"
    phase = "Template" if subject.template else str(status.get("phase") or "Pending") if subject.workload else ""
    return Summary(
        subject.name,
        subject.kind.name if subject.kind else "job",
        phase,
        job.status if job else "",
        job.why if job else "",
        tuple([f"{one.parameter}: {one.message}" for one in broken(status)] or errors(status)) if failed else (),
        tuple((name, text) for name, text in _facts(subject).items() if text),
        str(((job.resource.get("status") or {}).get("startTime")) or "") if job and job.status == "Running" else "",
        _actions(subject),
    )


def _facts(subject: Subject) -> Mapping[str, str]:
    workload, job = subject.workload or {}, subject.job
    stamps = stamps_of(subject.workload) if subject.workload else {}
    spec = workload.get("spec") or {}
    runs = {} if subject.template else {"Job": (job and job.name) or (workload and job_name(workload)) or NO_JOB_YET}
    found = {
        **runs,
        "Base workload": str(spec.get("baseWorkload") or ""),
        "Submitted by": stamps.get("submittedBy", ""),
        "Changed by": stamps.get("changedBy", ""),
    }
    if job is None or job.gone:
        return found
    return {
        **found,
        "Type": job.type,
        "Image": image(job),
        "Node": node(job),
        "GPUs (requested)": gpus(job, job.status),
        "Pods (pending)": pods(job),
    }


def is_active(subject: Subject) -> bool:
    """Whether it goes on by itself: it is being submitted, waits or runs."""
    if subject.template:
        return False
    if subject.job is not None:
        return not subject.job.gone and subject.job.status not in FINISHED
    return ((subject.workload or {}).get("status") or {}).get("phase") != "Failed"


def _actions(subject: Subject) -> tuple[str, ...]:
    job = subject.job
    if job is None or job.gone or job.status in FINISHED:
        return ("delete",)
    return ("resume" if is_suspended(job.resource) else "suspend", "delete")
