"""`runai describe workload`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import Exit, Stop
from cli.options import (
    SWITCHES,
    WORKLOAD_NAME,
    all_projects_option,
    kind_from,
    kind_options,
    kubeconfig_option,
    project_from,
    project_option,
)
from cli.verbs.list_workloads import must_exist, place
from cli.workload_page import Job, page
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

JOBS: Final = {"RunaiJob": ("runaijobs", "run.ai/v1"), "Deployment": ("deployments", "apps/v1")}
"""The created resources that are the job itself: plural and version."""


@click.command()
@click.argument("name", type=WORKLOAD_NAME)
@kind_options
@project_option
@all_projects_option
@kubeconfig_option
def describe_workload(
    name: str, project: str | None, all_projects: bool, kubeconfig: str | None, **kinds: bool
) -> None:
    """Show a workload's own values, and what became of it.

    Example: runai describe workload my-jupyter-job --interactive --project team-a
    """
    kind = kind_from(**kinds)
    wanted = project_from(project, all_projects)
    found = run(_read(kubeconfig, kind, name, wanted))
    now = datetime.now(UTC)
    pages = ["\n".join(page({"kind": kind.workload, **workload}, place(workload), job, now)) for workload, job in found]
    click.echo("\n\n\n".join(pages))


async def _read(
    kubeconfig: str | None, kind: "Kind", name: str, project: str | None
) -> list[tuple[JsonObject, Job | None]]:
    async with cluster(kubeconfig) as api:
        if project is None:
            found = await _everywhere(api, kind, name)
        else:
            found = [await _in_project(api, kind, name, project)]
        return [(workload, await _job(api, workload)) for workload in found]


async def _everywhere(api: Any, kind: "Kind", name: str) -> list[JsonObject]:
    answer = await api.list(resource_path(kind.workload_plural), {"fieldSelector": f"metadata.name={name}"})
    found: list[JsonObject] = answer["items"]
    if not found:
        raise Stop(Exit.NOT_FOUND, f"{kind.workload} {name} not found in any project")
    return sorted(found, key=lambda workload: str(workload["metadata"]["namespace"]))


async def _in_project(api: Any, kind: "Kind", name: str, project: str) -> JsonObject:
    from shared.parameters.kinds import KINDS

    namespace = PROJECT_PREFIX + project
    for place_of in (namespace, GLOBAL_NAMESPACE):
        if workload := await _find(api, kind, name, place_of):
            return workload
    await must_exist(api, project)
    others = [other for other in KINDS if other != kind and await _find(api, other, name, namespace)]
    hint = f"; {others[0].workload} {name} is there: add {SWITCHES[others[0].name][0][0]}" if others else ""
    raise Stop(Exit.NOT_FOUND, f"{kind.workload} {name} not found in project {project} nor among the global ones{hint}")


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


async def _job(api: Any, workload: JsonObject) -> Job | None:
    """The job as it is now, with its pods; None while there is none."""
    from shared.errors import NotFoundError

    status = workload.get("status") or {}
    created = next((one for one in status.get("createdResources") or [] if one["kind"] in JOBS), None)
    if created is None:
        return None
    plural, version = JOBS[created["kind"]]
    namespace, name = created["namespace"], created["name"]
    try:
        resource = await api.get(resource_path(plural, namespace, name, version))
    except NotFoundError:
        resource = None
    pods = await api.list(resource_path("pods", namespace, None, "v1"), {"labelSelector": f"release={name}"})
    return Job(name, namespace, resource, pods["items"])
