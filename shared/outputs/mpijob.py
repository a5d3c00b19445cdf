"""The MPIJob that runs a distributed workload of type MPI, and any other workload that sets `mpi`."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from shared.objects import Manifest
from shared.outputs.naming import USER_LABEL, Names
from shared.outputs.replicas import (
    priority,
    replica,
    run_policy,
    without_front,
    without_gpus,
)
from shared.outputs.roles import LAUNCHER, WORKER
from shared.outputs.runaijob import lifecycle
from shared.parameters.catalogue import CommonValues, DistributedValues
from shared.parameters.scaling import CleanPodPolicy

API_VERSION: Final = "kubeflow.org/v2beta1"
CONTAINER: Final = "mpi"


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """An MPIJob with a launcher, which runs the command without a GPU, and workers, on which mpirun starts processes.

    A worker has no command of its own, so the operator runs in it the SSH server that mpirun needs.
    """
    workers = _workers(values)
    launcher = replica(without_gpus(values), replace(names, mpi_workers=workers), LAUNCHER, 1, "Never", CONTAINER)
    worker = replica(without_front(values), names, WORKER, workers, "Never", CONTAINER)
    group = launcher["template"]["spec"].get("securityContext", {}).get("runAsGroup")
    if group is not None:  # otherwise only root can read the keys that the operator mounts
        launcher["template"]["spec"]["securityContext"]["fsGroup"] = group
    yield {
        "apiVersion": API_VERSION,
        "kind": "MPIJob",
        "metadata": {**names.metadata(names.job, priority(values, names)), "annotations": _told(values, names)},
        "spec": {
            "slotsPerWorker": _slots(values),
            "runPolicy": _run_policy(values),
            "mpiReplicaSpecs": {"Launcher": launcher, "Worker": worker},
        },
    }


def _workers(values: Any) -> int:
    return int(values.workers if isinstance(values, DistributedValues) else values.processes)


def _slots(values: Any) -> int:
    if isinstance(values, DistributedValues):
        return values.mpi_job.slots_per_worker if values.mpi_job else 1
    return int(values.slots_per_worker)


def _run_policy(values: CommonValues) -> Manifest:
    if isinstance(values, DistributedValues):
        return run_policy(values)
    counts = lifecycle(values)
    kept: Manifest = {key: counts[key] for key in ("backoffLimit", "ttlSecondsAfterFinished") if key in counts}
    return {"cleanPodPolicy": CleanPodPolicy.RUNNING.value, **kept}


def _told(values: CommonValues, names: Names) -> dict[str, str]:
    """The annotations that the tools of the field read from an MPIJob."""
    gpus = (values.gpu.amount if values.gpu is not None else Decimal(0)) * _workers(values)
    told = {USER_LABEL: names.user, "image": str(values.image or ""), "totalGPUs": format(gpus.normalize(), "f")}
    return {key: value for key, value in told.items() if value}
