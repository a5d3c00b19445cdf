"""The schedulers that jobs can be made for, and which of them a cluster and a project have.

Light: help texts and completion name them.
"""

from enum import StrEnum
from typing import Final, Self

from shared.names import GROUP


class Scheduler(StrEnum):
    """What places a job's pods: the profile by which its labels and annotations are chosen; in any case of letters."""

    DEFAULT = "default"
    KAI = "kai"
    KUEUE = "kueue"
    RUNAI = "runai"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """The scheduler that is written in other letters."""
        return next((one for one in cls if isinstance(value, str) and one == value.casefold()), None)


SHARE_GPUS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Those that can give a part of a GPU."""
PLACE_PODS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Those that place the pods themselves, which name them for it."""
SCHEDULER_LABEL: Final = f"{GROUP}/scheduler"
"""On a project's namespace: the scheduler of its jobs, where it is not the cluster's."""


def scheduler_for(label: str | None, of_cluster: Scheduler | None) -> Scheduler | None:
    """The scheduler of a project's jobs: what its namespace's label names, else the cluster's; None if the label names
    an unknown one."""
    return of_cluster if label is None else scheduler_of(label)


def scheduler_of(text: str) -> Scheduler | None:
    """The scheduler of that name, in any case of letters; None where there is none."""
    try:
        return Scheduler(text)
    except ValueError:
        return None
