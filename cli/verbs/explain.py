"""`runai explain WORKLOAD | -f FILE`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.connection import JsonObject, cluster, run
from cli.dry_run import refusal
from cli.exits import Exit, Stop
from cli.explanation import Explanation, of_frozen, of_verdict
from cli.frozen import frozen_of
from cli.lookup import find_workload
from cli.manifests import documents_in
from cli.options import WORKLOAD_NAME, any_kind_options, kinds_from, kubeconfig_option, project_from, project_option
from cli.output import JSON, YAML, json_text, output_option, yaml_text
from cli.progress import waiting
from cli.sources import as_source, decide, gather
from shared.names import GROUP, PROJECT_PREFIX

if TYPE_CHECKING:
    from cli.frozen import Frozen
    from shared.parameters.kinds import Kind

Explained = tuple[Explanation, Stop | None]
"""What is to be shown, and how the command ends where the workload would be refused."""


@click.command()
@click.argument("name", type=WORKLOAD_NAME, required=False)
@click.option("-f", "--file", metavar="FILE", help="Explain the workloads of this YAML file; - reads standard input.")
@click.option("--now", is_flag=True, help="As of now, also for a workload that was submitted.")
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
    """Show every value of a workload: where it comes from, what it overrode, and which rules it keeps.

    Of a submitted workload (or of its job, by the job's name) the values are those that were frozen when it was
    submitted; of a template, a file, or a workload that was refused, those of now. Of one that has failed it says so,
    and why. Exit code 1 where it would be refused.

    \b
    Examples:
      runai explain jupyter-1 -p team-a
      runai explain -f my-jupyter-job.yaml -p team-a
    """
    if (name is None) == (file is None):
        raise click.UsageError("give the name of a workload, or a file by -f: one of them")
    if file is not None:
        documents = workloads_in(_read(file), None if project is None else PROJECT_PREFIX + project)
        explained = run(_explain_file(documents, project, kubeconfig))
    else:
        wanted = any_kind(kinds)
        explained = run(
            _explain_name(wanted, name or "", project_from(project, all_projects=False) or "", kubeconfig, now)
        )
    show([one for one, _ in explained], output)
    refused = [stop for _, stop in explained if stop]
    if refused:
        raise Stop(Exit.REFUSED, "\n".join(stop.message for stop in refused))


def any_kind(switches: Mapping[str, bool]) -> "Sequence[Kind]":
    """The kinds whose switch is on; all of them where none is."""
    from shared.parameters.kinds import KINDS

    return kinds_from(**switches) if any(switches.values()) else KINDS


def show(explained: Sequence[Explanation], output: str | None) -> None:
    """Print the pages, or the objects."""
    if output == JSON:
        told = [one.to_json() for one in explained]
        click.echo(json_text(told[0] if len(told) == 1 else told))
    elif output == YAML:
        click.echo("---\n".join(yaml_text(one.to_json()) for one in explained), nl=False)
    else:
        click.echo("\n\n".join("\n".join(one.page()) for one in explained))


async def _explain_name(
    kinds: "Sequence[Kind]", name: str, project: str, kubeconfig: str | None, now: bool
) -> list[Explained]:
    async with cluster(kubeconfig) as api, waiting(f"reading workload {name}"):
        kind, workload = await find_workload(api, kinds, name, project)
        frozen = None if now else await _frozen(api, workload)
        if frozen is not None:
            return [(of_frozen(kind, workload, frozen), None)]
        return [await as_of_now(api, kind, workload, PROJECT_PREFIX + project)]


async def _frozen(api: Any, workload: JsonObject) -> "Frozen | None":
    from shared.errors import ForbiddenError

    try:
        return await frozen_of(api, workload)
    except ForbiddenError as error:
        hint = "what was decided is kept there; --now shows what would be decided today"
        raise Stop(Exit.NOT_PERMITTED, f"{error}: {hint}") from error


async def as_of_now(
    api: Any,
    kind: "Kind",
    workload: JsonObject,
    namespace: str,
    beside: Mapping[tuple[str, str], JsonObject] | None = None,
) -> Explained:
    """What would become of the workload if it were submitted in the namespace now.

    `beside` are workloads that are not stored yet, by kind and name, and could be its base.
    """
    sources = await gather(api, kind, namespace, workload.get("spec") or {})
    base = (beside or {}).get((kind.workload, str((workload.get("spec") or {}).get("baseWorkload"))))
    if base is not None:
        sources = replace(sources, base=base)
    verdict = decide(sources, as_source(workload))
    explained = of_verdict(workload, verdict)
    return explained, refusal(explained, sources) if explained.violations else None


async def _explain_file(
    documents: "Sequence[tuple[Kind, JsonObject]]", project: str | None, kubeconfig: str | None
) -> list[Explained]:
    beside = {(kind.workload, item["metadata"]["name"]): item for kind, item in documents}
    async with cluster(kubeconfig) as api, waiting("reading what the workloads rest on"):
        return [await as_of_now(api, kind, item, item["metadata"]["namespace"], beside) for kind, item in documents]


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Exit.USAGE, f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def workloads_in(text: str, namespace: str | None) -> "list[tuple[Kind, JsonObject]]":
    """The workloads of a YAML file, each in its own namespace, else in `namespace`, else in the default project's."""
    documents = documents_in(text, "the file")
    if not documents:
        raise Stop(Exit.USAGE, "the file holds no workload")
    return [_workload(document, namespace) for document in documents]


def _workload(document: Any, namespace: str | None) -> "tuple[Kind, JsonObject]":
    from shared.parameters.kinds import KINDS

    kinds = {kind.workload: kind for kind in KINDS}
    if not isinstance(document, dict) or not str(document.get("apiVersion")).startswith(f"{GROUP}/"):
        raise Stop(Exit.USAGE, f"the file holds something else than workloads of {GROUP}")
    kind = kinds.get(str(document.get("kind")))
    if kind is None:
        raise Stop(Exit.USAGE, f"{document.get('kind')} is no kind of workload: {', '.join(kinds)}")
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Stop(Exit.USAGE, f"a {kind.workload} of the file has no name")
    if not isinstance(spec, dict):
        raise Stop(Exit.USAGE, f"{kind.workload} {metadata['name']} of the file has no spec")
    place = metadata.get("namespace") or namespace or PROJECT_PREFIX + (project_from(None, all_projects=False) or "")
    read_metadata = {**metadata, "namespace": str(place), "uid": "", "resourceVersion": ""}
    return kind, {**document, "metadata": read_metadata, "spec": spec, "status": {}}
