"""`runai why JOB`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.cluster.connection import cluster, run
from cli.jobs.reasons import page
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.printing.output import JSON, YAML, output_option, show_plain
from cli.shell.progress import waiting

if TYPE_CHECKING:
    from shared.inquiry.why import Answer


@click.command()
@click.argument("name", metavar="JOB", type=JOB_NAME)
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def why(name: str, project: str | None, output: str | None, kubeconfig: str | None) -> None:
    """Show why a job does not run, who says so, and what you can do.

    The first line says whether it waits and goes on by itself, waits until somebody acts, or can never run as it is.
    It reads the submission, the queue, the project's quotas and limits, storage, scheduler, and the nodes. JOB may also
    be the name of a workload that has no job yet.

    Example: runai why train-1 -p team-a
    """
    answer = run(_why(kubeconfig, project_from(project, False) or "", name))
    if output:
        show_plain(answer.to_json(), output)
    else:
        click.echo("\n".join(page(answer, datetime.now(UTC))))


async def _why(kubeconfig: str | None, project: str, name: str) -> "Answer":
    from shared.inquiry.circumstances import circumstances
    from shared.inquiry.why import why as decided

    async with cluster(kubeconfig) as api, waiting(f"reading what keeps job {name}"):
        return decided(await circumstances(api, project, name))
