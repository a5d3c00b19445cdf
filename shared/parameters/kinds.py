"""Every kind of workload, once. Light: the catalogue is read where a kind's parameters are asked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.parameters.catalogue import CommonValues


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of workload and its matching kind of policy, as the API server names them."""

    name: str
    workload: str
    workload_plural: str
    workload_short_names: tuple[str, ...]
    policy: str
    policy_plural: str
    policy_short_names: tuple[str, ...]

    @property
    def values(self) -> "type[CommonValues]":
        """Its parameters: the catalogue's class that is named after it, InteractiveValues for `interactive`."""
        from shared.parameters import catalogue  # a quarter of a second of models, which mere names need not wait for

        values: type[CommonValues] = getattr(catalogue, f"{self.name.capitalize()}Values")
        return values


def _kind(name: str, initials: str) -> Kind:
    """A kind whose resources are named after it: InteractiveWorkload and InteractivePolicy for `interactive`."""
    return Kind(
        name=name,
        workload=f"{name.capitalize()}Workload",
        workload_plural=f"{name}workloads",
        workload_short_names=(f"{initials}w",),
        policy=f"{name.capitalize()}Policy",
        policy_plural=f"{name}policies",
        policy_short_names=(f"{initials}wp",),
    )


INTERACTIVE = _kind("interactive", "i")
TRAINING = _kind("training", "t")
DEPLOYMENT = _kind("deployment", "d")
INFERENCE = _kind("inference", "inf")
DISTRIBUTED = _kind("distributed", "dist")

KINDS: tuple[Kind, ...] = (INTERACTIVE, TRAINING, DEPLOYMENT, INFERENCE, DISTRIBUTED)

_BY_WORKLOAD = {kind.workload: kind for kind in KINDS}


def kind_of(workload_kind: str) -> Kind:
    """The kind whose workloads the API server calls so (`InteractiveWorkload`); KeyError for any other word."""
    return _BY_WORKLOAD[workload_kind]
