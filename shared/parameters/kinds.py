"""Every kind of workload, once. Light: the catalogue is read where a kind's parameters are asked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    job_type: str
    """What its jobs are called in lists."""
    switches: tuple[str, ...]
    """Flags of the command line that mean it, the first one where it is submitted."""
    told: str
    """What the command line says of these flags."""
    serves: str = ""
    """What it is called among the kinds that serve models; empty if it is none of these."""
    verb: str = "submit"
    """The command that submits it."""

    @property
    def values(self) -> "type[CommonValues]":
        """Its parameters: the catalogue's class that is named after it, InteractiveValues for `interactive`."""
        from shared.parameters import catalogue  # a quarter of a second of models, which mere names need not wait for

        values: type[CommonValues] = getattr(catalogue, f"{self.name.capitalize()}Values")
        return values


def kind_named(name: str, initials: str, **more: Any) -> Kind:
    """A kind whose resources are named after it: InteractiveWorkload and InteractivePolicy for `interactive`."""
    return Kind(
        name=name,
        workload=f"{name.capitalize()}Workload",
        workload_plural=f"{name}workloads",
        workload_short_names=(f"{initials}w",),
        policy=f"{name.capitalize()}Policy",
        policy_plural=f"{name}policies",
        policy_short_names=(f"{initials}wp",),
        **more,
    )


INTERACTIVE = kind_named(
    "interactive", "i", job_type="Interactive", switches=("--interactive",), told="Select interactive workloads."
)
TRAINING = kind_named(
    "training",
    "t",
    job_type="Train",
    switches=("--training",),
    told="Select training workloads (the default).",
)
DEPLOYMENT = kind_named(
    "deployment",
    "d",
    job_type="Inference",
    switches=("--inference", "--deployment"),  # `--inference` has always meant deployments where one is submitted
    told="Select inference deployments.",
    serves="deployments",
)
INFERENCE = kind_named(
    "inference",
    "inf",
    job_type="Inference",
    switches=("--knative",),
    told="Select inference workloads that scale with their requests (InferenceWorkload).",
    serves="inference workloads that scale with their requests",
)
DISTRIBUTED = kind_named(
    "distributed",
    "dist",
    job_type="Distributed",
    switches=("--distributed",),
    told="Select distributed workloads.",
    verb="submit-dist",
)

KINDS: tuple[Kind, ...] = (INTERACTIVE, TRAINING, DEPLOYMENT, INFERENCE, DISTRIBUTED)
DEFAULT = TRAINING
"""The kind that a command line means if it names none."""


def kind_of(workload_kind: str) -> Kind:
    """The kind whose workloads the API server calls so (`InteractiveWorkload`); KeyError for any other word."""
    return {kind.workload: kind for kind in KINDS}[workload_kind]
