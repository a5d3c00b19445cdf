"""`runai project create NAME`."""

import asyncio
from collections.abc import Sequence
from typing import Final

import click

from cli.cluster.connection import cluster, run
from cli.cluster.project_creation import RESULTS, ensure
from cli.cluster.project_parts import Part, parts, subject
from cli.options.names import PROJECT_NAME
from cli.options.places import kubeconfig_option
from cli.printing.tables import Columns
from cli.shell.exits import Exit, Stop, note
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PROJECT_PREFIX
from shared.schedulers import Scheduler

HEADER: Final = ("RESOURCE", "NAMESPACE", "RESULT", "PURPOSE")
IN_PART: Final = (
    "the project is incomplete: what is not shown may be missing; rerun the same command to create the rest"
)


@click.command()
@click.argument("name", type=PROJECT_NAME)
@click.option("--user", "users", multiple=True, metavar="NAME", help="Researcher of the project; may be repeated.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME",
    help="Group of researchers (default: runai-NAME); may be repeated.",
)
@click.option(
    "--scheduler",
    type=click.Choice([one.value for one in Scheduler]),
    help="Scheduler of its jobs (default: the cluster's).",
)
@click.option("--dry-run", is_flag=True, help="Print what would be created as YAML, and create nothing.")
@kubeconfig_option
def project_create(
    name: str,
    users: tuple[str, ...],
    groups: tuple[str, ...],
    scheduler: str | None,
    dry_run: bool,
    kubeconfig: str | None,
) -> None:
    """Create the project NAME: its namespace with labels, and the rights of its researchers.

    You can run it again: what exists stays, and what is missing is added, such as another --user.

    Example: runai project create team-b --group ml-research
    """
    subjects = [subject("User", user) for user in users] + [subject("Group", group) for group in groups]
    made_of = parts(name, subjects or [subject("Group", PROJECT_PREFIX + name)], scheduler)
    if dry_run:
        click.echo("---\n".join(yaml_text(part.manifest) for part in made_of), nl=False)
        return
    run(_make(kubeconfig, name, made_of, given=bool(subjects)))
    note(f"researchers submit to it with: runai submit --project {name} --image IMAGE")


async def _make(kubeconfig: str | None, project: str, made_of: Sequence[Part], given: bool) -> None:
    """Create the parts in turn, and print each one at once, so that users know what exists if this is interrupted."""
    columns = Columns(HEADER, least=_widths(made_of))
    made = 0
    async with cluster(kubeconfig) as api:
        try:
            for part in made_of:
                result = await ensure(api, project, part.manifest, given)
                click.echo("\n".join(columns.lines([(*_place(part), result, part.purpose)])))
                made += 1
        except asyncio.CancelledError:
            click.echo(err=True)  # ends the terminal's line with ^C
            raise Stop(Exit.INTERRUPTED, f"interrupted: {IN_PART}") from None
        except Exception:
            if made:
                note(IN_PART)
            raise


def _place(part: Part) -> tuple[str, str]:
    metadata = part.manifest["metadata"]
    return f"{part.manifest['kind']} {metadata['name']}", metadata.get("namespace", "-")


def _widths(made_of: Sequence[Part]) -> dict[str, int]:
    """The widths of the columns, so that rows printed one by one are aligned."""
    titles, namespaces = zip(*map(_place, made_of), strict=True)
    return {word: max(map(len, cells)) for word, cells in zip(HEADER, (titles, namespaces, RESULTS), strict=False)}
