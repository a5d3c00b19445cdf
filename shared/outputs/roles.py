"""The roles of a job's pods, which are either all alike or each have a role."""

from typing import Final

from shared.parameters.catalogue import CommonValues, DistributedValues
from shared.parameters.scaling import JobType

LAUNCHER: Final = "launcher"
MASTER: Final = "master"
WORKER: Final = "worker"
"""Roles of pods. Services reach the pods of the first role that a job has."""


def main_role(values: CommonValues) -> str:
    """The role of the pods that the job's Services reach; empty if all of its pods are alike."""
    if runs_mpi(values):
        return LAUNCHER
    if isinstance(values, DistributedValues):
        return WORKER if is_elastic(values) else MASTER
    return ""


def runs_mpi(values: CommonValues) -> bool:
    """Whether an MPIJob runs the workload, because of its type or because it sets `mpi`."""
    job_type = getattr(values, "job_type", None)
    return job_type is JobType.MPI or bool(getattr(values, "mpi", False))


def is_elastic(values: DistributedValues) -> bool:
    """Whether the number of workers may change while the job runs."""
    settings = values.py_torch_job
    return settings is not None and settings.min_replicas is not None and settings.max_replicas is not None
