"""`--dry-run=server`: what becomes of a submission, without one: the verdict, the values, and every object as YAML.

The API server's own verdict comes first (it creates nothing either, but checks rights, shapes and Secrets); then the
same resolution, and the same making of objects, that the services do; and at last what the cluster says of each object.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from cli.cluster.connection import cluster
from cli.cluster.projects import must_exist
from cli.printing.output import JSON, json_text, yaml_text
from cli.shell.exits import note
from cli.shell.progress import waiting
from cli.submit.draft import DEFAULT_PREFIX, Draft
from cli.submit.submitting import completed_draft
from cli.workloads.explanation import Explanation, of_verdict
from cli.workloads.stops import would_be_refused
from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.obstacles import DRY, tried
from shared.inquiry.sources import Sources, as_source, decide, gather
from shared.kubernetes.api import NAMES_ONLY
from shared.names import PROJECT_PREFIX, SUBMITTED_BY_ANNOTATION, project_of, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import NAMED_AS_JOBS

if TYPE_CHECKING:
    from shared.resolution.model import Resolved

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
            objects = await _objects(api, workload, sources, verdict.result)
            trial = await tried(api, objects)
            explained = replace(explained, obstacles=trial.obstacles, notes=[*explained.notes, *trial.notes])
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


async def _objects(api: Any, workload: JsonObject, sources: Sources, result: "Resolved") -> list[JsonObject]:
    """Everything that the submission would create, the claim first, in the order of creation."""
    from shared.outputs.build import build_all
    from shared.outputs.configmap import build_claim
    from shared.outputs.naming import Names
    from shared.resolution.choice import ref_of
    from shared.resolution.model import provenance_json

    metadata, scheduler, values = workload["metadata"], sources.scheduler, result.values_set
    assert scheduler is not None, "an unknown one is refused"
    names = Names(
        job=await _job_name(api, metadata["namespace"], values),
        namespace=metadata["namespace"],
        project=project_of(metadata["namespace"]) or metadata["namespace"],
        workload_kind=sources.kind.workload,
        workload_name=metadata["name"],
        workload_uid=metadata["uid"],
        user=(metadata.get("annotations") or {}).get(SUBMITTED_BY_ANNOTATION) or "",
        scheduler=scheduler,
    )
    rested_on = {
        "policy": sources.policy.ref.to_json() if sources.policy else None,
        "baseWorkload": ref_of(sources.base).to_json() if sources.base else None,
        "scheduler": scheduler.value,
    }
    claim = build_claim(names, values, provenance_json(result), rested_on)
    return [
        claim,
        *build_all(sources.kind, sources.kind.values.model_validate(values), names),
    ]  # as the creator reads it


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


async def _job_name(api: Any, namespace: str, values: Mapping[str, Any]) -> str:
    """The job's name; of a prefix the next number that is free by now, as far as the person may see."""
    if values.get("name"):
        return str(values["name"])
    prefix = str(values.get("namePrefix") or DEFAULT_PREFIX)
    numbered = re.compile(rf"{re.escape(prefix)}-(\d{{1,9}})")
    names = await asyncio.gather(*(_names(api, plural, namespace, version) for plural, version in NAMED_AS_JOBS))
    taken = [int(found[1]) for some in names for name in some if (found := numbered.fullmatch(name))]
    return f"{prefix}-{max(taken, default=0) + 1}"


async def _names(api: Any, plural: str, namespace: str, version: str) -> list[str]:
    """The names in use; none where the person may not see them, or the cluster does not know the kind."""
    try:
        answer = await api.list(resource_path(plural, namespace, api_version=version), accept=NAMES_ONLY)
    except (ForbiddenError, NotFoundError):
        return []
    return [str(item["metadata"]["name"]) for item in answer["items"]]


def _print(explained: Explanation, objects: list[JsonObject], output: str | None) -> None:
    """The whole as one document, or objects to read or to apply with all the rest as comments above them."""
    if output is not None:
        told = {**explained.to_json(), "objects": objects}
        click.echo(f"{json_text(told)}\n" if output == JSON else yaml_text(told), nl=False)
        return
    if explained.refused:
        for one in explained.notes:
            note(one)
        return
    verdict = ["Verdict:   it would be accepted; nothing has been created", *explained.page()]
    click.echo("\n".join(f"# {line}".rstrip() for line in verdict))
    for item in objects:
        click.echo("---\n" + yaml_text(item), nl=False)
