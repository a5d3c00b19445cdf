"""Every kind of workload. Quick to import: the catalogue is imported only when a kind's parameters are needed."""

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
    """The type of its jobs in lists."""
    switches: tuple[str, ...]
    """Command-line flags that select the kind; the first one is used to submit."""
    told: str
    """The help text of these flags."""
    serves: str = ""
    """Its name among the kinds that serve models; empty if it is not one of these."""
    verb: str = "submit"
    """The command that submits workloads of the kind."""

    @property
    def values(self) -> "type[CommonValues]":
        """The catalogue's class with its parameters, such as InteractiveValues for `interactive`."""
        from shared.parameters import catalogue  # takes a quarter of a second, which mere names do not need

        values: type[CommonValues] = getattr(catalogue, f"{self.name.capitalize()}Values")
        return values


def kind_named(name: str, initials: str, **more: Any) -> Kind:
    """A kind with resources named after it, such as InteractiveWorkload and InteractivePolicy for `interactive`."""
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
    switches=("--inference", "--deployment"),  # with `submit`, `--inference` has always meant deployments
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
"""The kind that the command line uses if it names none."""


def kind_of(workload_kind: str) -> Kind:
    """The kind whose workloads have this kind on the API server (`InteractiveWorkload`); else raises KeyError."""
    return {kind.workload: kind for kind in KINDS}[workload_kind]
