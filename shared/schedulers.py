"""The schedulers that jobs can be made for, and which of them a cluster and a project have."""

from typing import Final

from pydantic_core import PydanticCustomError

from shared.names import GROUP
from shared.parameters.forms import Choice


class Scheduler(Choice):
    """What places a job's pods: the profile by which its labels and annotations are chosen."""

    DEFAULT = "default"
    KAI = "kai"
    KUEUE = "kueue"
    RUNAI = "runai"


SHARE_GPUS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Those that can give a part of a GPU."""
PLACE_PODS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Those that place the pods themselves, which name them for it."""
SCHEDULER_LABEL: Final = f"{GROUP}/scheduler"
"""On a project's namespace: the scheduler of its jobs, where it is not the cluster's."""


def scheduler_of(text: str) -> Scheduler | None:
    """The scheduler of that name, in any case of letters; None where there is none."""
    try:
        return Scheduler.read(text)
    except PydanticCustomError:
        return None
