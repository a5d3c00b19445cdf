"""The schedulers that jobs can be made for, and which of them a cluster and a project have."""

from typing import Final

from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

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
SCHEDULER_LABEL: Final = f"{GROUP}/scheduler"
"""On a project's namespace: the scheduler of its jobs, where it is not the cluster's."""


class SchedulerSettings(BaseSettings):
    """The scheduler of the cluster: read by those who decide whether a job can be placed, and by those who make it."""

    model_config = SettingsConfigDict(env_prefix="CREATOR_", frozen=True, use_attribute_docstrings=True)

    scheduler: Scheduler = Scheduler.DEFAULT
    """Scheduler that jobs are made for: default (the cluster's own), kai, kueue or runai. A project has another one
    where label `run.ai/scheduler` of its namespace says so. To be given to the resolver too, which decides, and refuses
    parts of a GPU where the scheduler has none."""


def scheduler_of(text: str) -> Scheduler | None:
    """The scheduler of that name, in any case of letters; None where there is none."""
    try:
        return Scheduler.read(text)
    except PydanticCustomError:
        return None
