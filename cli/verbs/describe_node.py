"""`runai describe node`."""

from datetime import UTC, datetime

import click

from cli.cluster.connection import cluster, run
from cli.nodes.node import Node, NodeLists
from cli.nodes.table import HEADER, WIDE, page, row
from cli.options.names import NODE_NAME
from cli.options.places import kubeconfig_option
from cli.printing.output import WIDE as WIDE_OUTPUT
from cli.printing.output import Shape, output_option, show, show_all


@click.command()
@click.argument("names", metavar="[NODE]...", nargs=-1, type=NODE_NAME)
@output_option()
@kubeconfig_option
def describe_node(names: tuple[str, ...], output: str | None, kubeconfig: str | None) -> None:
    """Show all nodes, or those named: their properties, their capacity, and the pods that use it.

    Example: runai describe node gpu-node-1
    """
    nodes = run(_read(kubeconfig, names))
    now = datetime.now(UTC)
    if output in (None, WIDE_OUTPUT):
        click.echo("\n\n\n".join("\n".join(page(node, now)) for node in nodes))
    elif len(names) == 1:
        show(nodes[0].resource, output)
    else:
        rows = {node.name: row(node, now) for node in nodes}
        show_all(
            [node.resource for node in nodes], Shape(HEADER, lambda item: rows[item["metadata"]["name"]], WIDE), output
        )


async def _read(kubeconfig: str | None, names: tuple[str, ...]) -> list[Node]:
    async with cluster(kubeconfig) as api:
        return await NodeLists(api, names).read()
