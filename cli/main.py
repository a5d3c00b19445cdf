"""The root of the command line: which verbs there are. A verb's file is read when it is used, so `--help` is quick."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NamedTuple

import click

HELP_FLAGS = ["-h", "--help"]


class Verb(NamedTuple):
    """Where a verb is, and what the list of verbs says of it."""

    place: str
    """`module:attribute`."""
    summary: str


class Verbs(click.Group):
    """A group whose commands are read from their files when they are used."""

    def __init__(self, *arguments: Any, verbs: dict[str, Verb], default: str | None = None, **options: Any) -> None:
        """`default` is the command meant where none is named."""
        super().__init__(*arguments, **options)
        self._verbs, self._default = verbs, default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which they are listed to people."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the verb's file."""
        if cmd_name not in self._verbs:
            return None
        module, attribute = self._verbs[cmd_name].place.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without reading their files."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self._verbs.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb where it was left out; one that stands after options is moved before them."""
        if self._default and args and args[0] not in self._verbs and args[0] not in HELP_FLAGS:
            first = next((word for word in args if not word.startswith("-")), None)
            if first in self._verbs:
                args.remove(first)
            args.insert(0, first if first in self._verbs else self._default)
        return super().parse_args(ctx, args)


LIST = Verbs(
    name="list",
    help="List resources of the cluster.",
    default="jobs",
    verbs={
        "jobs": Verb("cli.verbs.list_jobs:list_jobs", "Jobs, with their pods, GPUs and addresses."),
        "workloads": Verb("cli.verbs.list_workloads:list_workloads", "Workloads and templates."),
        "nodes": Verb("cli.verbs.list_nodes:list_nodes", "Nodes, with what they have and what is taken."),
    },
)
DESCRIBE = Verbs(
    name="describe",
    help="Show one resource with what became of it. `runai describe NAME` means a workload.",
    default="workload",
    verbs={"workload": Verb("cli.verbs.describe_workload:describe_workload", "A workload: values, status, job.")},
)
SUBMIT_DIST = Verbs(
    name="submit-dist",
    help="Submit a distributed job.",
    verbs={
        "mpi": Verb("cli.verbs.submit_dist:mpi", "A launcher, and processes that it starts in workers."),
        "pytorch": Verb("cli.verbs.submit_dist:pytorch", "A master and workers, perhaps elastic."),
    },
)
CONFIG = Verbs(
    name="config",
    help="Set what is meant where a flag is left out.",
    verbs={"project": Verb("cli.verbs.config_project:config_project", "The default project.")},
)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": HELP_FLAGS, "max_content_width": 120},
    verbs={
        "submit": Verb("cli.verbs.submit:submit", "Submit a job."),
        "submit-mpi": Verb("cli.verbs.submit:submit_mpi", "Submit an MPI job."),
        "submit-dist": Verb("cli.main:SUBMIT_DIST", "Submit a distributed job."),
        "list": Verb("cli.main:LIST", "List workloads."),
        "describe": Verb("cli.main:DESCRIBE", "Show a workload: values, status, events, job."),
        "config": Verb("cli.main:CONFIG", "Set the default project."),
        "version": Verb("cli.verbs.version:version", "Show the version."),
    },
)
def runai() -> None:
    """Submit workloads to a cluster and see what became of them.

    Exit codes: 0 done, 1 refused, 2 wrong usage, 3 not found, 4 not permitted, 5 cluster unreachable, 6 timed out.
    """


def main() -> None:
    """Run the command line of this process, and end it with one of `cli.exits.Exit`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter gets the rest of the page
    runai(prog_name="runai")
