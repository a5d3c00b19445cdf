"""`--dry-run=server`: what becomes of a submission, without one: the verdict, the values, and every object as YAML.

The API server's own verdict comes first (it creates nothing either, but checks rights, shapes and Secrets); then the
same resolution, and the same making of objects, that the services do; and at last what the cluster says of each object.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import click

from cli.cluster.connection import cluster
from cli.printing.output import JSON, json_text, yaml_text
from cli.shell.exits import note
from cli.shell.progress import waiting
from cli.submit.draft import Draft
from cli.submit.gather import completed_draft
from cli.workloads.explanation_page import page
from cli.workloads.stops import would_be_refused
from shared.errors import NotFoundError
from shared.inquiry.explanation import Explanation, of_verdict
from shared.inquiry.objects import objects_of
from shared.inquiry.preflight import DRY, preflight
from shared.inquiry.projects import must_exist
from shared.inquiry.sources import Sources, as_source, decide, gather
from shared.names import PROJECT_PREFIX, resource_path
from shared.objects import JsonObject

OF_THE_OPERATOR: Final = ("gitSync", "s3", "tensorboard", "exposedUrls", "nodePool", "nodePools")
"""Parameters whose resources hold something that the operator of the cluster chooses."""


async def dry_run(draft: Draft, project: str, output: str | None, kubeconfig: str | None) -> None:
    """Print what becomes of the submission; Stop where it would be refused, or fail."""
    from shared.resolution.model import Refused

    objects: list[JsonObject] = []
    async with cluster(kubeconfig) as api, waiting("asking the API server"):
        workload = await _admitted(api, await completed_draft(api, draft, project), project)
        sources = await gather(api, draft.kind, workload["metadata"]["namespace"], workload["spec"])
        verdict = decide(sources, as_source(workload))
        explained = of_verdict(workload, verdict)
        if not isinstance(verdict.result, Refused):
            objects = await objects_of(api, workload, sources, verdict.result)
            checked = await preflight(api, objects)
            explained = replace(explained, obstacles=checked.obstacles, notes=[*explained.notes, *checked.notes])
    if not explained.refused:
        explained = replace(explained, notes=[*explained.notes, *_assumptions(sources, explained)])
    _print(explained, [] if explained.refused else objects, output)
    if explained.refused:
        raise would_be_refused(explained, sources)


async def _admitted(api: Any, draft: Draft, project: str) -> JsonObject:
    """The workload as the API server would store it, with a uid that nothing has."""
    path = resource_path(draft.kind.workload_plural, PROJECT_PREFIX + project)
    try:
        admitted: JsonObject = await api.create(path, draft.resource(project, datetime.now(UTC)), DRY)
    except NotFoundError:
        await must_exist(api, project)
        raise
    return admitted


def _assumptions(sources: Sources, explained: Explanation) -> list[str]:
    """What is shown without being known: what the operator of the cluster chose is nowhere to be read."""
    notes = []
    if sources.assumed:
        notes.append("the job is shown as for the scheduler default: no recent job of the project shows another one")
    values = explained.values
    if any(values.get(name) for name in OF_THE_OPERATOR) or values.get("serviceType") == "ingress":
        notes.append(
            "addresses, labels of node pools and what helpers are made of are shown as where the operator set none"
        )
    return notes


def _print(explained: Explanation, objects: list[JsonObject], output: str | None) -> None:
    """The whole as one document, or objects to read or to apply with all the rest as comments above them."""
    if output is not None:
        document = {**explained.to_json(), "objects": objects}
        click.echo(f"{json_text(document)}\n" if output == JSON else yaml_text(document), nl=False)
        return
    if explained.refused:
        for one in explained.notes:
            note(one)
        return
    verdict = ["Verdict:   it would be accepted; nothing has been created", *page(explained)]
    click.echo("\n".join(f"# {line}".rstrip() for line in verdict))
    for item in objects:
        click.echo("---\n" + yaml_text(item), nl=False)
