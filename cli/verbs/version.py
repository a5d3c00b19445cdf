"""`runai version`."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import click

from cli.printing.output import JSON, YAML, output_option, show_plain


@click.command()
@output_option(JSON, YAML)
def version(output: str | None = None) -> None:
    """Show the version of this command.

    Example: runai version
    """
    try:
        number = installed("slipway")
    except PackageNotFoundError:
        number = "from source"
    if output:
        show_plain({"version": number}, output)
    else:
        click.echo(f"Version: {number}")
