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

    def __init__(
        self,
        *arguments: Any,
        verbs: dict[str, Verb],
        default: str | None = None,
        bare: bool = False,
        **options: Any,
    ) -> None:
        """`default` is the command meant where none is named; `bare`, where nothing at all is given too."""
        super().__init__(*arguments, **options)
        self._verbs, self._default, self._bare = verbs, default, bare

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which they are listed to people."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the verb's file. One of many is also called as many: `list job`, `describe nodes`."""
        name = self._meant(cmd_name)
        if name is None:
            return None
        module, attribute = self._verbs[name].place.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def _meant(self, word: str) -> str | None:
        return next((name for name in (word, f"{word}s", word.removesuffix("s")) if name in self._verbs), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without reading their files."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self._verbs.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb where it was left out; one that stands after options is moved before them."""
        named = bool(args) and (self._meant(args[0]) is not None or args[0] in HELP_FLAGS)
        if self._default and not named and (args or self._bare):
            first = next((word for word in args if not word.startswith("-")), None)
            moved = first is not None and self._meant(first) is not None
            if first is not None and moved:
                args.remove(first)
            args.insert(0, first if first is not None and moved else self._default)
        return super().parse_args(ctx, args)


LIST = Verbs(
    name="list",
    help="List resources of the cluster.",
    default="jobs",
    bare=True,
    verbs={
        "jobs": Verb("cli.verbs.list_jobs:list_jobs", "Jobs, with their pods, GPUs and addresses."),
        "workloads": Verb("cli.verbs.list_workloads:list_workloads", "Workloads and templates."),
        "nodes": Verb("cli.verbs.list_nodes:list_nodes", "Nodes, with what they have and what is taken."),
        "projects": Verb("cli.verbs.list_projects:list_projects", "Projects, with their namespaces."),
        "clusters": Verb("cli.verbs.list_clusters:list_clusters", "The clusters that the kubeconfig knows."),
    },
)
DESCRIBE = Verbs(
    name="describe",
    help="Show one resource with what became of it. `runai describe NAME` means a workload.",
    default="workload",
    verbs={
        "workload": Verb("cli.verbs.describe_workload:describe_workload", "A workload: values, status, job."),
        "job": Verb("cli.verbs.describe_job:describe_job", "A job: status, GPUs, pods, events."),
        "node": Verb("cli.verbs.describe_node:describe_node", "Nodes: what they have, and which pods have it."),
    },
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
    verbs={
        "project": Verb("cli.verbs.config_project:config_project", "The default project."),
        "cluster": Verb("cli.verbs.config_cluster:config_cluster", "The default cluster."),
    },
)
PROJECT = Verbs(
    name="project",
    help="Make projects, for administrators.",
    verbs={
        "create": Verb("cli.verbs.project_create:project_create", "Make a project, and let researchers submit to it."),
        "set": Verb("cli.verbs.config_project:config_project", "The same as `runai config project`."),
    },
)
POLICY = Verbs(
    name="policy",
    help="Look at policies before and after they are applied, for administrators.",
    verbs={
        "lint": Verb("cli.verbs.policy_lint:policy_lint", "Find contradictions in policies."),
        "impact": Verb("cli.verbs.policy_impact:policy_impact", "Show what would no longer be valid under a policy."),
        "effective": Verb("cli.verbs.policy_effective:policy_effective", "Show what is in force, and from where."),
    },
)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": HELP_FLAGS, "max_content_width": 120},
    verbs={
        "submit": Verb("cli.verbs.submit:submit", "Submit a job."),
        "submit-mpi": Verb("cli.verbs.submit:submit_mpi", "Submit an MPI job."),
        "submit-dist": Verb("cli.main:SUBMIT_DIST", "Submit a distributed job."),
        "explain": Verb("cli.verbs.explain:explain", "Show where each value of a workload comes from."),
        "diff": Verb("cli.verbs.diff:diff", "Show what submitting a workload again would change."),
        "list": Verb("cli.main:LIST", "List jobs, workloads, projects, nodes, clusters."),
        "describe": Verb("cli.main:DESCRIBE", "Show a workload, a job or a node, with what became of it."),
        "logs": Verb("cli.verbs.logs:logs", "Show what a job has printed."),
        "exec": Verb("cli.verbs.exec:execute_command", "Run a command in a job's container."),
        "bash": Verb("cli.verbs.exec:bash", "Open a shell in a job's container."),
        "attach": Verb("cli.verbs.attach:attach", "Connect this terminal with a job."),
        "port-forward": Verb("cli.verbs.port_forward:port_forward", "Reach a job's ports from this machine."),
        "policy": Verb("cli.main:POLICY", "Look at policies: lint, impact, effective."),
        "project": Verb("cli.main:PROJECT", "Make projects."),
        "config": Verb("cli.main:CONFIG", "Set the default project or cluster."),
        "completion": Verb("cli.verbs.completion:completion", "Let your shell complete commands and names."),
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
