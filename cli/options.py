"""Flags and arguments that several verbs have."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.exits import Exit, Stop
from cli.preferences import default_project

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shared.parameters.kinds import Kind

F = TypeVar("F", bound=Callable[..., Any])

LONGEST_NAME: Final = 253
"""Characters of a resource's name."""
LONGEST_PROJECT: Final = 57
"""Characters of a project's name: its namespace `runai-<project>` may have 63."""


class Name(click.ParamType[str]):
    """A name that the tab key completes from the cluster, as that of a workload, job, project and so on."""

    def __init__(self, what: str) -> None:
        self.name = what

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Those that there are."""
        from click.shell_completion import CompletionItem

        from cli.completing import complete

        return [CompletionItem(name) for name in complete(self.name, ctx, incomplete)]


class ResourceName(Name):
    """A name that a resource can have; anything else names nothing, and must not get into a path."""

    def __init__(self, what: str, longest: int, *, dots: bool = True) -> None:
        super().__init__(what)
        self._longest, self._dots = longest, dots

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Hand back the name, or fail with a sentence."""
        part = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
        if not re.fullmatch(rf"{part}(\.{part})*" if self._dots else part, value):
            letters = "lower-case letters, digits, '-' and '.'" if self._dots else "lower-case letters, digits and '-'"
            self.fail(
                f"{value!r} is no name of a {self.name}: {letters} only, a letter or digit at both ends", param, ctx
            )
        if len(value) > self._longest:
            self.fail(f"{value!r} is too long for a {self.name}: {self._longest} characters at most", param, ctx)
        return value


WORKLOAD_NAME: Final = ResourceName("workload", LONGEST_NAME)
PROJECT_NAME: Final = ResourceName("project", LONGEST_PROJECT, dots=False)
CLUSTER_NAME: Final = Name("cluster")
TEMPLATE_NAME: Final = ResourceName("template", LONGEST_NAME)
JOB_NAME: Final = ResourceName("job", LONGEST_NAME)
POD_NAME: Final = ResourceName("pod", LONGEST_NAME)
NODE_NAME: Final = ResourceName("node", LONGEST_NAME)

project_option = click.option(
    "-p",
    "--project",
    type=PROJECT_NAME,
    metavar="NAME",
    help="The project; else the default set by `runai config project`.",
)
all_projects_option = click.option("-A", "--all-projects", is_flag=True, help="All projects.")
file_option = click.option(
    "-f", "--file", multiple=True, metavar="FILE", type=click.Path(), help="A YAML file, or - for standard input."
)
kubeconfig_option = click.option(
    "--kubeconfig",
    metavar="FILE",
    type=click.Path(),
    help="How to reach the cluster and as whom; else KUBECONFIG, else ~/.kube/config.",
)


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


def project_from(given: str | None, all_projects: bool) -> str | None:
    """The project given, else the default one; None where all are meant."""
    if all_projects:
        if given:
            raise click.UsageError("--all-projects and --project exclude each other")
        return None
    project = given or default_project()
    if not project:
        raise Stop(Exit.USAGE, "no project: give --project NAME, or set a default by `runai config project NAME`")
    return project
