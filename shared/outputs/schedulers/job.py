"""Where a scheduler finds things in a job, whatever its kind."""

from collections.abc import Iterator

from shared.objects import Manifest
from shared.outputs.naming import PRIORITY_LABEL

_REPLICAS = ("mpiReplicaSpecs", "pytorchReplicaSpecs")


def templates(job: Manifest) -> Iterator[Manifest]:
    """The templates of the job's pods: one, or one per role."""
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
    """Have all pods of the job placed by the scheduler of that name."""
    for template in templates(job):
        template["spec"]["schedulerName"] = scheduler


def priority(job: Manifest) -> str | None:
    """The priority that the job was made with; None where it has its scheduler's default."""
    found: str | None = job["metadata"]["labels"].get(PRIORITY_LABEL)
    return found
