"""`runai policy impact`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from cli.cluster.connection import cluster, run
from cli.options.names import PROJECT_NAME
from cli.options.places import file_option, kubeconfig_option
from cli.policies.manifests import Written, policies_in
from cli.printing.output import JSON, YAML, json_text, output_option, yaml_text
from cli.printing.tables import table
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from shared.inquiry.judging import judge
from shared.inquiry.projects import place
from shared.names import PROJECT_PREFIX, project_of
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.inquiry.impact import Impact
    from shared.parameters.kinds import Kind

RECENT: Final = 30
"""Days for which a submitted workload counts as recent."""


@click.command()
@file_option
@click.option(
    "-p", "--project", type=PROJECT_NAME, metavar="NAME", help="Project of policies whose file names no namespace."
)
@click.option(
    "--days",
    type=click.IntRange(0),
    default=RECENT,
    show_default=True,
    help="Largest age of submitted workloads to judge.",
)
@output_option(JSON, YAML)
@kubeconfig_option
def policy_impact(
    file: tuple[str, ...], project: str | None, days: int, output: str | None, kubeconfig: str | None
) -> None:
    """Show which workloads would become invalid if you applied the policies of FILE. Nothing is applied.

    It lists templates and recently submitted workloads that are valid today and would then be refused, with the
    sentences. Running jobs are not affected. Exit code 1 if there are any.

    Example: runai policy impact -f training-policy.yaml
    """
    if not file:
        raise click.UsageError("-f FILE is required: the policies to be applied")
    written = policies_in(file, PROJECT_PREFIX + project if project else None)
    for one in written:
        if not one.namespace:
            raise Stop(Exit.USAGE, f"{one} has no namespace: add it to the file, or use --project NAME")
    found, judged = run(_judge(kubeconfig, written, datetime.now(UTC) - timedelta(days=days)))
    _print(found, output)
    note(_summary(found, judged))
    if found:
        raise click.exceptions.Exit(int(Exit.REFUSED))


async def _judge(kubeconfig: str | None, written: Sequence[Written], since: datetime) -> "tuple[list[Impact], int]":
    by_kind: dict[Kind, list[JsonObject]] = {}
    for one in written:
        by_kind.setdefault(one.kind, []).append(one.resource)
    async with cluster(kubeconfig) as api, waiting("reading policies") as progress:
        return await judge(api, by_kind, since, progress.say, note)


def _print(found: "Sequence[Impact]", output: str | None) -> None:
    if output:
        told = [impact.to_json() for impact in found]
        click.echo(json_text(told) if output == JSON else yaml_text(told).rstrip("\n"))
    elif found:
        rows = [(*_row(impact), str(violation)) for impact in found for violation in impact.violations]
        click.echo("\n".join(table(["WORKLOAD", "USAGE", "PROJECT/GLOBAL", "NO LONGER VALID"], rows)))


def _row(impact: "Impact") -> tuple[str, str, str]:
    metadata = impact.workload["metadata"]
    elsewhere = "" if metadata["namespace"] == impact.namespace else f" in {project_of(impact.namespace)}"
    return metadata["name"], impact.usage, place(impact.workload) + elsewhere


def _summary(found: "Sequence[Impact]", judged: int) -> str:
    if not judged:
        return "no workload is affected"
    if not found:
        return f"none of {judged} workloads would become invalid"
    templates = sum(impact.usage == "Template" for impact in found)
    projects = sorted({project_of(impact.namespace) or "(global)" for impact in found})
    return (
        f"{len(found)} of {judged} workloads would no longer be valid: {templates} templates and "
        f"{len(found) - templates} submitted ones, in {', '.join(projects)}"
    )
