"""Every command of the command line as a person might type it, and what it needs."""

from collections.abc import Iterator
from typing import Final

import click

from cli.main import runai

PROJECT: Final = {
    "submit": "submit --name new --image ubuntu",
    "submit-mpi": "submit-mpi --name new --image ubuntu",
    "submit-dist mpi": "submit-dist mpi --name new --image ubuntu",
    "submit-dist pytorch": "submit-dist pytorch --name new --image ubuntu",
    "explain": "explain nothing",
    "diff": "diff nothing",
    "list jobs": "list jobs",
    "list workloads": "list workloads",
    "template list": "template list",
    "describe workload": "describe workload nothing",
    "describe job": "describe job nothing",
    "why": "why nothing",
    "timeline": "timeline nothing",
    "logs": "logs nothing",
    "exec": "exec nothing true",
    "bash": "bash nothing",
    "attach": "attach nothing",
    "port-forward": "port-forward nothing 8080",
    "suspend": "suspend nothing",
    "resume": "resume nothing",
    "delete job": "delete job nothing",
    "top job": "top job",
    "policy effective": "policy effective --kind training",
}
"""Commands that ask the cluster about a project; see `in_project`."""
CLUSTER: Final = {
    "list nodes": "list nodes",
    "list projects": "list projects",
    "project list": "project list",
    "describe node": "describe node",
    "top node": "top node",
    "policy lint": "policy lint --all",
    "policy impact": "policy impact -f policy.yaml",
    "project create": "project create new",
    "whoami": "whoami",
}
"""Commands that ask the cluster about objects outside projects; they run in a folder with a `policy.yaml`."""
KUBECONFIG: Final = {"list clusters": "list clusters", "config cluster": "config cluster nowhere"}
"""Commands that only read the kubeconfig."""
ALONE: Final = {
    "config project": "config project team-a",
    "project set": "project set team-a",
    "completion": "completion bash",
    "version": "version",
}
"""Commands that need nothing."""
EVERY: Final = {**PROJECT, **CLUSTER, **KUBECONFIG, **ALONE}
GROUPS: Final = ("list", "describe", "delete", "top", "submit-dist", "config", "project", "template", "policy")
POLICY: Final = """\
apiVersion: run.ai/v1alpha1
kind: TrainingPolicy
metadata: {name: tight, namespace: runai}
spec: {gpu: {rules: {max: 4}}}
"""


def in_project(words: str, project: str) -> str:
    """The command with its project, which comes before the words of another program."""
    return f"{words} -p {project} {PROJECT[words].removeprefix(words)}"


def verbs(group: click.Group = runai, *words: str) -> Iterator[tuple[str, click.Command]]:
    """Every existing verb, with the words that call it."""
    ctx = click.Context(group, **group.context_settings)
    for name in group.list_commands(ctx):
        verb = group.get_command(ctx, name)
        assert verb is not None
        if isinstance(verb, click.Group):
            yield from verbs(verb, *words, name)
        else:
            yield " ".join([*words, name]), verb
