"""The values chosen from all sources, as the rules between parameters see them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.resolution.grants import Grants
from shared.resolution.model import Path
from shared.resolution.project import Hosts
from shared.schedulers import SHARE_GPUS, Scheduler

Found = tuple[str | Path, str]
"""The place of a mistake, as the name of a parameter or a path within one, and its sentence."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values that won, as they were read. Values that could not be read are left out.

    `values` includes built-in defaults, and holds the items of itemized parameters by label. `stated` has the names of
    the parameters that some source states, readable or not. `grants` says what the policy grants. `kind` is the name of
    the workload's kind. `scheduler` is the scheduler of the job; if it is None, no rule depends on it.
    """

    values: Mapping[str, Any]
    stated: Collection[str]
    grants: Grants
    kind: str = ""
    scheduler: Scheduler | None = None
    hosts: Hosts | None = None
    """The hosts of the project; if it is None, no rule depends on them."""

    @property
    def shares_gpus(self) -> bool:
        """Whether the scheduler can allocate a fraction of a GPU."""
        return self.scheduler is None or self.scheduler in SHARE_GPUS

    def __getitem__(self, name: str) -> Any:
        """The value, or None if there is none."""
        return self.values.get(name)

    def items(self, name: str) -> Mapping[str, Any]:
        """The items of a parameter by label."""
        return self.values.get(name) or {}
