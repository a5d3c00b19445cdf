"""Requests and limits of processor time and memory for the containers of a pod."""

from collections.abc import Mapping

from shared.objects import Manifest
from shared.parameters.catalogue import CommonValues


def resources(values: CommonValues, amounts: Mapping[str, str] | None = None) -> Manifest:
    """The `resources` of a container beside the job's own; none if the job's own container states nothing.

    It states the same amounts as the job's own container and no others: a quota that counts an amount requires it of
    every container, and without such a quota nobody has to choose one. An init container requests the same as the job's
    own, which costs nothing, since a pod gets the larger of the two. `amounts` are for a container that runs beside it.
    """
    stated = {
        bound: {name: str((amounts or given)[name]) for name in given}
        for bound, given in of_container(values).items()
        if given
    }
    return {"resources": stated} if stated else {}


def of_container(values: CommonValues) -> dict[str, dict[str, str]]:
    """Requests and limits of the job's own container, without GPUs and other extended resources."""
    requests = {"cpu": values.cpu, "memory": values.memory}
    limits = {"cpu": values.cpu_limit, "memory": values.memory_limit}
    return {
        bound: {name: str(value) for name, value in amounts.items() if value is not None}
        for bound, amounts in (("requests", requests), ("limits", limits))
    }
