"""`runai submit` and `runai submit-mpi`, and what they share with `runai submit-dist`."""

import os
from datetime import UTC, datetime
from typing import Any, Final

import click

from cli.connection import run
from cli.exits import Stop, note
from cli.options import project_from
from cli.output import NAME, YAML, show
from cli.submission import Draft, Person, Profile, Words, completed, draft
from cli.submit_options import AFTER_DASHES, SubmitCommand

WAITS: Final = ("attach", "jupyter", "forward")
"""Switches that have the command wait until the job runs."""
OF_JOBS: Final = Profile(("training", "interactive", "deployment", "inference"), without=frozenset({"processes"}))
OF_MPI: Final = Profile(
    ("training", "interactive"),
    fixed={"mpi": {"value": True}},
    without=frozenset(
        {"ports", "serviceType", "completions", "parallelism", "preemptible", "jupyter", "ttlAfterFinish", "elastic"}
    ),
)


def submitted(**given: Any) -> None:
    """Do what the words of a submit command say."""
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
            from cli.dry_run import dry_run

            if given["output"] == NAME:
                raise click.UsageError("-o name: not with --dry-run=server, which shows more than one object")
            run(dry_run(made, project, given["output"], given["kubeconfig"]))
        case _:
            from cli.submitting import Wishes, submit

            if given["timeout"] is not None and not (given["wait"] or any(map(words.on, WAITS))):
                raise click.UsageError("--timeout: says how long to wait, and nothing is waited for; add --wait")
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
    """The workload as it would be created, with its keys in the order of the alphabet, as they were always printed."""
    resource = completed(made, None, ()).resource(project, datetime.now(UTC))
    resource["metadata"] = dict(sorted({"creationTimestamp": None, **resource["metadata"]}.items()))
    resource |= {"spec": dict(sorted(resource["spec"].items())), "status": {}}
    show(resource, output or YAML)


submit = SubmitCommand(
    OF_JOBS,
    name="submit",
    callback=submitted,
    help="""Submit a job: a training one, unless a switch says otherwise.

    The words after -- are the arguments of the image's entry point; with --command they replace it.

    \b
    Examples:
      runai submit --name build1 -i ubuntu -g 1 --interactive --command -- sleep infinity
      runai submit --image my/trainer --gpu 0.5 -e BATCH_SIZE=50 -v /data:/data:ro -- --epochs 10
      runai submit --workload my-template --gpu 2 --wait=running
      runai submit --image my/trainer --gpu 5 --dry-run=server
    """,
)

submit_mpi = SubmitCommand(
    OF_MPI,
    name="submit-mpi",
    callback=submitted,
    help="""Submit an MPI job: a launcher, and processes that it starts in workers.

    \b
    Example: runai submit-mpi --name dist1 --processes 2 -g 1 -i gcr.io/run-ai-demo/quickstart-distributed
    """,
)
