"""`runai version`."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import click


@click.command()
def version() -> None:
    """Show the version of this command.

    Example: runai version
    """
    try:
        number = installed("slipway")
    except PackageNotFoundError:
        number = "from source"
    click.echo(f"Version: {number}")
