"""`runai config project NAME`."""

import click

from cli.options.names import PROJECT_NAME
from cli.shell.groups import renamed
from cli.shell.preferences import set_default_project


@click.command()
@click.argument("name", type=PROJECT_NAME)
def config_project(name: str) -> None:
    """Set the default project, used if --project is not given.

    Example: runai config project team-a
    """
    set_default_project(name)


project_set = renamed(config_project, "config project", "project set")
