"""Submits a workload: creates it once, and follows it as far as the user wishes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from cli.cluster.connection import cluster
from cli.shell.exits import note
from cli.shell.terminal import ended_in_order
from cli.submit.draft import Draft
from cli.submit.follow import Following, Wishes, status_command
from cli.submit.gather import completed_draft
from shared.errors import NotFoundError, SlipwayError
from shared.inquiry.creation import create_once
from shared.inquiry.errors import InquiryError
from shared.inquiry.projects import must_exist
from shared.names import PROJECT_PREFIX, resource_path
from shared.objects import JsonObject


async def submit(draft: Draft, project: str, wishes: Wishes, kubeconfig: str | None) -> None:
    """Create the workload, report it, and do what else is requested. Stop if it is refused."""
    async with cluster(kubeconfig) as api, ended_in_order():
        created = await _create(api, await completed_draft(api, draft, project), project)
        async with _standing(status_command(draft.kind, created, project)):
            await Following(api, draft, created, project, wishes).to_the_end()


async def _create(api: Any, draft: Draft, project: str) -> JsonObject:
    """Create the workload and return it as stored. An interruption still reports the outcome."""
    now = datetime.now(UTC)
    path = resource_path(draft.kind.workload_plural, PROJECT_PREFIX + project)
    creating = asyncio.create_task(create_once(api, path, lambda suffix: draft.resource(project, now, suffix)))
    try:
        return await asyncio.shield(creating)
    except asyncio.CancelledError:
        created = await creating
        _stands(status_command(draft.kind, created, project))
        raise
    except NotFoundError:
        await must_exist(api, project)
        raise


def _stands(command: str) -> None:
    if sys.stderr.isatty():
        note("")  # the terminal shows ^C without ending the line
    note(f"the submission continues without this command; check it with `{command}`")


@asynccontextmanager
async def _standing(command: str) -> AsyncIterator[None]:
    """Report that the submission continues if the inside is interrupted or the cluster cannot be reached."""
    try:
        yield
    except InquiryError:  # it reports the state of the submission itself
        raise
    except (asyncio.CancelledError, SlipwayError):
        _stands(command)
        raise
