"""`runai top node`."""

import click

from cli.cluster.connection import cluster, run
from cli.jobs.usage import Usage, usage_of_nodes
from cli.nodes.node import Node, NodeLists
from cli.nodes.top import NODES, node_figures, node_row
from cli.options.names import NODE_NAME
from cli.options.places import kubeconfig_option
from cli.printing.output import JSON, YAML, output_option, show_plain
from cli.printing.tables import table


@click.command()
@click.argument("names", metavar="[NODE]...", nargs=-1, type=NODE_NAME)
@click.option("-d", "--details", is_flag=True, help="Show each node separately, one line per figure.")
@output_option(JSON, YAML)
@kubeconfig_option
def top_node(names: tuple[str, ...], details: bool, output: str | None, kubeconfig: str | None) -> None:
    """Show the capacity of nodes, what is allocated, and what is used if the cluster has a metrics server.

    Example: runai top node
    """
    nodes, usage = run(_read(kubeconfig, names))
    if output:
        show_plain([node_figures(node, usage) for node in nodes], output)
        return
    rows = [node_row(node, usage) for node in nodes]
    if details:
        pages = ("\n".join(f"{name}: {cell}" for name, cell in zip(NODES, row, strict=True)) for row in rows)
        click.echo("\n\n".join(pages))
    else:
        click.echo("\n".join(table(NODES, rows)))


async def _read(kubeconfig: str | None, names: tuple[str, ...]) -> tuple[list[Node], Usage | None]:
    async with cluster(kubeconfig) as api:
        return await NodeLists(api, names).read(), await usage_of_nodes(api)
