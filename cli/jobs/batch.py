"""Runs one action on several jobs: the named ones, or all in a project, with a line of output for each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click

from cli.cluster.connection import stop_for
from cli.shell.exits import Exit, Stop, note
from shared.inquiry.job_lists import JobLists
from shared.inquiry.jobs import Job
from shared.inquiry.projects import must_exist

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def all_option(command: F) -> F:
    """Add `--all`."""
    return click.option("-A", "--all", "every", is_flag=True, help="Select all jobs of the project.")(command)


def some_or_all(names: Sequence[str], every: bool) -> None:
    """Usage error unless either names or --all are given, but not both."""
    if bool(names) == every:
        raise click.UsageError(
            "name at least one job, or use --all" if not names else "job names cannot be combined with --all"
        )


async def all_jobs(api: Any, project: str) -> list[Job]:
    """Every job of the project, oldest first. MissingError if the project does not exist."""
    jobs = await JobLists(api, project, note).read()
    if not jobs:
        await must_exist(api, project)
    return jobs[::-1]


async def for_each(items: Sequence[T], action: Callable[[T], Awaitable[str]], name: Callable[[T], str] = str) -> None:
    """Run the action on each item in turn and print its result; the exit code is that of the first failure.

    An unreachable cluster ends it at once, and so does Ctrl-C, which lists the items that were not done.
    """
    from shared.errors import SlipwayError

    codes = []
    for number, item in enumerate(items):
        try:
            click.echo(await action(item))
        except SlipwayError as error:
            codes.append(_shown(stop_for(error)))
        except Stop as stop:
            codes.append(_shown(stop))
        except asyncio.CancelledError:
            click.echo(err=True)  # ends the terminal's line with ^C
            raise Stop(Exit.INTERRUPTED, _interrupted(*map(name, items[number:]))) from None
        if Exit.UNREACHABLE in codes:
            break
    if codes:
        raise click.exceptions.Exit(codes[0])


def _interrupted(at: str, *others: str) -> str:
    return (f"interrupted at {at}, which may or may not be done") + (
        f"; not started: {', '.join(others)}" if others else ""
    )


def _shown(stop: Stop) -> int:
    stop.show()
    return stop.exit_code
