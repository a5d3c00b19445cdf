"""The root of the command line: which verbs there are."""

import click

from cli.shell.ending import ended
from cli.shell.exits import Exit
from cli.shell.groups import HELP_FLAGS, Verb, Verbs, loglevel

LIST = Verbs(
    name="list",
    help="""List resources of the cluster. `runai list` means jobs.

    \b
    Examples:
      runai list -p team-a
      runai list workloads --interactive
    """,
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
    help="""Show one resource with what became of it. `runai describe NAME` means a workload.

    Example: runai describe job jupyter-1 -p team-a
    """,
    default="workload",
    verbs={
        "workload": Verb("cli.verbs.describe_workload:describe_workload", "A workload: values, status, job."),
        "job": Verb("cli.verbs.describe_job:describe_job", "A job: status, GPUs, pods, events."),
        "node": Verb("cli.verbs.describe_node:describe_node", "Nodes: what they have, and which pods have it."),
    },
)
DELETE = Verbs(
    name="delete",
    help="""Delete jobs. `runai delete NAME` means a job.

    Example: runai delete job jupyter-1 -p team-a
    """,
    default="job",
    verbs={"job": Verb("cli.verbs.delete_job:delete_job", "Jobs, with the workloads that they were submitted by.")},
)
TOP = Verbs(
    name="top",
    help="""Show what is there, what is asked for, and what is used.

    Example: runai top node
    """,
    verbs={
        "node": Verb("cli.verbs.top_node:top_node", "Nodes: what they have, and what is taken and used of it."),
        "job": Verb("cli.verbs.top_job:top_job", "Running jobs: what they ask for, have and use."),
    },
)
SUBMIT_DIST = Verbs(
    name="submit-dist",
    help="""Submit a distributed job.

    Example: runai submit-dist pytorch --name distributed-job --workers 2 -g 1 -i my/trainer
    """,
    verbs={
        "mpi": Verb("cli.verbs.submit_dist:mpi", "A launcher, and processes that it starts in workers."),
        "pytorch": Verb("cli.verbs.submit_dist:pytorch", "A master and workers, perhaps elastic."),
    },
)
CONFIG = Verbs(
    name="config",
    help="""Set what is meant where a flag is left out.

    Example: runai config project team-a
    """,
    verbs={
        "project": Verb("cli.verbs.config_project:config_project", "The default project."),
        "cluster": Verb("cli.verbs.config_cluster:config_cluster", "The default cluster."),
    },
)
PROJECT = Verbs(
    name="project",
    help="""Make projects, for administrators.

    Example: runai project create team-a --user ann
    """,
    verbs={
        "create": Verb("cli.verbs.project_create:project_create", "Make a project, and let researchers submit to it."),
        "list": Verb("cli.verbs.list_projects:project_list", "The same as `runai list projects`."),
        "set": Verb("cli.verbs.config_project:project_set", "The same as `runai config project`."),
    },
)
TEMPLATE = Verbs(
    name="template",
    help="""The older words for what `runai list workloads` shows.

    Example: runai template list -p team-a
    """,
    verbs={"list": Verb("cli.verbs.list_workloads:template_list", "The same as `runai list workloads`.")},
)
POLICY = Verbs(
    name="policy",
    help="""Look at policies before and after they are applied, for administrators.

    Example: runai policy impact -f policy.yaml
    """,
    verbs={
        "lint": Verb("cli.verbs.policy_lint:policy_lint", "Find contradictions in policies."),
        "impact": Verb("cli.verbs.policy_impact:policy_impact", "Show what would no longer be valid under a policy."),
        "effective": Verb("cli.verbs.policy_effective:policy_effective", "Show what is in force, and from where."),
    },
)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": HELP_FLAGS, "max_content_width": 120},
    epilog=f"Exit codes: {', '.join(f'{code.value} {code.short}' for code in Exit)}. "
    "docs/reference/cli.md explains each command.",
    instead={
        "login": "your kubeconfig is your login; `runai whoami` says whom the cluster takes you for.",
        "logout": "your kubeconfig is your login, and nothing else is kept.",
        "update": "install another version the way this one was installed; `runai version` says which it is.",
    },
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
        "suspend": Verb("cli.verbs.suspend:suspend", "Take a job's pods away, and keep the job."),
        "resume": Verb("cli.verbs.suspend:resume", "Let a suspended job run again."),
        "delete": Verb("cli.main:DELETE", "Delete jobs, with the workloads that they were submitted by."),
        "top": Verb("cli.main:TOP", "Show what nodes and jobs have, ask for and use."),
        "policy": Verb("cli.main:POLICY", "Look at policies: lint, impact, effective."),
        "project": Verb("cli.main:PROJECT", "Make projects."),
        "template": Verb("cli.main:TEMPLATE", "The older words for `list workloads`."),
        "config": Verb("cli.main:CONFIG", "Set the default project or cluster."),
        "completion": Verb("cli.verbs.completion:completion", "Let your shell complete commands and names."),
        "whoami": Verb("cli.verbs.whoami:whoami", "Show who the cluster takes you for."),
        "version": Verb("cli.verbs.version:version", "Show the version."),
    },
)
def runai() -> None:
    """Submit workloads to a cluster and see what became of them."""


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from cli.verbs.version import version

        ctx.invoke(version)
        ctx.exit()


runai.params += [
    loglevel(hidden=False),
    click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
    ),
]


def main() -> None:
    """Run the command line of this process, and end it with one of `cli.shell.exits.Exit`."""
    ended(runai)
