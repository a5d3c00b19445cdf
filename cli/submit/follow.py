"""Follows a created workload: prints the outcome, and waits as requested."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from cli.options.kinds import SWITCHES
from cli.printing.output import show
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from cli.submit.after_submit import attach, forwarded, forwards, ports_of, tell_token
from cli.submit.draft import Draft
from cli.workloads.stops import was_refused
from shared.errors import ForbiddenError, TransientError
from shared.inquiry.frozen import frozen_of, job_name
from shared.inquiry.outcome import decided, phase, running
from shared.inquiry.patience import Clock, answered
from shared.names import resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import DEFAULT

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

GLANCE: Final = 2.0
"""Seconds within which nearly every submission is decided; a command without --wait waits no longer unless the user
sets another limit."""


@dataclass(frozen=True)
class Wishes:
    """What the user wants to happen after the workload is created."""

    until: str | None = None
    """`submitted`, `running`, or None for a brief look."""
    timeout: float | None = None
    """The timeout in seconds; None waits as long as it takes."""
    attach: bool = False
    forward: bool | None = None
    """Whether to forward the job's ports; None forwards them if its service type is portforward."""
    glance: float | None = None
    """Seconds of the brief look, if not the default."""
    output: str | None = None
    """The format in which to print the workload instead of text."""


def status_command(kind: "Kind", workload: JsonObject, project: str) -> str:
    """The command that shows the state of the workload."""
    switch = "" if kind == DEFAULT else f" {SWITCHES[kind.name][0][0]}"
    return f"runai describe workload {workload['metadata']['name']}{switch} -p {project}"


@dataclass
class Following:
    """Follows one created workload according to the user's wishes."""

    api: Any
    draft: Draft
    workload: JsonObject
    project: str
    wishes: Wishes

    async def to_the_end(self) -> None:
        """Wait for the decision, print it, and do what else is requested. Stop if the workload is refused."""
        at_any_rate = self.wishes.until is not None or self._until_running(self.draft.values)
        clock = Clock(self.wishes.timeout)
        looking = clock if at_any_rate else clock.part(self._glance)
        await self._until_decided(looking, at_any_rate=at_any_rate)
        self._tell()
        if phase(self.workload) is None:
            return
        values = await self._values(looking)
        if self._until_running(values, decided=True):
            await self._beside(clock, values)

    async def _values(self, clock: Clock) -> Mapping[str, Any]:
        """The decided values; those of the command line if the user cannot see the decision."""
        try:
            frozen = await answered(lambda: frozen_of(self.api, self.workload), clock)
        except ForbiddenError:
            return self.draft.values
        return self.draft.values if frozen is None or isinstance(frozen, TransientError) else frozen.values_set

    @property
    def _glance(self) -> float:
        return GLANCE if self.wishes.glance is None else self.wishes.glance

    def _until_running(self, values: Mapping[str, Any], *, decided: bool = False) -> bool:
        """Whether to wait until the job runs; a notebook's token is printed however the notebook is reached."""
        notebook = bool(values.get("jupyter")) and self.wishes.forward is not False
        return self.wishes.until == "running" or self.wishes.attach or notebook or self._forwards(values, decided)

    def _forwards(self, values: Mapping[str, Any], decided: bool) -> bool:
        """Whether to forward ports; unless the user asks for it, only if `decided` values have any."""
        if self.wishes.forward is not None:
            return self.wishes.forward
        return forwards(values) and (not decided or bool(ports_of(values)))

    async def _until_decided(self, clock: Clock, *, at_any_rate: bool) -> None:
        """Wait for the decision; Stop if it is a refusal. A brief look gives up silently."""
        metadata = self.workload["metadata"]
        path = resource_path(self.draft.kind.workload_plural, metadata["namespace"], metadata["name"])
        try:
            async with waiting(f"waiting for workload {metadata['name']} to be submitted"):
                self.workload = await decided(self.api, path, clock) or self.workload
        except (ForbiddenError, TransientError):
            if at_any_rate:
                raise
        if phase(self.workload) == "Failed":
            raise await was_refused(self.api, self.draft.kind, self.workload)
        if at_any_rate and phase(self.workload) is None:
            command = status_command(self.draft.kind, self.workload, self.project)
            late = f"workload {metadata['name']} is still in progress after {clock.within:g} seconds"
            raise Stop(Exit.TIMED_OUT, f"{late}; it continues without this command; check it with `{command}`")

    def _tell(self) -> None:
        """Report the creation in the original's words, including its misspelling."""
        name, aside = job_name(self.workload) or self.draft.job, self.wishes.output is not None
        click.echo(f"A request to submit job {name or f'{self.draft.stem}-<number>'} as been created.", err=aside)
        click.echo("You can check the status of the request by running:", err=aside)
        click.echo(f"\t{status_command(self.draft.kind, self.workload, self.project)}", err=aside)
        if self.wishes.output:
            show(self.workload, self.wishes.output)
        if name is None:
            note(f"the job has no number yet: its name will be {self.draft.stem}-<number>")

    async def _beside(self, clock: Clock, values: Mapping[str, Any]) -> None:
        """Wait for the job to run, then print its token, forward its ports or attach its terminal."""
        if self.wishes.attach:
            note("Waiting for pod to start running...")
        async with waiting(f"waiting for job {job_name(self.workload)} to run") as progress:
            job = await running(self.api, self.workload, clock, progress.say)
        if self.wishes.attach:
            note("Job started")
        if values.get("jupyter") and not values.get("notebookToken"):
            await tell_token(self.api, job, clock)
        async with AsyncExitStack() as beside:
            forwards = self._forwards(values, decided=True)
            if forwards:
                await beside.enter_async_context(forwarded(self.api, job, values, self.draft.addresses))
            if self.wishes.attach:
                await attach(self.api, job, values)
            elif forwards:
                await asyncio.Event().wait()
