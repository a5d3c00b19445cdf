"""`runai policy effective`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from cli.connection import JsonObject, cluster, run
from cli.exits import note
from cli.options import kubeconfig_option, project_from, project_option
from cli.output import JSON, YAML, output_option, show
from cli.projects import must_exist
from cli.refusal import in_words
from cli.tables import printable, table
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX

if TYPE_CHECKING:
    from cli.sources import Effective
    from shared.parameters.derive import Parameter
    from shared.parameters.kinds import Kind

KINDS: Final = ("interactive", "training", "deployment", "inference", "distributed")
"""The names of `shared.parameters.kinds.KINDS`, which a help text need not read."""
NONE: Final = "-"


class KindName(click.ParamType[str]):
    """A kind by its name, or by that of its policies or workloads."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The kind's name."""
        meant = value.lower().removesuffix("policy").removesuffix("workload")
        if meant not in KINDS:
            self.fail(f"{value!r} is no kind of workload: {', '.join(KINDS)}", param, ctx)
        return meant

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The kinds' names."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(kind) for kind in KINDS if kind.startswith(incomplete)]


@click.command()
@click.argument("parameter", required=False)
@click.option("--kind", type=KindName(), metavar="KIND", required=True, help=f"One of {', '.join(KINDS)}.")
@project_option
@output_option(JSON, YAML)
@kubeconfig_option
def policy_effective(
    parameter: str | None, kind: str, project: str | None, output: str | None, kubeconfig: str | None
) -> None:
    """Show the policy that is in force for a project's workloads of a kind, and where it stands.

    With PARAMETER, what it says of that parameter only.

    Example: runai policy effective --project team-a --kind training gpu
    """
    from shared.parameters.kinds import KINDS as ALL

    of_kind = next(one for one in ALL if one.name == kind)
    about = _parameter(of_kind, parameter) if parameter else None
    where = project_from(project, all_projects=False) or ""
    effective = run(_read(kubeconfig, of_kind, where))
    if output:
        show(_for_programs(of_kind, where, effective, about), output)
    else:
        click.echo("\n".join(_page(of_kind, where, effective, about)))


def _parameter(kind: "Kind", name: str) -> "Parameter":
    from difflib import get_close_matches

    from shared.resolution.merge import names

    known = names(kind)
    if name not in known:
        close = get_close_matches(name, known, n=3)
        hint = f"; perhaps {' or '.join(close)}" if close else ""
        raise click.UsageError(f"{name} is not a parameter of {kind.name} workloads{hint}")
    return known[name]


async def _read(kubeconfig: str | None, kind: "Kind", project: str) -> "Effective | None":
    from cli.sources import effective_policy

    async with cluster(kubeconfig) as api:
        effective = await effective_policy(api, kind, PROJECT_PREFIX + project)
        if effective is None or effective.ref.namespace == GLOBAL_NAMESPACE:
            await must_exist(api, project)
    return effective


def _page(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> list[str]:
    if effective is None:
        lines = [f"No {kind.policy} is in force for project {project}: neither it nor the cluster has one."]
        return lines + ([_unsaid(about)] if about else [])
    lines = [_whence(kind, project, effective)]
    if effective.shadowed:
        note(f"these do not count, since an older one of the kind is there: {', '.join(effective.shadowed)}")
    rows = [row for name, entry in _entries(kind, effective, about).items() for row in _rows(name, entry)]
    if rows:
        return [*lines, "", *table(["PARAMETER", "DEFAULT", "RULES"], rows)]
    return [*lines, "", _unsaid(about) if about else "It has neither rules nor defaults."]


def _whence(kind: "Kind", project: str, effective: "Effective") -> str:
    ref = effective.ref
    reason = f"; project {project} has none of its own" if ref.namespace == GLOBAL_NAMESPACE else ""
    version = f"uid {ref.uid}, version {ref.resource_version}"
    return printable(f"{kind.policy} {ref.name} in namespace {ref.namespace} ({version}){reason}")


def _unsaid(about: "Parameter") -> str:
    built_in = f"; where nobody states it, it is {_text(about.default)}" if about.default is not None else ""
    return f"No policy says anything of {about.name}{built_in}."


def _entries(kind: "Kind", effective: "Effective", about: "Parameter | None") -> dict[str, Mapping[str, Any]]:
    """What the policy says, by the parameters' own names, in the order of the form."""
    from shared.parameters.derive import parameters
    from shared.resolution.merge import names

    known = names(kind)
    said = {
        known[name].name: entry
        for name, entry in effective.spec.items()
        if name in known and isinstance(entry, Mapping)
    }
    return {name: said[name] for name in parameters(kind) if name in said and about in (None, parameters(kind)[name])}


def _rows(name: str, entry: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """A row for the parameter, for each member that has rules, and for each item."""
    rows = [(name, _default(entry), in_words(_mapping(entry.get("rules")), entry.get("value")) or NONE)]
    for member, rules in _mapping(entry.get("itemRules")).items():
        rows.append((f"{name}.*.{member}", NONE, in_words(_mapping(rules), None) or NONE))
    for label, item in _mapping(entry.get("items")).items():
        rules = in_words(_mapping(_mapping(item).get("rules")), _mapping(item).get("value")) or NONE
        rows.append((f"{name}.{label}", _default(_mapping(item)), rules))
    return rows if len(rows) == 1 or rows[0][1:] != (NONE, NONE) else rows[1:]


def _default(entry: Mapping[str, Any]) -> str:
    value = entry.get("value")
    inner = value["value"] if isinstance(value, Mapping) and value.keys() == {"value"} else value
    return NONE if inner is None else _text(inner)


def _text(value: Any) -> str:
    from cli.workload_page import text_of

    return text_of(value)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _for_programs(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> JsonObject:
    policy = {"kind": kind.policy, **effective.ref.to_json()} if effective else None
    said = dict(_entries(kind, effective, about)) if effective else {}
    return {"project": project, "policy": policy, "spec": said}
