"""`runai diff WORKLOAD`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cli.cluster.connection import cluster, run
from cli.options.kinds import any_kind, any_kind_options
from cli.options.names import WORKLOAD_NAME
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.printing.output import JSON, YAML, json_text, output_option
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from cli.workloads.comparison import changes, lines
from cli.workloads.hints import flags_named
from cli.workloads.stops import would_be_refused
from shared.inquiry.explanation import Explanation, of_frozen
from shared.inquiry.frozen import sealed_of
from shared.inquiry.lookup import find_workload
from shared.inquiry.now import as_of_now
from shared.inquiry.outcome import phase
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PROJECT_PREFIX

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


@click.command()
@click.argument("name", type=WORKLOAD_NAME)
@any_kind_options
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def diff(name: str, project: str | None, output: str | None, kubeconfig: str | None, **kinds: bool) -> None:
    """Show what would change if you submitted a workload again, with the current policy and base workload.

    Exit code 0 if nothing would change, 1 if something would or if the workload would be refused.

    Example: runai diff jupyter-1 -p team-a
    """
    wanted = project_from(project, all_projects=False) or ""
    then, now = run(_compare(any_kind(kinds), name, wanted, kubeconfig))
    found = [] if now.refused else changes(then, now)
    if then.seal and then.seal.doubtful:
        note(then.seal.sentence)
    if output:
        document = {
            "kind": then.kind.workload, "namespace": then.namespace, "name": then.name, "job": then.job,
            "policy": {"submitted": then.policy, "now": now.policy},
            "baseWorkload": {"submitted": then.base, "now": now.base},
            "changes": [change.to_json() for change in found],
            "violations": now.to_json().get("violations", []),
        }  # fmt: skip
        click.echo(f"{json_text(document)}\n" if output == JSON else yaml_text(document), nl=False)
    elif found:
        click.echo("\n".join(lines(found)))
    if now.refused:
        raise would_be_refused(now)
    if found:
        raise click.exceptions.Exit(Exit.REFUSED)
    note(_unchanged(then, now))


async def _compare(
    kinds: "Sequence[Kind]", name: str, project: str, kubeconfig: str | None
) -> tuple[Explanation, Explanation]:
    async with cluster(kubeconfig) as api, waiting(f"reading workload {name}"):
        with flags_named():
            kind, workload = await find_workload(api, kinds, name, project)
        frozen, seal = await sealed_of(api, workload)
        if frozen is None:
            how = phase(workload) or ("a template" if workload["spec"].get("usage") == "Template" else "in progress")
            raise Stop(Exit.NOT_FOUND, f"workload {workload['metadata']['name']} has no frozen values: it is "
                                       f"{how}")  # fmt: skip
        now = await as_of_now(api, kind, workload, PROJECT_PREFIX + project)
        return of_frozen(kind, workload, frozen, seal), now


def _unchanged(then: Explanation, now: Explanation) -> str:
    same = then.policy == now.policy and then.base == now.base
    return "nothing would change" + ("" if same else ", although the policy or the base workload has changed")
