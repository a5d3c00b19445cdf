"""The switches that say which kind of workload is meant."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


F = TypeVar("F", bound=Callable[..., Any])
SWITCHES: Final = {
    "interactive": (("--interactive",), "Interactive workloads."),
    "training": (("--training",), "Training workloads; meant where no kind is given."),
    "deployment": (("--inference", "--deployment"), "Inference deployments."),
    "inference": (("--knative",), "Inference workloads that scale with their requests (InferenceWorkload)."),
    "distributed": (("--distributed",), "Distributed workloads."),
}
"""By kind of workload: the flags that mean it where one is created. `--inference` has always meant deployments."""
SERVING: Final = "serving"
READ_SWITCHES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "interactive": SWITCHES["interactive"],
    "training": SWITCHES["training"],
    SERVING: (("--inference",), "What serves models: deployments, and inference workloads that scale."),
    "deployment": (("--deployment",), "Of these, deployments only (DeploymentWorkload)."),
    "inference": (("--knative",), "Of these, those that scale with their requests only (InferenceWorkload)."),
    "distributed": SWITCHES["distributed"],
}
"""The same where workloads are read: who looks for a model that is served need not know which of two kinds it is."""


def any_kind(switches: Mapping[str, bool]) -> "Sequence[Kind]":
    """The kinds whose switch is on; all of them where none is."""
    from shared.parameters.kinds import KINDS

    return kinds_from(**switches) if any(switches.values()) else KINDS


def kind_options(command: F) -> F:
    """Add the switches of kinds for verbs that read; the verb hands them on to `kinds_from`."""
    return _switches(command, {name: text for name, (_, text) in READ_SWITCHES.items()})


def any_kind_options(command: F) -> F:
    """The same for verbs that look among all kinds where none is given."""
    return _switches(
        command, {name: text.partition(";")[0].rstrip(".") + "." for name, (_, text) in READ_SWITCHES.items()}
    )


def _switches(command: F, told: Mapping[str, str]) -> F:
    for name, (flags, _) in reversed(READ_SWITCHES.items()):
        command = click.option(*flags, name, is_flag=True, help=told[name])(command)
    return command


def kinds_from(**switches: bool) -> "tuple[Kind, ...]":
    """The kinds whose switch is on; training where none is."""
    from shared.parameters.kinds import DEPLOYMENT, INFERENCE, KINDS

    chosen = [name for name, on in switches.items() if on]
    if len(chosen) > 1:
        flags = " or ".join(READ_SWITCHES[name][0][0] for name in chosen)
        raise click.UsageError(f"one kind of workload at a time: {flags}")
    if chosen == [SERVING]:
        return DEPLOYMENT, INFERENCE
    name = chosen[0] if chosen else "training"
    return tuple(kind for kind in KINDS if kind.name == name)
