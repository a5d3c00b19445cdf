"""A submission from its draft to its end: created once, told truthfully, and waited for where that is asked."""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from cli.cluster.connection import cluster
from cli.options.kinds import SWITCHES
from cli.printing.output import show
from cli.shell.exits import Exit, Stop, note
from cli.shell.progress import waiting
from cli.shell.terminal import ended_in_order
from cli.submit.after_submit import attach, forwarded, forwards, tell_token
from cli.submit.creation import create_once
from cli.submit.draft import Draft, completed
from cli.workloads.stops import was_refused
from shared.errors import ForbiddenError, NotFoundError, SlipwayError, TransientError
from shared.inquiry.errors import InquiryError
from shared.inquiry.frozen import frozen_of, job_name
from shared.inquiry.outcome import decided, phase, running
from shared.inquiry.patience import Clock, answered
from shared.inquiry.projects import must_exist
from shared.inquiry.sources import base_workload, effective_policy
from shared.names import PROJECT_PREFIX, resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

GLANCE: Final = 2.0
"""Seconds within which nearly every submission is decided; so long a person who asks for no waiting is kept at most,
unless they say otherwise."""


@dataclass(frozen=True)
class Wishes:
    """What is to happen after the workload is created."""

    until: str | None = None
    """`submitted`, `running`, or None for a glance."""
    timeout: float | None = None
    """Seconds; None waits for as long as it takes."""
    attach: bool = False
    forward: bool | None = None
    """Whether to keep forwarding the job's ports; None: where its service type is portforward."""
    glance: float | None = None
    """Seconds of a glance, where it is not to be the usual one."""
    output: str | None = None
    """In which form to print the workload, in the place of what people read."""


async def submit(draft: Draft, project: str, wishes: Wishes, kubeconfig: str | None) -> None:
    """Create the workload, say so, and do what else is wished. Stop where it is refused."""
    async with cluster(kubeconfig) as api, ended_in_order():
        created = await _create(api, await completed_draft(api, draft, project), project)
        async with _standing(_look(draft.kind, created, project)):
            await _Following(api, draft, created, project, wishes).to_the_end()


async def completed_draft(api: Any, draft: Draft, project: str) -> Draft:
    """The draft as it is to be created, by what is known of its base workload and of the policy that applies."""
    return completed(draft, *await _surroundings(api, draft, PROJECT_PREFIX + project))


async def _surroundings(
    api: Any, draft: Draft, namespace: str
) -> tuple[Mapping[str, Any] | None, Collection[str] | None]:
    """The base workload's spec, and the parameters that the policy speaks of; None for what the person may not see."""
    try:
        if draft.base is None:
            policy = await effective_policy(api, draft.kind, namespace)
            return None, list(policy.spec) if policy else []
        base = await base_workload(api, draft.kind, namespace, draft.base)
    except ForbiddenError:
        return None, None
    return (base.get("spec") or {}) if base else None, None


async def _create(api: Any, draft: Draft, project: str) -> JsonObject:
    """The workload as it is stored. Who interrupts this is told how it ended all the same."""
    now = datetime.now(UTC)
    path = resource_path(draft.kind.workload_plural, PROJECT_PREFIX + project)
    creating = asyncio.create_task(create_once(api, path, lambda suffix: draft.resource(project, now, suffix)))
    try:
        return await asyncio.shield(creating)
    except asyncio.CancelledError:
        created = await creating
        _stands(_look(draft.kind, created, project))
        raise
    except NotFoundError:
        await must_exist(api, project)
        raise


def _look(kind: "Kind", workload: JsonObject, project: str) -> str:
    """How to see what became of the workload."""
    switch = "" if kind.name == "training" else f" {SWITCHES[kind.name][0][0]}"
    return f"runai describe workload {workload['metadata']['name']}{switch} -p {project}"


def _stands(look: str) -> None:
    if sys.stderr.isatty():
        note("")  # a terminal shows ^C, and stays in that line
    note(f"the submission stands and goes on by itself; see `{look}`")


@asynccontextmanager
async def _standing(look: str) -> AsyncIterator[None]:
    """Whoever interrupts what is inside, or cannot see it, is told that the submission stands."""
    try:
        yield
    except InquiryError:  # it says itself what became of the submission
        raise
    except (asyncio.CancelledError, SlipwayError):
        _stands(look)
        raise


@dataclass
class _Following:
    """What happens after the workload is created."""

    api: Any
    draft: Draft
    workload: JsonObject
    project: str
    wishes: Wishes

    async def to_the_end(self) -> None:
        at_any_rate = self.wishes.until is not None or self._until_running(self.draft.values)
        clock = Clock(self.wishes.timeout)
        looking = clock if at_any_rate else clock.part(self._glance)
        await self._until_decided(looking, at_any_rate=at_any_rate)
        self._tell()
        if phase(self.workload) is None:
            return
        values = await self._values(looking)
        if self._until_running(values):
            await self._beside(clock, values)

    async def _values(self, clock: Clock) -> Mapping[str, Any]:
        """What was decided; where that is not to be seen, what the person stated is all that is known of it."""
        try:
            frozen = await answered(lambda: frozen_of(self.api, self.workload), clock)
        except ForbiddenError:
            return self.draft.values
        return self.draft.values if frozen is None or isinstance(frozen, TransientError) else frozen.values_set

    @property
    def _glance(self) -> float:
        return GLANCE if self.wishes.glance is None else self.wishes.glance

    def _until_running(self, values: Mapping[str, Any]) -> bool:
        """Whether there is something to do beside the job; a notebook tells its token, however it is reached."""
        notebook = bool(values.get("jupyter")) and self.wishes.forward is not False
        return self.wishes.until == "running" or self.wishes.attach or notebook or self._forwards(values)

    def _forwards(self, values: Mapping[str, Any]) -> bool:
        return forwards(values) if self.wishes.forward is None else self.wishes.forward

    async def _until_decided(self, clock: Clock, *, at_any_rate: bool) -> None:
        """Wait for the decision; Stop where it is a refusal. A mere glance gives up where it sees nothing."""
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
            look = _look(self.draft.kind, self.workload, self.project)
            late = f"workload {metadata['name']} is not decided after {clock.within:g} seconds"
            raise Stop(Exit.TIMED_OUT, f"{late}; it goes on by itself: see `{look}`")

    def _tell(self) -> None:
        """Say that it is created, as it was always said; the misspelling is the original's."""
        name, aside = job_name(self.workload) or self.draft.job, self.wishes.output is not None
        click.echo(f"A request to submit job {name or f'{self.draft.stem}-<number>'} as been created.", err=aside)
        click.echo("You can check the status of the request by running:", err=aside)
        click.echo(f"\t{_look(self.draft.kind, self.workload, self.project)}", err=aside)
        if self.wishes.output:
            show(self.workload, self.wishes.output)
        if name is None:
            note(f"the job's number is not chosen yet: it will be called {self.draft.stem}-<number>")

    async def _beside(self, clock: Clock, values: Mapping[str, Any]) -> None:
        """Wait for the job to run, and be its notebook's, its ports' or its terminal's other end."""
        if self.wishes.attach:
            note("Waiting for pod to start running...")
        async with waiting(f"waiting for job {job_name(self.workload)} to run") as progress:
            job = await running(self.api, self.workload, clock, progress.say)
        if self.wishes.attach:
            note("Job started")
        if values.get("jupyter") and not values.get("notebookToken"):
            await tell_token(self.api, job, clock)
        async with AsyncExitStack() as beside:
            forwards = self._forwards(values)
            if forwards:
                await beside.enter_async_context(forwarded(self.api, job, values, self.draft.addresses))
            if self.wishes.attach:
                await attach(self.api, job, values)
            elif forwards:
                await asyncio.Event().wait()
