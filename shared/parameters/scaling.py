"""Value types of distributed and inference workloads: the number of pods, and how they run."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.parameters import sentences
from shared.parameters.shown import Cell
from shared.parameters.types import Choice, Count, Members, PositiveCount, Text, whole

MOST_WORKERS = 9999
"""The most workers of a job: the last one's host name is `<job>-worker-9998`, which must fit into 63 characters."""

KPA = "kpa.autoscaling.knative.dev"
"""Knative's own autoscaler, which scales by requests."""
HPA = "hpa.autoscaling.knative.dev"
"""Kubernetes' autoscaler, which takes any other metric and always keeps one replica."""
KNATIVES = ".autoscaling.knative.dev"

Workers = Annotated[int, Field(ge=1, le=MOST_WORKERS), BeforeValidator(whole)]
"""A number of workers, at least one."""


class JobType(Choice):
    """The framework that runs a distributed job."""

    MPI = "MPI"
    PYTORCH = "PyTorch"

    @classmethod
    def fold(cls, text: str) -> str:
        """The framework's name, also if it is written as the kind of the job: PyTorchJob."""
        return super().fold(text).removesuffix("job")


class SchedulingRule(Choice):
    """How much a wish about the placement of pods binds the scheduler."""

    HARD = "hard"
    SOFT = "soft"


class CleanPodPolicy(Choice):
    """Which pods of a job are removed when it has ended."""

    RUNNING = "Running"
    ALL = "All"
    NONE = "None"


class ScalingMetric(Choice):
    """What the number of replicas follows."""

    CPU_UTILIZATION = "cpu-utilization"
    LATENCY = "latency"
    THROUGHPUT = "throughput"
    CONCURRENCY = "concurrency"
    GPU_UTILIZATION = "gpu-utilization"
    CUSTOM = "custom"


class MetricName(Text):
    """A metric, as those who measure it call it."""

    form = sentences.METRIC_NAME
    pattern = re.compile(r"[A-Za-z0-9_](?:[-A-Za-z0-9_.:/]{0,251}[A-Za-z0-9_])?")


class AutoscalerClass(Text):
    """The autoscaler that sets the number of replicas, by its domain name."""

    form = sentences.AUTOSCALER_CLASS
    pattern = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)+")

    def fits(self) -> bool:
        """Whether it is a domain name; in Knative's own domain, only its two autoscalers are valid."""
        return super().fits() and (not self.endswith(KNATIVES) or self in (KPA, HPA))


class MpiJob(Members):
    """Settings of MPI jobs."""

    slots_per_worker: Annotated[PositiveCount, Cell("Slots per worker", example="2")] = 1
    """Processes that mpirun may start on each worker."""


class PyTorchJob(Members):
    """Settings of PyTorch jobs."""

    min_replicas: Annotated[Workers | None, Cell("Minimum workers", unit="pods", example="1")] = None
    """Workers that the job can shrink to. With maxReplicas, it makes the job elastic."""
    max_replicas: Annotated[Workers | None, Cell("Maximum workers", unit="pods", example="4")] = None
    """Workers that the job can grow to. With minReplicas, it makes the job elastic."""


class RunPolicy(Members):
    """How long a distributed job runs, and what stays of it."""

    clean_pod_policy: Annotated[CleanPodPolicy, Cell("Pods to remove", example="All")] = CleanPodPolicy.RUNNING
    """Which pods are removed when the job ends: Running, All or None, in upper or lower case."""
    backoff_limit: Annotated[Count | None, Cell("Backoff limit", unit="retries", example="3")] = None
    """How many times the job is retried before it fails; 6 by default."""
    active_deadline_seconds: Annotated[PositiveCount | None, Cell("Time limit", unit="seconds", example="3600")] = None
    """Seconds that the job may run before it fails; without limit by default."""
    ttl_seconds_after_finished: Annotated[
        Count | None, Cell("Time kept after finish", unit="seconds", example="600")
    ] = None
    """Seconds that the job is kept after it has finished; 0 removes it at once. By default, it is kept."""
