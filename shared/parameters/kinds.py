"""Every kind of workload, once."""

from dataclasses import dataclass

from shared.parameters.catalogue import (
    CommonValues,
    DeploymentValues,
    DistributedValues,
    InferenceValues,
    InteractiveValues,
    TrainingValues,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of workload and its matching kind of policy, as the API server names them."""

    name: str
    values: type[CommonValues]
    workload: str
    workload_plural: str
    workload_short_names: tuple[str, ...]
    policy: str
    policy_plural: str
    policy_short_names: tuple[str, ...]


def _kind(name: str, values: type[CommonValues], initials: str) -> Kind:
    """A kind whose resources are named after it: InteractiveWorkload and InteractivePolicy for `interactive`."""
    return Kind(
        name=name,
        values=values,
        workload=f"{name.capitalize()}Workload",
        workload_plural=f"{name}workloads",
        workload_short_names=(f"{initials}w",),
        policy=f"{name.capitalize()}Policy",
        policy_plural=f"{name}policies",
        policy_short_names=(f"{initials}wp",),
    )


INTERACTIVE = _kind("interactive", InteractiveValues, "i")
TRAINING = _kind("training", TrainingValues, "t")
DEPLOYMENT = _kind("deployment", DeploymentValues, "d")
INFERENCE = _kind("inference", InferenceValues, "inf")
DISTRIBUTED = _kind("distributed", DistributedValues, "dist")

KINDS: tuple[Kind, ...] = (INTERACTIVE, TRAINING, DEPLOYMENT, INFERENCE, DISTRIBUTED)

_BY_WORKLOAD = {kind.workload: kind for kind in KINDS}


def kind_of(workload_kind: str) -> Kind:
    """The kind whose workloads the API server calls so (`InteractiveWorkload`); KeyError for any other word."""
    return _BY_WORKLOAD[workload_kind]
