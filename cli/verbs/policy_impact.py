"""`runai policy impact`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from cli.cluster.connection import cluster, run
from cli.options.names import PROJECT_NAME
from cli.options.places import file_option, kubeconfig_option
from cli.policies.manifests import policies_in
from cli.printing.output import JSON, YAML, json_text, output_option
from cli.printing.tables import table
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from shared.inquiry.judging import judge, unsecured
from shared.inquiry.projects import place
from shared.inquiry.written import Written
from shared.inquiry.yaml_texts import yaml_text
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
@click.option(
    "--in-force", is_flag=True, help="Judge by the policies of the cluster as they are, for example after an upgrade."
)
@output_option(JSON, YAML)
@kubeconfig_option
def policy_impact(
    file: tuple[str, ...], project: str | None, days: int, in_force: bool, output: str | None, kubeconfig: str | None
) -> None:
    """Show which workloads would become invalid if you applied the policies of FILE. Nothing is applied.

    With --in-force, show which templates and submitted workloads would be refused today by the policies in force.

    It lists templates and recently submitted workloads that are valid today and would then be refused, with the
    sentences. Running jobs are not affected. Exit code 1 if there are any.

    Example: runai policy impact -f training-policy.yaml
    """
    if in_force and (file or project):
        raise click.UsageError("--in-force cannot be combined with --file and --project")
    if not file and not in_force:
        raise click.UsageError("-f FILE or --in-force is required")
    written = policies_in(file, PROJECT_PREFIX + project if project else None) if file else []
    for one in written:
        if not one.namespace:
            raise Stop(Exit.USAGE, f"{one} has no namespace: add it to the file, or use --project NAME")
    since = datetime.now(UTC) - timedelta(days=days)
    found, judged = run(_judge(kubeconfig, None if in_force else written, since))
    _print(found, output)
    note(_summary(found, judged))
    if found:
        raise click.exceptions.Exit(int(Exit.REFUSED))


async def _judge(
    kubeconfig: str | None, written: Sequence[Written] | None, since: datetime
) -> "tuple[list[Impact], int]":
    async with cluster(kubeconfig) as api, waiting("reading policies") as progress:
        if written is None:
            await unsecured(api, note)
        return await judge(api, _by_kind(written), since, progress.say, note)


def _by_kind(written: Sequence[Written] | None) -> "dict[Kind, list[JsonObject] | None]":
    """The policies to judge by, by kind; None for those in force, of every kind."""
    from shared.parameters.kinds import KINDS

    if written is None:
        return dict.fromkeys(KINDS)
    kinds = dict.fromkeys(one.kind for one in written)
    return {kind: [one.resource for one in written if one.kind == kind] for kind in kinds}


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
