"""Creates one object exactly once, even if answers are lost or names are taken."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from shared.errors import AlreadyExistsError, ForbiddenError, NotFoundError, TransientError, UnauthorizedError
from shared.inquiry.errors import InquiryError, UnknownOutcomeError
from shared.names import GROUP, item_path
from shared.objects import JsonObject

SUBMISSION_ANNOTATION: Final = f"{GROUP}/submission"
"""Annotation of a workload created by a command or a form: a number unique to the submission, which identifies it
later."""
PAUSES: Final = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each try."""
MOST_NAMES: Final = 100
"""Number of names to try; each taken one belongs to another submission in the same second."""


def new_number() -> str:
    """A number that no other submission has."""
    return secrets.token_hex(8)


async def under_a_free_name(
    body_of: Callable[[str], JsonObject], create: Callable[[JsonObject], Awaitable[JsonObject]]
) -> JsonObject:
    """Create the object that `body_of` returns for a name suffix, under the first name that is free; return it.

    `create` raises AlreadyExistsError for a name that is taken. InquiryError says so if too many are.
    """
    for suffix in ("", *(f"-{index}" for index in range(2, MOST_NAMES))):
        with suppress(AlreadyExistsError):  # it is another submission's, so ours does not exist yet
            return await create(body_of(suffix))
    name = body_of("")["metadata"]["name"]
    raise InquiryError(f"{MOST_NAMES} names such as {name} are already taken; try again")


async def create_once(api: Any, path: str, body_of: Callable[[str], JsonObject]) -> JsonObject:
    """Create an object under a free name in the collection at `path`; return it as stored.

    If an answer is lost, the object is read back, never created under another name. UnknownOutcomeError says so if it
    remains unknown whether the object exists.
    """
    number = new_number()
    return await under_a_free_name(body_of, lambda body: _create(api, path, numbered(body, number)))


async def create_or_find(api: Any, path: str, body: JsonObject, number: str) -> JsonObject:
    """Create the object under its own name, or return the one that the submission `number` created before.

    Raises AlreadyExistsError if the name belongs to another submission, else as `create_once`.
    """
    body = numbered(body, number)
    try:
        return await _create(api, path, body)
    except AlreadyExistsError:
        if found := await _ours(api, path, body):
            return found
        raise


def numbered(body: JsonObject, number: str) -> JsonObject:
    """The object with the number of its submission."""
    metadata = body["metadata"]
    annotations = {**metadata.get("annotations", {}), SUBMISSION_ANNOTATION: number}
    return {**body, "metadata": {**metadata, "annotations": annotations}}


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
            raise _unknown(body, error) from error
        except TransientError as error:
            lost, taken = error, False
        else:
            return created
        with suppress(TransientError, ForbiddenError):  # the next try may find out
            if found := await _ours(api, path, body):
                return found
            if taken:
                raise AlreadyExistsError(str(lost))
    assert lost is not None, "each try that does not end here has lost an answer"
    raise _unknown(body, lost)


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


def _unknown(body: JsonObject, cause: TransientError) -> UnknownOutcomeError:
    what = f"{body['kind']} {body['metadata']['name']}"
    return UnknownOutcomeError(cause, f"it is not known whether {what} was created: check before you submit again")
