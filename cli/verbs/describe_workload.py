"""`runai describe workload`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.cluster.connection import cluster, run
from cli.options.kinds import kind_options, kinds_from
from cli.options.names import WORKLOAD_NAME
from cli.options.places import all_projects_option, kubeconfig_option, project_from, project_option
from cli.printing.output import WIDE, Printer, Shape, output_option, show
from cli.workloads.hints import flags_named
from cli.workloads.page import page
from shared.inquiry.job_lookup import job_of
from shared.inquiry.lookup import workloads_named
from shared.inquiry.projects import place
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


@click.command()
@click.argument("name", type=WORKLOAD_NAME)
@kind_options
@project_option
@all_projects_option
@output_option()
@kubeconfig_option
def describe_workload(
    name: str,
    project: str | None,
    all_projects: bool,
    output: str | None,
    kubeconfig: str | None,
    **kinds: bool,
) -> None:
    """Show a workload: its own values, status, events and job.

    Example: runai describe workload my-jupyter-job --interactive --project team-a
    """
    wanted = project_from(project, all_projects)
    run(_describe(kubeconfig, kinds_from(**kinds), name, wanted, output))


async def _describe(
    kubeconfig: str | None, kinds: "Sequence[Kind]", name: str, project: str | None, output: str | None
) -> None:
    async with cluster(kubeconfig) as api:
        with flags_named():
            found = await workloads_named(api, kinds, name, project)
        if output not in (None, WIDE):
            _print(found, output)
            return
        now, wide = datetime.now(UTC), output == WIDE
        pages = [page(workload, place(workload), await job_of(api, workload), now, wide=wide) for workload in found]
    click.echo("\n\n\n".join("\n".join(lines) for lines in pages))


def _print(found: Sequence[JsonObject], output: str) -> None:
    if len(found) == 1:
        show(found[0], output)
        return
    printer = Printer(Shape((), lambda _: ()), output)
    printer.add(found)
    printer.end()
