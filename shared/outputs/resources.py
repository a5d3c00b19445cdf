"""What the containers of a pod ask for, and may use at most, of processor time and memory."""

from collections.abc import Mapping

from shared.objects import Manifest
from shared.parameters.catalogue import CommonValues


def resources(values: CommonValues, amounts: Mapping[str, str] | None = None) -> Manifest:
    """The member `resources` of a container beside the job's own; none where the job's own states nothing.

    It states what that one does, and no more: a quota that counts an amount wants it of every container, and where none
    does nobody has to choose one. What runs before the job's own container asks for the same, which costs nothing,
    since a pod has the largest of both; `amounts` are of what runs beside it.
    """
    stated = {
        bound: {name: str((amounts or given)[name]) for name in given}
        for bound, given in of_container(values).items()
        if given
    }
    return {"resources": stated} if stated else {}


def of_container(values: CommonValues) -> dict[str, dict[str, str]]:
    """The requests and the limits of the job's own container, GPUs and the like left out."""
    requests = {"cpu": values.cpu, "memory": values.memory}
    limits = {"cpu": values.cpu_limit, "memory": values.memory_limit}
    return {
        bound: {name: str(value) for name, value in amounts.items() if value is not None}
        for bound, amounts in (("requests", requests), ("limits", limits))
    }
