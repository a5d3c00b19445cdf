"""`runai policy impact`."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import Exit, Stop, note
from cli.live import pages
from cli.manifests import Written, policies_in
from cli.options import PROJECT_NAME, file_option, kubeconfig_option
from cli.output import JSON, YAML, json_text, output_option, yaml_text
from cli.progress import Progress, waiting
from cli.projects import must_exist, place
from cli.tables import moment, table
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, project_of, resource_path

if TYPE_CHECKING:
    from cli.impact import Change, Impact, Judge

RECENT: Final = 30
"""Days for which a submitted workload is recent."""


@click.command()
@file_option
@click.option(
    "-p", "--project", type=PROJECT_NAME, metavar="NAME", help="Whose policies they are where the file does not say."
)
@click.option(
    "--days", type=click.IntRange(0), default=RECENT, show_default=True, help="How old submitted workloads may be."
)
@output_option(JSON, YAML)
@kubeconfig_option
def policy_impact(
    file: tuple[str, ...], project: str | None, days: int, output: str | None, kubeconfig: str | None
) -> None:
    """Show what would no longer be valid if the policies of FILE were applied, and apply nothing.

    Told are templates and recently submitted workloads that are valid today and would be refused then, with the
    sentences. What was submitted runs on in any case. Exit code 1 where there are any.

    Example: runai policy impact -f training-policy.yaml
    """
    if not file:
        raise click.UsageError("give -f FILE, the policies that are to be applied")
    written = policies_in(file, PROJECT_PREFIX + project if project else None)
    for one in written:
        if not one.namespace:
            raise Stop(Exit.USAGE, f"{one} has no namespace: write it in the file, or give --project NAME")
    found, judged = run(_judge(kubeconfig, written, datetime.now(UTC) - timedelta(days=days)))
    _print(found, output)
    note(_summary(found, judged))
    if found:
        raise click.exceptions.Exit(int(Exit.REFUSED))


async def _judge(kubeconfig: str | None, written: Sequence[Written], since: datetime) -> "tuple[list[Impact], int]":
    from cli.impact import Judge, change

    found: list[Impact] = []
    judged = 0
    async with cluster(kubeconfig) as api, waiting("reading policies") as progress:
        for kind in dict.fromkeys(one.kind for one in written):
            stored = await api.list(resource_path(kind.policy_plural))
            changed = change(kind, stored["items"], [one for one in written if one.kind == kind])
            for name in changed.without_effect():
                note(f"{kind.policy} {name} would not count: its namespace has an older one of the kind")
            reading = _Reading(api, changed, since, progress)
            await reading.judge(Judge(changed))
            found += reading.found
            judged += reading.judged
    return found, judged


class _Reading:
    """Reads the workloads of one kind that a change concerns, page by page, and has each of them judged."""

    def __init__(self, api: Any, changed: "Change", since: datetime, progress: Progress) -> None:
        self._api, self._changed, self._since, self._progress = api, changed, since, progress
        self._bases: dict[tuple[str, str], JsonObject | None] = {}
        self.found: list[Impact] = []
        self.judged = 0

    async def judge(self, judge: "Judge") -> None:
        """All that is there."""
        async for workload, namespace in self._workloads():
            if judge.concerned(namespace):
                self.judged += 1
                if impact := judge.impact(workload, namespace, await self._base(workload, namespace)):
                    self.found.append(impact)

    async def _workloads(self) -> AsyncIterator[tuple[JsonObject, str]]:
        """Each workload, and the namespace whose policy it is to be judged by."""
        from cli.impact import usage_of

        plural, namespaces = self._changed.kind.workload_plural, self._changed.namespaces()
        if namespaces is None:
            async for workload in self._recent(resource_path(plural)):
                yield workload, workload["metadata"]["namespace"]
            return
        for namespace in sorted(namespaces):
            if project := project_of(namespace):
                await must_exist(self._api, project)
            async for workload in self._recent(resource_path(plural, namespace)):
                yield workload, namespace
            async for workload in self._recent(resource_path(plural, GLOBAL_NAMESPACE)):
                if usage_of(workload) == "Template":
                    yield workload, namespace

    async def _recent(self, path: str) -> AsyncIterator[JsonObject]:
        from cli.impact import usage_of

        async for page in pages(self._api, path):
            self._progress.say(f"judging {self._changed.kind.name} workloads: {self.judged} so far")
            for workload in page:
                created = moment(workload["metadata"].get("creationTimestamp"))
                if usage_of(workload) == "Template" or created is None or created >= self._since:
                    yield workload

    async def _base(self, workload: JsonObject, namespace: str) -> JsonObject | None:
        from cli.sources import base_workload

        name = workload["spec"].get("baseWorkload")
        if not name:
            return None
        if (namespace, name) not in self._bases:
            self._bases[namespace, name] = await base_workload(self._api, self._changed.kind, namespace, name)
        return self._bases[namespace, name]


def _print(found: "Sequence[Impact]", output: str | None) -> None:
    if output:
        told = [impact.to_json() for impact in found]
        click.echo(json_text(told) if output == JSON else yaml_text(told).rstrip("\n"))
    elif found:
        rows = [(*_row(impact), str(violation)) for impact in found for violation in impact.violations]
        click.echo("\n".join(table(["WORKLOAD", "USAGE", "PROJECT/GLOBAL", "NO LONGER VALID"], rows)))


def _row(impact: "Impact") -> tuple[str, str, str]:
    metadata = impact.workload["metadata"]
    elsewhere = "" if metadata["namespace"] == impact.namespace else f" in {project_of(impact.namespace)}"
    return metadata["name"], impact.usage, place(impact.workload) + elsewhere


def _summary(found: "Sequence[Impact]", judged: int) -> str:
    if not judged:
        return "no workload is concerned"
    if not found:
        return f"all of {judged} workloads stay as valid as they are"
    templates = sum(impact.usage == "Template" for impact in found)
    projects = sorted({project_of(impact.namespace) or "(global)" for impact in found})
    return (
        f"{len(found)} of {judged} workloads would no longer be valid: {templates} templates and "
        f"{len(found) - templates} submitted ones, in {', '.join(projects)}"
    )
