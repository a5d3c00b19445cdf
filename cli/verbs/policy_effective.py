"""`runai policy effective`."""

from typing import TYPE_CHECKING, Any, Final

import click

from cli.cluster.connection import cluster, run
from cli.options.places import kubeconfig_option, project_from, project_option
from cli.policies.effective import document, one_parameter, page
from cli.printing.output import JSON, YAML, output_option, show
from shared.inquiry.projects import must_exist
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX
from shared.parameters.kinds import KINDS, Kind

if TYPE_CHECKING:
    from shared.inquiry.sources import Effective

NAMES: Final = [kind.name for kind in KINDS]


class KindName(click.ParamType[str]):
    """A kind, by its own name or that of its policies or workloads."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the kind's name."""
        meant = value.lower().removesuffix("policy").removesuffix("workload")
        if meant not in NAMES:
            self.fail(f"invalid kind {value!r}: expected one of {', '.join(NAMES)}", param, ctx)
        return meant

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the names of all kinds."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(kind) for kind in NAMES if kind.startswith(incomplete)]


@click.command()
@click.argument("parameter", required=False)
@click.option("--kind", type=KindName(), metavar="KIND", required=True, help=f"Kind of workload: {', '.join(NAMES)}.")
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def policy_effective(
    parameter: str | None, kind: str, project: str | None, output: str | None, kubeconfig: str | None
) -> None:
    """Show the policy in force for a project's workloads of a kind, and where it comes from.

    With PARAMETER, show only the entries for that parameter.

    Example: runai policy effective --project team-a --kind training gpu
    """
    of_kind = next(one for one in KINDS if one.name == kind)
    about = one_parameter(of_kind, parameter) if parameter else None
    where = project_from(project, all_projects=False) or ""
    effective = run(_read(kubeconfig, of_kind, where))
    if output:
        show(document(of_kind, where, effective, about), output)
    else:
        click.echo("\n".join(page(of_kind, where, effective, about)))


async def _read(kubeconfig: str | None, kind: Kind, project: str) -> "Effective | None":
    from shared.inquiry.sources import effective_policy

    async with cluster(kubeconfig) as api:
        effective = await effective_policy(api, kind, PROJECT_PREFIX + project)
        if effective is None or effective.ref.namespace == GLOBAL_NAMESPACE:
            await must_exist(api, project)
    return effective
