"""`runai config cluster NAME`."""

import click

from cli.cluster.contexts import contexts
from cli.options.names import CLUSTER_NAME
from cli.options.places import kubeconfig_option
from cli.shell.exits import Exit, Stop
from cli.shell.preferences import set_default_cluster


@click.command()
@click.argument("name", type=CLUSTER_NAME)
@kubeconfig_option
def config_cluster(name: str, kubeconfig: str | None) -> None:
    """Set the default cluster to NAME, a context of the kubeconfig.

    The kubeconfig is not changed. With --kubeconfig, the current context of that file is used.

    Example: runai config cluster research-west
    """
    known = [one.name for one in contexts(kubeconfig)]
    if name not in known:
        raise Stop(
            Exit.NOT_FOUND,
            f"cluster {name} not found in the kubeconfig; available clusters: {', '.join(known) or 'none'}",
        )
    set_default_cluster(name)
