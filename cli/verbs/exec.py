"""`runai exec` and `runai bash`."""

from collections.abc import Sequence
from typing import Final

import click

from cli.cluster.connection import cluster, run
from cli.cluster.streams import execute
from cli.options.names import JOB_NAME
from cli.options.places import kubeconfig_option, pod_option, project_from, project_option
from cli.shell.exits import note
from cli.shell.terminal import ended_in_order, input_is_terminal
from shared.inquiry.job_lookup import find_job
from shared.inquiry.pods import pod_path, running_pod

BASH: Final = ("/bin/bash",)
NO_TERMINAL: Final = "Unable to use a TTY - input is not a terminal"
NO_INPUT: Final = "Unable to use a TTY - there is no input: add -i"


class CommandLast(click.Command):
    """A command whose flags precede the job, or follow it before the command; the rest belongs to the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move the flags to the front, from either of the two places."""
        flags, words = self._split(ctx, args)
        if words:
            job, *rest = words
            flags, command = self._split(ctx, [*flags, *rest])
            args = [*flags, "--", job, *command]
        return super().parse_args(ctx, args)

    def _split(self, ctx: click.Context, args: list[str]) -> tuple[list[str], list[str]]:
        """Split the words into leading flags with their values, and the rest; a `--` between them is dropped."""
        only = click.Command(self.name, params=[param for param in self.params if isinstance(param, click.Option)])
        _, words, _ = only.make_parser(ctx).parse_args(list(args))
        flags = args[: len(args) - len(words)]
        return flags[:-1] if flags[-1:] == ["--"] else flags, words


@click.command("exec", cls=CommandLast, context_settings={"allow_interspersed_args": False})
@click.argument("name", metavar="JOB", type=JOB_NAME)
@click.argument("command", metavar="[--] COMMAND [ARGUMENT]...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-i", "--stdin", is_flag=True, help="Forward standard input to the command.")
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal; requires -i.")
@pod_option
@project_option
@kubeconfig_option
def execute_command(
    name: str,
    command: tuple[str, ...],
    stdin: bool,
    tty: bool,
    pod: str | None,
    project: str | None,
    kubeconfig: str | None,
) -> None:
    """Run a command in the container of a running job.

    The flags of runai must precede the command; what follows its first word belongs to the command. The exit code is
    the command's. If runai itself fails, it is one of runai's, with a sentence on standard error.

    Example: runai exec jupyter-1 -it -p team-a -- python -i
    """
    run(_execute(kubeconfig, project_from(project, False), name, pod, command, stdin=stdin, tty=tty))


@click.command(cls=CommandLast, context_settings={"allow_interspersed_args": False})
@click.argument("name", metavar="JOB", type=JOB_NAME)
@click.argument("command", metavar="[--] [COMMAND [ARGUMENT]...]", nargs=-1, type=click.UNPROCESSED)
@pod_option
@project_option
@kubeconfig_option
def bash(name: str, command: tuple[str, ...], pod: str | None, project: str | None, kubeconfig: str | None) -> None:
    """Open a shell in the container of a running job; the same as `runai exec -it JOB /bin/bash`.

    A COMMAND, such as another shell, runs in place of /bin/bash.

    \b
    Examples:
      runai bash jupyter-1 -p team-a
      runai bash jupyter-1 -p team-a -- bash --login
    """
    run(_execute(kubeconfig, project_from(project, False), name, pod, command or BASH, stdin=True, tty=True))


async def _execute(
    kubeconfig: str | None,
    project: str | None,
    name: str,
    pod: str | None,
    command: Sequence[str],
    *,
    stdin: bool,
    tty: bool,
) -> None:
    assert project is not None, "a job belongs to one project"
    terminal = tty and stdin and input_is_terminal()
    if tty and not terminal:
        note(NO_TERMINAL if stdin else NO_INPUT)
    async with cluster(kubeconfig) as api, ended_in_order():
        job = await find_job(api, project, name)
        meant = running_pod(job, pod)
        container = str(job.main_container(meant)["name"])
        code = await execute(api, pod_path(meant), container, command, stdin=stdin, tty=terminal)
    raise click.exceptions.Exit(code)
