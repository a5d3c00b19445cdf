"""One action on several jobs: those that are named, or all of a project, each with a line of its own."""

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
    """Refuse a command with neither names nor --all, or with both."""
    if bool(names) == every:
        raise click.UsageError(
            "name at least one job, or use --all" if not names else "job names cannot be combined with --all"
        )


async def all_jobs(api: Any, project: str) -> list[Job]:
    """Every job of the project, the oldest first. MissingError without such a project."""
    jobs = await JobLists(api, project, note).read()
    if not jobs:
        await must_exist(api, project)
    return jobs[::-1]


async def for_each(items: Sequence[T], action: Callable[[T], Awaitable[str]], name: Callable[[T], str] = str) -> None:
    """Do it to one after the other and print what became of each; the exit code is that of the first that failed.

    A cluster that cannot be reached ends it at once, and so does Ctrl-C, which names what was not done.
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
            click.echo(err=True)  # ends the line that the terminal wrote ^C on
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
