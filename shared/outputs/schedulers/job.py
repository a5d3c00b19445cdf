"""Access to the parts of a job that schedulers need, for every kind of job."""

from collections.abc import Iterator

from shared.objects import Manifest
from shared.outputs.naming import PRIORITY_LABEL

_REPLICAS = ("mpiReplicaSpecs", "pytorchReplicaSpecs")


def templates(job: Manifest) -> Iterator[Manifest]:
    """The pod templates of the job: one, or one per role."""
    spec = job["spec"]
    if "template" in spec:
        yield spec["template"]
    for name in _REPLICAS:
        yield from (replica["template"] for replica in spec.get(name, {}).values())


def label(job: Manifest, key: str, value: str) -> None:
    """Label the job and all of its pods."""
    for one in (job, *templates(job)):
        one["metadata"].setdefault("labels", {})[key] = value


def place_by(job: Manifest, scheduler: str) -> None:
    """Set the scheduler of that name for all pods of the job."""
    for template in templates(job):
        template["spec"]["schedulerName"] = scheduler


def priority(job: Manifest) -> str | None:
    """The priority that the job was created with; None if it has its scheduler's default."""
    found: str | None = job["metadata"]["labels"].get(PRIORITY_LABEL)
    return found
