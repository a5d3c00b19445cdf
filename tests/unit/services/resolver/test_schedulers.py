"""The scheduler that a workload's job is created for, and which workloads it refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.resolver.handlers import Choices, judge
from shared.messages import WorkloadObserved, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.resolution.project import Project
from shared.schedulers import Scheduler


class Gathered:
    """The cluster's content: no policy, and optionally a label on the namespace."""

    by_prefix = True

    def __init__(self, label: str | None = None) -> None:
        self._label = label

    async def policy(self, *_: object) -> None:
        return None

    async def project(self, *_: object) -> Project:
        return Project(self._label)


def observed(**values: str) -> WorkloadObserved:
    ref = WorkloadRef(
        kind="TrainingWorkload", namespace="runai-team-a", name="w", uid="u", generation=1, resource_version="1"
    )
    spec: dict[str, Any] = {"usage": "Submit", "image": {"value": "ubuntu"}}
    spec |= {name: {"value": value} for name, value in values.items()}
    return WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec=spec)


async def judged(label: str | None, of_cluster: Scheduler, **values: str) -> str | list[str] | None:
    fact = await judge(observed(**values), Gathered(label), Choices(of_cluster))  # type: ignore[arg-type]  # plain data
    if isinstance(fact, WorkloadResolved):
        return fact.scheduler
    assert isinstance(fact, WorkloadRejected)
    assert fact.reason == "PolicyViolation"
    return [f"{violation.parameter}: {violation.message}" for violation in fact.violations]


CANNOT = "is not supported: the cluster's scheduler cannot share a GPU; request whole GPUs"


@pytest.mark.parametrize(
    ("label", "of_cluster", "scheduler"),
    [
        (None, Scheduler.DEFAULT, "default"),
        (None, Scheduler.KAI, "kai"),
        ("kueue", Scheduler.KAI, "kueue"),
        ("Default", Scheduler.KAI, "default"),
        ("RUNAI", Scheduler.DEFAULT, "runai"),
    ],
)
async def test_the_projects_scheduler_counts_else_the_clusters(
    label: str | None, of_cluster: Scheduler, scheduler: str
) -> None:
    """The label of the project's namespace wins over the cluster's setting, in any case of letters."""
    assert await judged(label, of_cluster, gpu="1") == scheduler


async def test_a_scheduler_that_nobody_knows_is_refused() -> None:
    """An unknown scheduler in the label is refused with the list of known ones."""
    assert await judged("slurm", Scheduler.KAI, gpu="1") == [
        "namespace: label run.ai/scheduler is slurm and must be one of default, kai, kueue or runai"
    ]


@pytest.mark.parametrize("of_cluster", Scheduler)
@pytest.mark.parametrize(("name", "value"), [("gpu", "0.5"), ("gpuMemory", "2G")])
async def test_parts_of_gpus_only_where_the_scheduler_has_them(of_cluster: Scheduler, name: str, value: str) -> None:
    """A fraction of a GPU is accepted exactly by the schedulers that can share one."""
    refused = of_cluster in (Scheduler.DEFAULT, Scheduler.KUEUE)
    expected = [f"{name}: {CANNOT}"] if refused else of_cluster.value
    assert await judged(None, of_cluster, **{name: value}) == expected


async def test_that_is_said_together_with_everything_else() -> None:
    """The scheduler's refusal is listed together with all other violations."""
    assert await judged(None, Scheduler.DEFAULT, gpu="0.5", cpu="many") == [
        f"gpu: {CANNOT}",
        "cpu: must be a decimal number such as 1 or 0.5",
    ]
