"""`runai policy lint`."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.cluster.connection import cluster, run
from cli.options.names import PROJECT_NAME
from cli.options.places import file_option, kubeconfig_option
from cli.policies.manifests import policies_in
from cli.printing.output import JSON, YAML, json_text, output_option
from cli.printing.tables import table
from cli.shell.exits import Exit, Stop, note
from shared.inquiry.written import Written
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PROJECT_PREFIX, resource_path

if TYPE_CHECKING:
    from shared.inquiry.lint import Finding


@click.command()
@file_option
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Check the policies of the cluster, with those of the files in their place.",
)
@click.option(
    "-p", "--project", type=PROJECT_NAME, metavar="NAME", help="Project of policies whose file names no namespace."
)
@click.option("--strict", is_flag=True, help="Exit with code 1 on warnings too.")
@output_option(JSON, YAML)
@kubeconfig_option
def policy_lint(
    file: tuple[str, ...],
    everything: bool,
    project: str | None,
    strict: bool,
    output: str | None,
    kubeconfig: str | None,
) -> None:
    """Find contradictions in policies: rules that no value satisfies, defaults that break rules, policies that hide
    others, values that are mentioned but not granted.

    Files are checked by themselves, without a cluster, unless --all is given. Exit code 1 if there is an error.

    Example: runai policy lint -f training-policy.yaml
    """
    if not file and not everything:
        raise click.UsageError("-f FILE or --all is required")
    namespace = PROJECT_PREFIX + project if project else None
    written = policies_in(file, namespace) if file else []
    policies = run(_with_stored(kubeconfig, written)) if everything else written
    from shared.inquiry.lint import Weight, counted, lint

    findings = lint(policies)
    _print(findings, output)
    counts = counted(findings)
    note(_summary(len(policies), *(counts[weight] for weight in Weight)))
    if counts[Weight.ERROR] or (strict and counts[Weight.WARNING]):
        raise click.exceptions.Exit(int(Exit.REFUSED))


async def _with_stored(kubeconfig: str | None, written: Sequence[Written]) -> list[Written]:
    """The policies of the cluster as they would be with the written ones applied."""
    async with cluster(kubeconfig) as api:
        stored = await stored_policies(api)
    mine = {(one.kind, one.namespace, one.name): one for one in written}
    before = {(one.kind, one.namespace, one.name): one for one in stored}
    policies = [*{**before, **mine}.values()]
    if not policies:
        raise Stop(Exit.NOT_FOUND, "no policies in the cluster")
    return policies


async def stored_policies(api: Any) -> list[Written]:
    """Every policy of the cluster, by kind, namespace and name."""
    from shared.parameters.kinds import KINDS

    answers = await asyncio.gather(*(api.list(resource_path(kind.policy_plural)) for kind in KINDS))
    return [Written(kind, item) for kind, answer in zip(KINDS, answers, strict=True) for item in answer["items"]]


def _print(findings: "Sequence[Finding]", output: str | None) -> None:
    if output:
        told = [finding.to_json() for finding in findings]
        click.echo(json_text(told) if output == JSON else yaml_text(told).rstrip("\n"))
    elif findings:
        rows = [(one.problem.weight.value, str(one.policy), _text(one)) for one in findings]
        click.echo("\n".join(table(["SEVERITY", "POLICY", "FOUND"], rows)))


def _text(finding: "Finding") -> str:
    return f"{finding.problem.path}: {finding.problem.message}" if finding.problem.path else finding.problem.message


def _summary(policies: int, errors: int, warnings: int, notes: int) -> str:
    def count(number: int, what: str) -> str:
        return f"{number} {what}{'' if number == 1 else 's'}"

    looked_at = f"{policies} {'policy' if policies == 1 else 'policies'}"
    found = f"{count(errors, 'error')}, {count(warnings, 'warning')}" if errors or warnings else "fine"
    return f"{looked_at}: {found}, {count(notes, 'note')}" if notes else f"{looked_at}: {found}"
