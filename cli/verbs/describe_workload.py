"""`runai describe workload`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import Exit, Stop
from cli.jobs import JOB_KINDS
from cli.live import named
from cli.options import (
    SWITCHES,
    WORKLOAD_NAME,
    all_projects_option,
    kind_options,
    kinds_from,
    kubeconfig_option,
    project_from,
    project_option,
)
from cli.output import WIDE, Printer, Shape, output_option, show
from cli.projects import must_exist, place
from cli.workload_page import Job, page
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, RELEASE_LABEL, WORKLOAD_UID_LABEL, resource_path

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
    """Show a workload's own values, and what became of it.

    Example: runai describe workload my-jupyter-job --interactive --project team-a
    """
    wanted = project_from(project, all_projects)
    run(_describe(kubeconfig, kinds_from(**kinds), name, wanted, output))


async def _describe(
    kubeconfig: str | None, kinds: "Sequence[Kind]", name: str, project: str | None, output: str | None
) -> None:
    async with cluster(kubeconfig) as api:
        if project is None:
            found = await _everywhere(api, kinds, name)
        else:
            found = await _in_project(api, kinds, name, project)
        if output not in (None, WIDE):
            _print(found, output)
            return
        now, wide = datetime.now(UTC), output == WIDE
        pages = [page(workload, place(workload), await _job(api, workload), now, wide=wide) for workload in found]
    click.echo("\n\n\n".join("\n".join(lines) for lines in pages))


def _print(found: Sequence[JsonObject], output: str) -> None:
    if len(found) == 1:
        show(found[0], output)
        return
    printer = Printer(Shape((), lambda _: ()), output)
    printer.add(found)
    printer.end()


async def _everywhere(api: Any, kinds: "Sequence[Kind]", name: str) -> list[JsonObject]:
    found: list[JsonObject] = []
    for kind in kinds:
        found += named(await api.list(resource_path(kind.workload_plural), {"fieldSelector": f"metadata.name={name}"}))
    if not found:
        raise Stop(Exit.NOT_FOUND, f"{_title(kinds)} {name} not found in any project")
    return sorted(found, key=lambda workload: str(workload["metadata"]["namespace"]))


async def _in_project(api: Any, kinds: "Sequence[Kind]", name: str, project: str) -> list[JsonObject]:
    from shared.parameters.kinds import KINDS

    namespace = PROJECT_PREFIX + project
    for place_of in (namespace, GLOBAL_NAMESPACE):
        if found := [workload for kind in kinds if (workload := await _find(api, kind, name, place_of))]:
            return found
    await must_exist(api, project)
    others = [other for other in KINDS if other not in kinds and await _glimpse(api, other, name, namespace)]
    hint = f"; {others[0].workload} {name} is there: add {SWITCHES[others[0].name][0][0]}" if others else ""
    raise Stop(Exit.NOT_FOUND, f"{_title(kinds)} {name} not found in project {project} nor among the global ones{hint}")


def _title(kinds: "Sequence[Kind]") -> str:
    return " or ".join(kind.workload for kind in kinds)


async def _find(api: Any, kind: "Kind", name: str, namespace: str) -> JsonObject | None:
    """The workload, or None where there is none, or among the global ones none that this person may see."""
    from shared.errors import ForbiddenError, NotFoundError

    try:
        found: JsonObject = await api.get(resource_path(kind.workload_plural, namespace, name))
    except NotFoundError as error:
        if not error.kind:  # it is the kind that the server does not know
            raise
        return None
    except ForbiddenError:
        if namespace != GLOBAL_NAMESPACE:
            raise
        return None
    return found


async def _glimpse(api: Any, kind: "Kind", name: str, namespace: str) -> JsonObject | None:
    """The same, and None too where this person may not know."""
    from shared.errors import PermanentError

    try:
        return await _find(api, kind, name, namespace)
    except PermanentError:
        return None


async def _job(api: Any, workload: JsonObject) -> Job | None:
    """The job as it is now, with its pods; None while there is none."""
    from shared.errors import NotFoundError

    status = workload.get("status") or {}
    kinds = {(kind.kind, kind.api_version): kind for kind in JOB_KINDS}
    created = next(
        (one for one in status.get("createdResources") or [] if (one["kind"], one["version"]) in kinds), None
    )
    if created is None:
        return None
    kind, namespace, name = kinds[created["kind"], created["version"]], created["namespace"], created["name"]
    try:
        resource = await api.get(kind.path(namespace, name))
    except NotFoundError:
        resource = None
    mine = f"{RELEASE_LABEL}={name},{WORKLOAD_UID_LABEL}={workload['metadata']['uid']}"
    pods = await api.list(resource_path("pods", namespace, None, "v1"), {"labelSelector": mine})
    return Job(name, namespace, resource, pods["items"])
