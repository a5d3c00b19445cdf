"""`runai list clusters`."""

from typing import Final

import click

from cli.cluster.contexts import Context, contexts
from cli.options.places import kubeconfig_option
from cli.printing.output import WIDE, output_option, show_plain
from cli.printing.tables import table
from cli.shell.preferences import default_cluster

MARK: Final = "*"
HEADER: Final = ("CURRENT", "CLUSTER", "SERVER", "USER", "PROJECT", "NAMESPACE")
"""The last column is for `-o wide`."""


def _unwatched(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        raise click.UsageError("--watch is not supported: the clusters are those of the kubeconfig, a file")


@click.command()
@output_option()
@click.option("-w", "--watch", is_flag=True, hidden=True, expose_value=False, callback=_unwatched)
@kubeconfig_option
def list_clusters(output: str | None, kubeconfig: str | None) -> None:
    """List the clusters of the kubeconfig; `*` marks the default.

    Example: runai list clusters
    """
    found = contexts(kubeconfig)
    default = None if kubeconfig else default_cluster()
    meant = default or next((one.name for one in found if one.current), None)
    match output:
        case "name":
            click.echo("".join(f"{one.name}\n" for one in found), nl=False)
        case "json" | "yaml":
            show_plain([{**one.to_json(), "current": one.name == meant} for one in found], output)
        case _:
            header = HEADER if output == WIDE else HEADER[:-1]
            rows = [_row(one, one.name == meant)[: len(header)] for one in found]
            click.echo("\n".join(table(header, rows)))


def _row(one: Context, meant: bool) -> tuple[str, ...]:
    return MARK if meant else "", one.name, one.server, one.user, one.project or "-", one.namespace or "-"
