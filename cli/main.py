"""The root of the command line: the list of verbs."""

import os
from importlib import import_module

import click

from cli.shell.ending import ended
from cli.shell.exits import Exit
from cli.shell.groups import HELP_FLAGS, Verb, Verbs, loglevel

LIST = Verbs(
    name="list",
    help="""List resources of the cluster. `runai list` lists jobs.

    \b
    Examples:
      runai list -p team-a
      runai list workloads --interactive
    """,
    default="jobs",
    bare=True,
    verbs={
        "jobs": Verb("cli.verbs.list_jobs:list_jobs", "List jobs, with their pods, GPUs and addresses."),
        "workloads": Verb("cli.verbs.list_workloads:list_workloads", "List workloads and templates."),
        "nodes": Verb("cli.verbs.list_nodes:list_nodes", "List nodes, with their capacity and what is allocated."),
        "projects": Verb("cli.verbs.list_projects:list_projects", "List projects, with their namespaces."),
        "clusters": Verb("cli.verbs.list_clusters:list_clusters", "List the clusters of the kubeconfig."),
    },
)
DESCRIBE = Verbs(
    name="describe",
    help="""Show one resource in detail. `runai describe NAME` describes a workload.

    Example: runai describe job jupyter-1 -p team-a
    """,
    default="workload",
    verbs={
        "workload": Verb("cli.verbs.describe_workload:describe_workload", "Show a workload: values, status, job."),
        "job": Verb("cli.verbs.describe_job:describe_job", "Show a job: status, GPUs, pods, events."),
        "node": Verb("cli.verbs.describe_node:describe_node", "Show nodes: their capacity, and the pods that use it."),
    },
)
DELETE = Verbs(
    name="delete",
    help="""Delete jobs. `runai delete NAME` deletes a job.

    Example: runai delete job jupyter-1 -p team-a
    """,
    default="job",
    verbs={"job": Verb("cli.verbs.delete_job:delete_job", "Delete jobs, with the workloads that created them.")},
)
TOP = Verbs(
    name="top",
    help="""Show capacity, requests and usage.

    Example: runai top node
    """,
    verbs={
        "node": Verb("cli.verbs.top_node:top_node", "Show capacity, allocation and usage of nodes."),
        "job": Verb("cli.verbs.top_job:top_job", "Show requests, allocation and usage of running jobs."),
    },
)
SUBMIT_DIST = Verbs(
    name="submit-dist",
    help="""Submit a distributed job.

    Example: runai submit-dist pytorch --name distributed-job --workers 2 -g 1 -i my/trainer
    """,
    verbs={
        "mpi": Verb(
            "cli.verbs.submit_dist:mpi", "Submit an MPI job: a launcher, and workers in which it starts processes."
        ),
        "pytorch": Verb(
            "cli.verbs.submit_dist:pytorch", "Submit a PyTorch job: a master and workers, optionally elastic."
        ),
    },
)
CONFIG = Verbs(
    name="config",
    help="""Set defaults for flags that you leave out.

    Example: runai config project team-a
    """,
    verbs={
        "project": Verb("cli.verbs.config_project:config_project", "Set the default project."),
        "cluster": Verb("cli.verbs.config_cluster:config_cluster", "Set the default cluster."),
    },
)
PROJECT = Verbs(
    name="project",
    help="""Create projects (for administrators).

    Example: runai project create team-a --user ann
    """,
    verbs={
        "create": Verb(
            "cli.verbs.project_create:project_create", "Create a project, and let researchers submit to it."
        ),
        "list": Verb("cli.verbs.list_projects:project_list", "The same as `runai list projects`."),
        "set": Verb("cli.verbs.config_project:project_set", "The same as `runai config project`."),
    },
)
TEMPLATE = Verbs(
    name="template",
    help="""The older form of `runai list workloads`.

    Example: runai template list -p team-a
    """,
    verbs={"list": Verb("cli.verbs.list_workloads:template_list", "The same as `runai list workloads`.")},
)
POLICY = Verbs(
    name="policy",
    help="""Check policies before and after you apply them (for administrators).

    Example: runai policy impact -f policy.yaml
    """,
    verbs={
        "lint": Verb("cli.verbs.policy_lint:policy_lint", "Find contradictions in policies."),
        "impact": Verb("cli.verbs.policy_impact:policy_impact", "Show which workloads a policy would make invalid."),
        "effective": Verb(
            "cli.verbs.policy_effective:policy_effective", "Show the policy in force, and where it comes from."
        ),
    },
)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": HELP_FLAGS, "max_content_width": 120},
    epilog=f"Exit codes: {', '.join(f'{code.value} {code.short}' for code in Exit)}. "
    "docs/reference/cli.md explains each command.",
    instead={
        "login": "your kubeconfig is your login; `runai whoami` shows which user you are.",
        "logout": "your kubeconfig is your login; runai stores no credentials.",
        "update": "install another version the way you installed this one; `runai version` shows the current one.",
    },
    verbs={
        "submit": Verb("cli.verbs.submit:submit", "Submit a job."),
        "submit-mpi": Verb("cli.verbs.submit:submit_mpi", "Submit an MPI job."),
        "submit-dist": Verb("cli.main:SUBMIT_DIST", "Submit a distributed job."),
        "explain": Verb("cli.verbs.explain:explain", "Show where each value of a workload comes from."),
        "diff": Verb("cli.verbs.diff:diff", "Show what submitting a workload again would change."),
        "list": Verb("cli.main:LIST", "List jobs, workloads, projects, nodes, clusters."),
        "describe": Verb("cli.main:DESCRIBE", "Show a workload, a job or a node in detail."),
        "why": Verb("cli.verbs.why:why", "Show why a job does not run, and what you can do."),
        "timeline": Verb("cli.verbs.timeline:timeline", "Show when each service took its step, and how long it took."),
        "logs": Verb("cli.verbs.logs:logs", "Show the logs of a job."),
        "exec": Verb("cli.verbs.exec:execute_command", "Run a command in a job's container."),
        "bash": Verb("cli.verbs.exec:bash", "Open a shell in a job's container."),
        "attach": Verb("cli.verbs.attach:attach", "Attach this terminal to a job."),
        "port-forward": Verb("cli.verbs.port_forward:port_forward", "Forward ports of this machine to a job."),
        "suspend": Verb("cli.verbs.suspend:suspend", "Remove a job's pods, and keep the job."),
        "resume": Verb("cli.verbs.suspend:resume", "Let a suspended job run again."),
        "delete": Verb("cli.main:DELETE", "Delete jobs, with the workloads that created them."),
        "top": Verb("cli.main:TOP", "Show capacity, requests and usage of nodes and jobs."),
        "policy": Verb("cli.main:POLICY", "Check policies: lint, impact, effective."),
        "project": Verb("cli.main:PROJECT", "Create projects."),
        "template": Verb("cli.main:TEMPLATE", "The older form of `list workloads`."),
        "config": Verb("cli.main:CONFIG", "Set the default project or cluster."),
        "completion": Verb("cli.verbs.completion:completion", "Set up shell completion of commands and names."),
        "whoami": Verb("cli.verbs.whoami:whoami", "Show which user the cluster sees."),
        "version": Verb("cli.verbs.version:version", "Show the version."),
    },
)
def runai() -> None:
    """Submit workloads to a cluster and see what becomes of them."""


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
    if "_RUNAI_COMPLETE" in os.environ:
        import_module("cli.options.shells")  # which registers how each shell completes
    ended(runai)
