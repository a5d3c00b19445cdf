"""Creates one object exactly once, even if answers are lost or names are taken."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from cli.cluster.connection import stop_for
from cli.shell.exits import Exit, Stop
from shared.errors import AlreadyExistsError, ForbiddenError, NotFoundError, TransientError, UnauthorizedError
from shared.names import GROUP, item_path
from shared.objects import JsonObject

SUBMISSION_ANNOTATION: Final = f"{GROUP}/submission"
"""Annotation of a workload created by a command: a number unique to the submission, which identifies it later."""
PAUSES: Final = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each try."""
MOST_NAMES: Final = 100
"""Number of names to try; each taken one belongs to another submission in the same second."""


async def under_a_free_name(
    body_of: Callable[[str], JsonObject], create: Callable[[JsonObject], Awaitable[JsonObject]]
) -> JsonObject:
    """Create the object that `body_of` returns for a name suffix, under the first name that is free; return it.

    `create` raises AlreadyExistsError for a name that is taken. Stop says so if too many are.
    """
    for suffix in ("", *(f"-{index}" for index in range(2, MOST_NAMES))):
        with suppress(AlreadyExistsError):  # it is another submission's, so ours does not exist yet
            return await create(body_of(suffix))
    raise Stop(
        Exit.REFUSED, f"{MOST_NAMES} names such as {body_of('')['metadata']['name']} are already taken; try again"
    )


async def create_once(api: Any, path: str, body_of: Callable[[str], JsonObject]) -> JsonObject:
    """Create an object under a free name in the collection at `path`; return it as stored.

    If an answer is lost, the object is read back, never created under another name. Stop says so if it
    remains unknown whether the object exists.
    """
    number = secrets.token_hex(8)

    async def create(body: JsonObject) -> JsonObject:
        metadata = body["metadata"]
        metadata["annotations"] = {**metadata.get("annotations", {}), SUBMISSION_ANNOTATION: number}
        return await _create(api, path, body)

    return await under_a_free_name(body_of, create)


async def _create(api: Any, path: str, body: JsonObject) -> JsonObject:
    """The object, created now or by an earlier try; AlreadyExistsError if it belongs to another submission."""
    lost: TransientError | None = None
    for pause in PAUSES:
        await asyncio.sleep(max(pause, (lost.retry_after or 0.0) if lost else 0.0))
        try:
            created: JsonObject = await api.create(path, body)
        except AlreadyExistsError:
            if lost is None:
                raise
            taken = True
        except UnauthorizedError as error:
            if lost is None:  # nothing was created, and nothing will be created
                raise
            raise _unknown(body, Exit.NOT_PERMITTED, stop_for(error).message) from error
        except TransientError as error:
            lost, taken = error, False
        else:
            return created
        with suppress(TransientError, ForbiddenError):  # the next try may find out
            if found := await _ours(api, path, body):
                return found
            if taken:
                raise AlreadyExistsError(str(lost))
    raise _unknown(body, Exit.UNREACHABLE, str(lost))


async def _ours(api: Any, path: str, body: JsonObject) -> JsonObject | None:
    """The object with that name if this submission created it; None otherwise."""
    metadata = body["metadata"]
    try:
        found: JsonObject = await api.get(item_path(path, metadata["name"]))
    except NotFoundError:
        return None
    annotations = found["metadata"].get("annotations") or {}
    same = annotations.get(SUBMISSION_ANNOTATION) == metadata["annotations"][SUBMISSION_ANNOTATION]
    return found if same else None


def _unknown(body: JsonObject, code: Exit, reason: str) -> Stop:
    what = f"{body['kind']} {body['metadata']['name']}"
    return Stop(code, f"{reason}; it is not known whether {what} was created: check before you submit again")
