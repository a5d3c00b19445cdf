"""`runai list workloads`."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from cli.cluster.connection import cluster, run
from cli.options.kinds import kind_options, kinds_from
from cli.options.places import all_projects_option, kubeconfig_option, project_from, project_option
from cli.printing.output import Shape, output_option, show_pages, watch_option
from cli.shell.exits import note
from cli.shell.groups import renamed
from shared.inquiry.authors import stamps_of
from shared.inquiry.live import Live, Page, changes_of, in_order
from shared.inquiry.projects import must_exist, place
from shared.inquiry.texts import printable
from shared.inquiry.times import age
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

LEAST_NAME: Final = 25
"""Minimum width of the name column: that of names with a time stamp, which the guide uses for shorter ones too."""
NONE: Final = "-"


@click.command()
@kind_options
@project_option
@all_projects_option
@output_option()
@watch_option
@kubeconfig_option
def list_workloads(
    project: str | None,
    all_projects: bool,
    output: str | None,
    watch: bool,
    kubeconfig: str | None,
    **kinds: bool,
) -> None:
    """List the workloads and templates of a project, and the global ones.

    Example: runai list workloads --interactive --project team-a
    """
    run(_list(kubeconfig, kinds_from(**kinds), project_from(project, all_projects), output, watch))


template_list = renamed(list_workloads, "list workloads", "template list")


def row(workload: JsonObject) -> Sequence[str]:
    """The cells of a workload; the last ones are for `-o wide`."""
    metadata, spec, status = workload["metadata"], workload["spec"], workload.get("status") or {}
    usage = str(spec.get("usage") or "Submit")
    phase = NONE if usage == "Template" else status.get("phase") or "Pending"
    lived = age(metadata.get("creationTimestamp"), datetime.now(UTC))
    authors = [printable(stamps_of(workload).get(key, NONE)) for key in ("submittedBy", "changedBy")]
    job = status.get("jobName") or NONE
    return metadata["name"], usage, place(workload), workload["kind"], phase, job, lived, *authors


SHAPE: Final = Shape(
    ("WORKLOAD", "USAGE", "PROJECT/GLOBAL"),
    row,
    ("KIND", "STATUS", "JOB", "AGE", "SUBMITTED BY", "CHANGED BY"),
    least={"WORKLOAD": LEAST_NAME},
)


async def _list(
    kubeconfig: str | None, kinds: "Sequence[Kind]", project: str | None, output: str | None, watch: bool
) -> None:
    async with cluster(kubeconfig) as api:
        lists = _Lists(api, kinds, project, watch)
        printer = await show_pages(in_order(lists.streams, lists.key), SHAPE, output, apart=watch)
        if not printer.count:
            where = f"in project {project}, and no global workloads" if project else "in any project"
            note(f"no {' or '.join(kind.name for kind in kinds)} workloads {where}")
        if watch:
            async for change, workload in changes_of(lists.shown):
                printer.tell(change, workload)


class _Lists:
    """The lists to print: for each kind, the project's and the global one, or a single list of all."""

    def __init__(self, api: Any, kinds: "Sequence[Kind]", project: str | None, watch: bool) -> None:
        self._api, self._project = api, project
        self.shown: list[Live] = []
        """The lists that this user may see."""
        self.streams: list[AsyncIterator[Page]] = []
        for kind in kinds:
            plural, first = kind.workload_plural, kind is kinds[0]
            namespace = PROJECT_PREFIX + project if project else None
            beside = {} if project else {"fieldSelector": f"metadata.namespace!={GLOBAL_NAMESPACE}"}
            live = Live(api, resource_path(plural, namespace), beside, remember=watch)
            everyones = Live(api, resource_path(plural, GLOBAL_NAMESPACE), remember=watch)
            self.streams.append(self._of_project(live) if first else self._if_permitted(live, plural))
            self.streams.append(self._if_permitted(everyones, "global workloads"))

    def key(self, workload: JsonObject) -> Any:
        """The sort key: by name; for all projects, global ones first, then in the server's order."""
        name, namespace = workload["metadata"]["name"], workload["metadata"]["namespace"]
        return (name, namespace) if self._project else (namespace != GLOBAL_NAMESPACE, f"{namespace}/{name}")

    async def _of_project(self, live: Live) -> AsyncIterator[Page]:
        self.shown.append(live)
        count = 0
        async for page in live.pages():
            count += len(page)
            yield page
        if not count and self._project:
            await must_exist(self._api, self._project)

    async def _if_permitted(self, live: Live, what: str) -> AsyncIterator[Page]:
        """Leave out lists that the user may not see and kinds that the cluster lacks, with a note."""
        from shared.errors import ForbiddenError

        try:
            async for page in live.pages():
                yield page
        except ForbiddenError as error:
            note(f"{what} are not shown: {printable(str(error))}")
        else:
            self.shown.append(live)
