"""Checks whether the objects of a submission can be created, by a dry run of each with the user's own rights.

The system creates the objects with its own rights, so a user's missing right proves nothing. In that case the name and
the kind are still checked, and a note says what was not tried.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PermanentError,
    RightsError,
    SlipwayError,
    TooLargeError,
    TransientError,
)
from shared.names import item_path, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS, missing

DRY: Final = {"dryRun": "All"}
NO_DRY_RUN: Final = "does not support dry run"
"""Part of the API server's message if it would have to call a webhook with side effects."""


class Preflight(NamedTuple):
    """The result of trying to create the objects."""

    obstacles: Sequence[str]
    """Why the submission would fail, in the words of the actual failure."""
    notes: Sequence[str]
    """What could not be tried, and what the submission would wait for."""


async def preflight(api: Any, objects: Sequence[JsonObject]) -> Preflight:
    """Try to create the objects. Raises TransientError if the API server is too busy to answer."""
    refusals = await asyncio.gather(*(_refusal(api, item) for item in objects))
    obstacles: list[str] = []
    notes: list[str] = []
    untried: dict[str, list[str]] = {}
    for item, refusal in zip(objects, refusals, strict=True):
        if isinstance(refusal, TransientError):
            notes.append(f"{refusal}: the submission would wait for that")
        elif refusal and (why := _proves_nothing(refusal)):
            untried.setdefault(why, []).append(f"{item['kind']} {item['metadata']['name']}")
        elif refusal:
            obstacles.append(str(refusal))
    notes += [
        f"whether the API server accepts {', '.join(those)} could not be checked: {why}"
        for why, those in untried.items()
    ]
    return Preflight(list(dict.fromkeys(obstacles)), notes)


def _proves_nothing(refusal: SlipwayError) -> str:
    """Why the system may be able to create what the user may not; empty if it is refused to everybody."""
    if isinstance(refusal, RightsError):
        return "you are not allowed to create it yourself"
    return "a webhook does not support dry run" if NO_DRY_RUN in str(refusal) else ""


async def _refusal(api: Any, item: JsonObject) -> SlipwayError | None:
    """Why the object cannot be created, as the creator would report it; None if it can be.

    A holder of its name is reported before the server's own message, as in the real creation.
    """
    from shared.outputs.conflicts import name_conflict
    from shared.outputs.sizes import must_fit

    path, name = _collection(item), item["metadata"]["name"]
    refusal: PermanentError
    try:
        must_fit(item)  # a dry run is not stored, so the server does not check this
        await api.create(path, _unguarded(item), DRY)
    except TooLargeError as error:
        return error
    except NotFoundError as error:
        if error.kind:  # the namespace is gone
            raise
        return missing(item)
    except (AlreadyExistsError, ForbiddenError, InvalidError) as error:
        refusal = error
    else:
        return None
    try:
        return await name_conflict(api, item["kind"], name, await api.get(item_path(path, name)))
    except NotFoundError as error:
        if not error.kind:
            return missing(item)
        return None if isinstance(refusal, AlreadyExistsError) else refusal  # it was deleted in the meantime
    except ForbiddenError:
        return refusal if await _known(api, item) else missing(item)


async def _known(api: Any, item: JsonObject) -> bool:
    """Whether the cluster has the object's API, which every user may ask."""
    if item["apiVersion"] == "v1":
        return True
    try:
        await api.get(f"/apis/{item['apiVersion']}")
    except NotFoundError:
        return False
    except ForbiddenError:
        return True
    return True


def _unguarded(item: JsonObject) -> JsonObject:
    """The object without the fields that require the right to change its workload's finalizers."""
    metadata = item["metadata"]
    owners = [{**owner, "blockOwnerDeletion": False} for owner in metadata.get("ownerReferences") or []]
    return {**item, "metadata": {**metadata, "ownerReferences": owners}}


def _collection(item: JsonObject) -> str:
    version = item["apiVersion"]
    return resource_path(OUTPUT_KINDS[item["kind"], version].plural, item["metadata"]["namespace"], None, version)
