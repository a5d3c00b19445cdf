"""`runai list workloads`."""

from collections.abc import Iterable
from typing import Any, Final

import click

from cli.connection import JsonObject, Reader, cluster, run
from cli.exits import Exit, Stop, note
from cli.options import all_projects_option, kind_from, kind_options, kubeconfig_option, project_from, project_option
from cli.tables import printable, table
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, project_of, resource_path

LEAST_NAME: Final = 25
"""Least width of the column of names: that of names with a time stamp, as the guide prints it for shorter ones too."""


@click.command()
@kind_options
@project_option
@all_projects_option
@kubeconfig_option
def list_workloads(project: str | None, all_projects: bool, kubeconfig: str | None, **kinds: bool) -> None:
    """List the workloads and templates of a project, and the global ones.

    Example: runai list workloads --interactive --project team-a
    """
    kind = kind_from(**kinds)
    wanted = project_from(project, all_projects)
    workloads = run(_read(kubeconfig, kind.workload_plural, wanted))
    click.echo("\n".join(listing(workloads)))
    if not workloads:
        where = f"in project {wanted}, and no global ones" if wanted else "in any project"
        note(f"no {kind.name} workloads {where}")


def listing(workloads: Iterable[JsonObject]) -> list[str]:
    """The table of workloads, by name and then by project."""
    rows = sorted((_name(workload), _usage(workload), place(workload)) for workload in workloads)
    header = ["WORKLOAD", "USAGE", "PROJECT/GLOBAL"]
    return table(header, sorted(rows, key=lambda row: (row[0], row[2])), least={"WORKLOAD": LEAST_NAME})


def place(workload: JsonObject) -> str:
    """The project's name, or `(global)`; a namespace that is neither is named as such."""
    namespace = workload["metadata"]["namespace"]
    if namespace == GLOBAL_NAMESPACE:
        return "(global)"
    return project_of(namespace) or f"(namespace {namespace})"


def _name(workload: JsonObject) -> str:
    return str(workload["metadata"]["name"])


def _usage(workload: JsonObject) -> str:
    return str(workload["spec"].get("usage") or "Submit")


async def _read(kubeconfig: str | None, plural: str, project: str | None) -> list[JsonObject]:
    async with cluster(kubeconfig) as api:
        if project is None:
            return await _items(api, resource_path(plural))
        namespace = PROJECT_PREFIX + project
        own = await _items(api, resource_path(plural, namespace))
        if not own:
            await must_exist(api, project)
        return [*own, *await _global(api, plural)]


async def _global(api: Reader, plural: str) -> list[JsonObject]:
    from shared.errors import ForbiddenError

    try:
        return await _items(api, resource_path(plural, GLOBAL_NAMESPACE))
    except ForbiddenError as error:  # a person of one project need not see them to see their own
        note(f"global workloads are not shown: {printable(str(error))}")
        return []


async def must_exist(api: Reader, project: str) -> None:
    """Stop where the project's namespace does not exist, as far as this person may know."""
    from shared.errors import ForbiddenError, NotFoundError

    namespace = PROJECT_PREFIX + project
    try:
        await api.get(resource_path("namespaces", None, namespace, "v1"))
    except ForbiddenError:
        return
    except NotFoundError as error:
        raise Stop(Exit.NOT_FOUND, f"there is no project {project}: namespace {namespace} does not exist") from error


async def _items(api: Any, path: str) -> list[JsonObject]:
    answer: JsonObject = await api.list(path)
    return list(answer["items"])
