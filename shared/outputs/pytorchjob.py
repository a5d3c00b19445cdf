"""The PyTorchJob that runs a distributed workload of type PyTorch."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.replicas import priority, replica, run_policy
from shared.outputs.roles import MASTER, WORKER, is_elastic
from shared.parameters.catalogue import DistributedValues

API_VERSION: Final = "kubeflow.org/v1"
CONTAINER: Final = "pytorch"
"""The container name that the operator looks for."""
RESTART: Final = "OnFailure"
"""Restart policy of the pods; otherwise the first failed pod ends the job, whatever its backoff limit."""


def build(values: DistributedValues, names: Names) -> Iterator[Manifest]:
    """A PyTorchJob with a master and workers.

    An elastic job has only workers, which elect their leader as workers come and go.
    """
    worker = replica(values, names, WORKER, values.workers, RESTART, CONTAINER)
    if is_elastic(values):
        replicas = {"Worker": worker}
    else:
        replicas = {"Master": replica(values, names, MASTER, 1, RESTART, CONTAINER), "Worker": worker}
    yield {
        "apiVersion": API_VERSION,
        "kind": "PyTorchJob",
        "metadata": names.metadata(names.job, priority(values, names)),
        "spec": {"runPolicy": run_policy(values), **_elasticity(values), "pytorchReplicaSpecs": replicas},
    }


def _elasticity(values: DistributedValues) -> Manifest:
    settings = values.py_torch_job
    if settings is None or not is_elastic(values):
        return {}
    return {"elasticPolicy": {"minReplicas": settings.min_replicas, "maxReplicas": settings.max_replicas}}
