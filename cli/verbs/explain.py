"""`runai explain WORKLOAD | -f FILE`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.cluster.connection import cluster, run
from cli.cluster.documents import text_in
from cli.options.kinds import any_kind, any_kind_options
from cli.options.names import WORKLOAD_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.printing.output import JSON, YAML, json_text, output_option
from cli.shell.exits import Exit, Stop
from cli.shell.progress import waiting
from cli.workloads.explanation_page import page
from cli.workloads.files import workloads_in
from cli.workloads.hints import flags_named
from cli.workloads.stops import would_be_refused
from shared.inquiry.explanation import Explanation, of_frozen
from shared.inquiry.frozen import sealed_of
from shared.inquiry.lookup import find_workload
from shared.inquiry.now import as_of_now
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PROJECT_PREFIX
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.inquiry.seals import SealSaid
    from shared.outputs.configmap import Claim
    from shared.parameters.kinds import Kind


@click.command()
@click.argument("name", type=WORKLOAD_NAME, required=False)
@click.option("-f", "--file", metavar="FILE", help="YAML file with the workloads to explain, or - for standard input.")
@click.option("--now", is_flag=True, help="Decide anew with the current policy, even for a submitted workload.")
@any_kind_options
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def explain(
    name: str | None,
    file: str | None,
    now: bool,
    project: str | None,
    output: str | None,
    kubeconfig: str | None,
    **kinds: bool,
) -> None:
    """Show every value of a workload: where it comes from, what it overrode, and which rules apply.

    For a submitted workload (or its job, by the job's name), the values are those frozen when it was
    submitted; for a template, a file or a refused workload, they are the current ones. For a failed workload the
    reason is shown. `Seal` says whether the record of a job is what the resolver sealed. Exit code 1 if the workload
    would be refused.

    \b
    Examples:
      runai explain jupyter-1 -p team-a
      runai explain -f my-jupyter-job.yaml -p team-a
    """
    if (name is None) == (file is None):
        raise click.UsageError("give either the name of a workload or -f FILE")
    if file is not None:
        documents = workloads_in(text_in(file), None if project is None else PROJECT_PREFIX + project)
        explained = run(_explain_file(documents, project, kubeconfig))
    else:
        wanted = any_kind(kinds)
        explained = run(
            _explain_name(wanted, name or "", project_from(project, all_projects=False) or "", kubeconfig, now)
        )
    show(explained, output)
    refused = [would_be_refused(one) for one in explained if one.refused]
    if refused:
        raise Stop(Exit.REFUSED, "\n".join(stop.message for stop in refused))


def show(explained: Sequence[Explanation], output: str | None) -> None:
    """Print the explanations as pages or as objects."""
    if output == JSON:
        documents = [one.to_json() for one in explained]
        click.echo(json_text(documents[0] if len(documents) == 1 else documents))
    elif output == YAML:
        click.echo("---\n".join(yaml_text(one.to_json()) for one in explained), nl=False)
    else:
        click.echo("\n\n".join("\n".join(page(one)) for one in explained))


async def _explain_name(
    kinds: "Sequence[Kind]", name: str, project: str, kubeconfig: str | None, now: bool
) -> list[Explanation]:
    async with cluster(kubeconfig) as api, waiting(f"reading workload {name}"):
        with flags_named():
            kind, workload = await find_workload(api, kinds, name, project)
        frozen, seal = (None, None) if now else await _frozen(api, workload)
        if frozen is not None:
            return [of_frozen(kind, workload, frozen, seal)]
        return [replace(await as_of_now(api, kind, workload, PROJECT_PREFIX + project), seal=seal)]


async def _frozen(api: Any, workload: JsonObject) -> "tuple[Claim | None, SealSaid | None]":
    from shared.errors import ForbiddenError

    try:
        return await sealed_of(api, workload)
    except ForbiddenError as error:
        hint = "the decided values are kept there; use --now to see what would be decided today"
        raise Stop(Exit.NOT_PERMITTED, f"{error}: {hint}") from error


async def _explain_file(
    documents: "Sequence[tuple[Kind, JsonObject]]", project: str | None, kubeconfig: str | None
) -> list[Explanation]:
    beside = {
        (kind.workload, item["metadata"]["namespace"], item["metadata"]["name"]): item for kind, item in documents
    }
    async with cluster(kubeconfig) as api, waiting("reading policies, base workloads and projects"):
        return [await as_of_now(api, kind, item, item["metadata"]["namespace"], beside) for kind, item in documents]
