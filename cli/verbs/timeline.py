"""`runai timeline WORKLOAD`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cli.cluster.connection import cluster, run
from cli.jobs.steps import page
from cli.options.kinds import any_kind, any_kind_options
from cli.options.names import WORKLOAD_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.printing.output import JSON, YAML, output_option, show_plain
from cli.shell.progress import waiting
from cli.workloads.hints import flags_named

if TYPE_CHECKING:
    from shared.inquiry.timeline import Timeline
    from shared.parameters.kinds import Kind


@click.command()
@click.argument("name", metavar="WORKLOAD", type=WORKLOAD_NAME)
@any_kind_options
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def timeline(name: str, project: str | None, output: str | None, kubeconfig: str | None, **kinds: bool) -> None:
    """Show all steps of a submission, who took them, and the time between them.

    It begins with the creation of the workload, goes through Slipway's services, the queue, the scheduler and the
    nodes, and ends with the job. WORKLOAD may also be the name of a job. A time without a fraction is known only to the
    second.

    Example: runai timeline train-1 -p team-a
    """
    found = run(_timeline(kubeconfig, any_kind(kinds), project_from(project, False) or "", name))
    if output:
        show_plain(found.to_json(), output)
    else:
        click.echo("\n".join(page(found)))


async def _timeline(kubeconfig: str | None, kinds: "Sequence[Kind]", project: str, name: str) -> "Timeline":
    from shared.inquiry.circumstances import history
    from shared.inquiry.timeline import timeline as told

    async with cluster(kubeconfig) as api, waiting(f"reading the steps of {name}"):
        with flags_named():
            return told(await history(api, project, kinds, name))
