"""`runai list nodes`."""

from datetime import UTC, datetime

import click

from cli.cluster.connection import cluster, run
from cli.nodes.node import Node, NodeLists
from cli.nodes.table import HEADER, WIDE, row
from cli.options.names import NODE_NAME
from cli.options.places import kubeconfig_option
from cli.printing.output import output_option, watch_option
from cli.printing.rows import Rows


@click.command()
@click.argument("names", metavar="[NODE]...", nargs=-1, type=NODE_NAME)
@output_option()
@watch_option
@kubeconfig_option
def list_nodes(names: tuple[str, ...], output: str | None, watch: bool, kubeconfig: str | None) -> None:
    """List all nodes, or those named, with their capacity and what is allocated.

    Example: runai list nodes
    """
    run(_list(kubeconfig, names, output, watch))


async def _list(kubeconfig: str | None, names: tuple[str, ...], output: str | None, watch: bool) -> None:
    def cells(node: Node) -> list[str]:
        return row(node, datetime.now(UTC))

    async with cluster(kubeconfig) as api:
        lists = NodeLists(api, names)
        rows = Rows(HEADER, WIDE, output, watch=watch)
        rows.show((node.resource, cells(node)) for node in await lists.read())
        if watch:
            async for changed in lists.changes():
                if changed.gone:
                    rows.gone(changed.resource, cells(changed))
                else:
                    rows.show([(changed.resource, cells(changed))])
        rows.end()
