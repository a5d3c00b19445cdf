"""Submits a workload once the command line is parsed."""

import os
from datetime import UTC, datetime
from typing import Any, Final

import click

from cli.cluster.connection import run
from cli.options.places import project_from
from cli.printing.output import NAME, YAML, show
from cli.shell.exits import Stop, note
from cli.submit.command import AFTER_DASHES, SubmitCommand
from cli.submit.draft import Draft, Person, Words, completed, draft

WAITS: Final = ("attach", "jupyter", "forward")
"""Switches that make the command wait until the job runs."""


def submitted(**given: Any) -> None:
    """Run a submit command with the parsed flags."""
    ctx = click.get_current_context()
    command = ctx.command
    assert isinstance(command, SubmitCommand)
    words = Words(given, given.pop("names"), ctx.meta[AFTER_DASHES])
    missing: list[str] = []
    try:
        project = project_from(given["project"], all_projects=False) or ""
    except Stop as stop:
        project, missing = "", [stop.message]
    made = draft(command.profile, command.flags, words, Person(os.getuid(), os.getgid(), os.getgroups()), missing)
    for warning in made.warnings:
        note(warning)
    match given["dry_run"]:
        case "client":
            _print(made, project, given["output"])
        case "server":
            from cli.submit.dry_run import dry_run

            if given["output"] == NAME:
                raise click.UsageError("-o name cannot be combined with --dry-run=server, which prints several objects")
            run(dry_run(made, project, given["output"], given["kubeconfig"]))
        case _:
            from cli.submit.follow import Wishes
            from cli.submit.submit import submit

            if given["timeout"] is not None and not (given["wait"] or any(map(words.on, WAITS))):
                raise click.UsageError("--timeout requires --wait, --attach, --forward or --jupyter")
            wishes = Wishes(
                given["wait"],
                given["timeout"],
                words.on("attach"),
                given.get("forward"),
                given["glance"],
                given["output"],
            )
            run(submit(made, project, wishes, given["kubeconfig"]))


def _print(made: Draft, project: str, output: str | None) -> None:
    """Print the workload as it would be created; keys are sorted, for compatibility."""
    resource = completed(made, None, ()).resource(project, datetime.now(UTC))
    resource["metadata"] = dict(sorted({"creationTimestamp": None, **resource["metadata"]}.items()))
    resource |= {"spec": dict(sorted(resource["spec"].items())), "status": {}}
    show(resource, output or YAML)
