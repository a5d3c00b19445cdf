"""`runai list projects`."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

import click

from cli.cluster.connection import cluster, run
from cli.options.places import kubeconfig_option
from cli.printing.output import Shape, output_option, show_pages, watch_option
from cli.shell.exits import note
from cli.shell.groups import renamed
from cli.shell.preferences import default_project
from shared.inquiry.live import Live, Page
from shared.inquiry.times import age
from shared.names import project_of, resource_path
from shared.objects import JsonObject

SCHEDULER_LABEL: Final = "run.ai/scheduler"
"""A copy of `shared.schedulers.SCHEDULER_LABEL`, whose module would import everything that values need."""


@click.command()
@output_option()
@watch_option
@kubeconfig_option
def list_projects(output: str | None, watch: bool, kubeconfig: str | None) -> None:
    """List the projects of the cluster. Requires the right to list all namespaces.

    Example: runai list projects
    """
    run(_list(kubeconfig, output, watch))


project_list = renamed(list_projects, "list projects", "project list")


def row(namespace: JsonObject) -> Sequence[str]:
    """The cells of a project, from its namespace."""
    metadata = namespace["metadata"]
    project = project_of(metadata["name"]) or ""
    shown = f"{project} (default)" if project == default_project() else project
    scheduler = (metadata.get("labels") or {}).get(SCHEDULER_LABEL, "-")
    phase = (namespace.get("status") or {}).get("phase", "-")
    return shown, metadata["name"], phase, age(metadata.get("creationTimestamp"), datetime.now(UTC)), scheduler


SHAPE: Final = Shape(("PROJECT", "NAMESPACE", "STATUS", "AGE"), row, ("SCHEDULER",))


async def _list(kubeconfig: str | None, output: str | None, watch: bool) -> None:
    async with cluster(kubeconfig) as api:
        live = Live(api, resource_path("namespaces", None, None, "v1"), remember=watch)
        printer = await show_pages(_projects(live), SHAPE, output, apart=watch)
        if not printer.count:
            note("no projects found; create one with `runai project create NAME`")
        if watch:
            async for change, namespace in live.changes():
                if project_of(namespace["metadata"]["name"]):
                    printer.tell(change, namespace)


async def _projects(live: Live) -> AsyncIterator[Page]:
    async for page in live.pages():
        yield [namespace for namespace in page if project_of(namespace["metadata"]["name"])]
