"""Flags and arguments that several verbs have."""

import click

from cli.options.names import POD_NAME, PROJECT_NAME
from cli.shell.exits import Exit, Stop
from cli.shell.preferences import default_project

pod_option = click.option("--pod", type=POD_NAME, metavar="POD", help="This pod of the job; else the first that runs.")


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
