"""Flags and arguments that several verbs have."""

import click

from cli.options.names import POD_NAME, PROJECT_NAME
from cli.shell.exits import Exit, Stop
from cli.shell.preferences import default_project

pod_option = click.option(
    "--pod", type=POD_NAME, metavar="POD", help="Pod of the job (default: the first running one)."
)


project_option = click.option(
    "-p",
    "--project",
    type=PROJECT_NAME,
    metavar="NAME",
    help="Project (default: the one set by `runai config project`).",
)
all_projects_option = click.option("-A", "--all-projects", is_flag=True, help="Select all projects.")
file_option = click.option(
    "-f", "--file", multiple=True, metavar="FILE", type=click.Path(), help="YAML file, or - for standard input."
)
kubeconfig_option = click.option(
    "--kubeconfig",
    metavar="FILE",
    type=click.Path(),
    help="Path to the kubeconfig (default: $KUBECONFIG, then ~/.kube/config).",
)


def project_from(given: str | None, all_projects: bool) -> str | None:
    """The given project, else the default one; None for all projects."""
    if all_projects:
        if given:
            raise click.UsageError("--all-projects cannot be combined with --project")
        return None
    project = given or default_project()
    if not project:
        raise Stop(Exit.USAGE, "no project: use --project NAME, or set a default with `runai config project NAME`")
    return project
