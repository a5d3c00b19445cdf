"""What was chosen of all that the sources state, as the rules between parameters look at it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.resolution.model import Path
from shared.schedulers import SHARE_GPUS, Scheduler

Found = tuple[str | Path, str]
"""What is wrong, a parameter by its name or anything within one by its path; and the sentence."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values that won, as they were read; those that could not be read are left out.

    `values` holds built-in defaults too, and of itemized parameters their items by label. `stated` are the names of the
    parameters that some source states, readable or not; `mentioned` those that the policy speaks of; `kind` is the
    name of the workload's kind, and `scheduler` is what the job is made for; where None, nothing follows from it.
    """

    values: Mapping[str, Any]
    stated: Collection[str]
    mentioned: Collection[str]
    kind: str = ""
    scheduler: Scheduler | None = None

    @property
    def shares_gpus(self) -> bool:
        """Whether a part of a GPU can be had."""
        return self.scheduler is None or self.scheduler in SHARE_GPUS

    def __getitem__(self, name: str) -> Any:
        """The value, or None where there is none."""
        return self.values.get(name)

    def items(self, name: str) -> Mapping[str, Any]:
        """The items of a parameter by label."""
        return self.values.get(name) or {}
