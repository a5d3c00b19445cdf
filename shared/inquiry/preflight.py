"""Whether the objects of a submission can be created: each is tried with the person's own rights, and none is stored.

The system creates them with its own rights: that a person may not create an object says nothing about it. So its name
and its kind are checked all the same, and a note says what was not tried.
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
"""What the API server says if a webhook with side effects would have to be called."""


class Preflight(NamedTuple):
    """What came of trying to create the objects."""

    obstacles: Sequence[str]
    """Why the submission would fail, in the words in which it does."""
    notes: Sequence[str]
    """What could not be tried, and what would be waited for."""


async def preflight(api: Any, objects: Sequence[JsonObject]) -> Preflight:
    """What would become of the objects; raises TransientError if the API server is too busy to say."""
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
    """Why the system may be able to create what was refused to the person; empty if it is refused to all."""
    if isinstance(refusal, RightsError):
        return "you are not allowed to create it yourself"
    return "a webhook does not support dry run" if NO_DRY_RUN in str(refusal) else ""


async def _refusal(api: Any, item: JsonObject) -> SlipwayError | None:
    """Why the object cannot be created, as its creator would say it; None if it can be.

    What has its name counts before the server's own words, as it does when it is created.
    """
    from shared.outputs.conflicts import name_conflict
    from shared.outputs.sizes import must_fit

    path, name = _collection(item), item["metadata"]["name"]
    refusal: PermanentError
    try:
        must_fit(item)  # a trial is not kept, so that the server would not notice
        await api.create(path, _unguarded(item), DRY)
    except TooLargeError as error:
        return error
    except NotFoundError as error:
        if error.kind:  # it is the namespace that is gone
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
        return None if isinstance(refusal, AlreadyExistsError) else refusal  # it went meanwhile
    except ForbiddenError:
        return refusal if await _known(api, item) else missing(item)


async def _known(api: Any, item: JsonObject) -> bool:
    """Whether the cluster has the API that the object is of, which everybody may ask."""
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
    """The object without what only those may write who may change its workload's finalizers."""
    metadata = item["metadata"]
    owners = [{**owner, "blockOwnerDeletion": False} for owner in metadata.get("ownerReferences") or []]
    return {**item, "metadata": {**metadata, "ownerReferences": owners}}


def _collection(item: JsonObject) -> str:
    version = item["apiVersion"]
    return resource_path(OUTPUT_KINDS[item["kind"], version].plural, item["metadata"]["namespace"], None, version)
