"""The schedulers that jobs can be made for, and which of them a cluster and a project use.

This module stays light because help texts and completion import it.
"""

from enum import StrEnum
from typing import Final, Self

from shared.names import GROUP


class Scheduler(StrEnum):
    """What places a job's pods: the profile that selects labels and annotations. Upper and lower case are the same."""

    DEFAULT = "default"
    KAI = "kai"
    KUEUE = "kueue"
    RUNAI = "runai"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Find the scheduler regardless of case."""
        return next((one for one in cls if isinstance(value, str) and one == value.casefold()), None)


SHARE_GPUS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Schedulers that can allocate part of a GPU."""
PLACE_PODS: Final = frozenset({Scheduler.KAI, Scheduler.RUNAI})
"""Schedulers that place the pods themselves; the pods name them for it."""
SCHEDULER_LABEL: Final = f"{GROUP}/scheduler"
"""On a project's namespace: the scheduler of its jobs, if it is not the cluster's."""


def scheduler_for(label: str | None, of_cluster: Scheduler | None) -> Scheduler | None:
    """Return the scheduler of a project's jobs: the one in its namespace's label, else the cluster's.

    None if the label names an unknown one.
    """
    return of_cluster if label is None else scheduler_of(label)


def scheduler_of(text: str) -> Scheduler | None:
    """Return the scheduler of that name, regardless of case; None if there is none."""
    try:
        return Scheduler(text)
    except ValueError:
        return None
