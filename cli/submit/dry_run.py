"""Implements `--dry-run=server`, which shows the result of a submission: the verdict, the values, all objects as YAML.

It first asks the API server for a dry run, which checks rights, shapes and Secrets. It then resolves the values and
builds the objects as the services do. Finally, it asks the cluster about each object.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from cli.cluster.connection import cluster
from cli.printing.output import JSON, json_text
from cli.shell.exits import note
from cli.shell.progress import waiting
from cli.submit.draft import Draft
from cli.submit.gather import completed_draft
from cli.workloads.explanation_page import page
from cli.workloads.stops import would_be_refused
from shared.errors import NotFoundError
from shared.inquiry.creation import under_a_free_name
from shared.inquiry.explanation import Explanation
from shared.inquiry.now import preview
from shared.inquiry.preflight import DRY
from shared.inquiry.projects import must_exist
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PROJECT_PREFIX, resource_path
from shared.objects import JsonObject


async def dry_run(draft: Draft, project: str, output: str | None, kubeconfig: str | None) -> None:
    """Print the result of the submission; Stop if it would be refused or fail."""
    async with cluster(kubeconfig) as api, waiting("asking the API server"):
        workload = await _admitted(api, await completed_draft(api, draft, project), project)
        explained, objects = await preview(api, draft.kind, workload)
    _print(explained, objects, output)
    if explained.refused:
        raise would_be_refused(explained)


async def _admitted(api: Any, draft: Draft, project: str) -> JsonObject:
    """The workload as the API server would store it, with a placeholder uid."""
    path, now = resource_path(draft.kind.workload_plural, PROJECT_PREFIX + project), datetime.now(UTC)

    async def admit(body: JsonObject) -> JsonObject:
        admitted: JsonObject = await api.create(path, body, DRY)
        return admitted

    try:
        return await under_a_free_name(partial(draft.resource, project, now), admit)
    except NotFoundError:
        await must_exist(api, project)
        raise


def _print(explained: Explanation, objects: Sequence[JsonObject], output: str | None) -> None:
    """Print one document with everything, or the objects as YAML with everything else as comments above them."""
    if output is not None:
        document = {**explained.to_json(), "objects": list(objects)}
        click.echo(f"{json_text(document)}\n" if output == JSON else yaml_text(document), nl=False)
        return
    if explained.refused:
        for one in explained.notes:
            note(one)
        return
    verdict = ["Verdict:   would be accepted; nothing was created", *page(explained)]
    click.echo("\n".join(f"# {line}".rstrip() for line in verdict))
    for item in objects:
        click.echo("---\n" + yaml_text(item), nl=False)
