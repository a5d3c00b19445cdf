"""Create an object of a submission, or find that an earlier try has created it.

The first object is the claim: a ConfigMap with the job's name, which reserves the name and freezes the decided values
before anything else exists. It is create-only and owned by the workload.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from shared.kubernetes.api import Api
from shared.messages import WorkloadResolved
from shared.names import item_path
from shared.objects import JsonObject
from shared.outputs.configmap import Claim, owned_by
from shared.outputs.conflicts import NameTakenError, name_conflict


@dataclass(frozen=True)
class Decision:
    """What a claim freezes."""

    values: JsonObject
    provenance: JsonObject
    sources: JsonObject
    seal: str | None = None

    @classmethod
    def of_message(cls, event: WorkloadResolved) -> "Decision":
        """Return what the message says, as it was sealed."""
        return cls(event.values_set, event.provenance, event.sources, event.seal)

    @classmethod
    def of_claim(cls, claim: Claim) -> "Decision":
        """Return what the claim of another name holds."""
        return cls(claim.values_set, claim.provenance or {}, claim.sources, claim.seal)


class There(NamedTuple):
    """An object of this submission, as it exists now."""

    item: Any
    new: bool
    """Whether this call created it."""


def _none(_: JsonObject) -> None:
    return None


async def create_or_adopt(
    api: Api,
    path: str,
    body: JsonObject,
    uid: str,
    *,
    look_first: bool = False,
    taken: Callable[[JsonObject], NameTakenError | None] = _none,
) -> There:
    """Create the object, or adopt it if it already exists and is this workload's own. Return it as it now exists.

    What an earlier try made may be in its own way: the API server reports a used port or an exhausted quota before it
    reports a used name. So a refusal counts only once it is known that the existing object belongs to something else. A
    creation that is refused for its name has already been counted in the quota, so set `look_first` after an earlier
    try. `taken` says why an object that names this workload as its owner is none of its own.

    Raises NameTakenError if something else has the name, TransientError while the object that had it is still being
    removed, and the refusal itself if the API server refuses the object for another reason.
    """
    if look_first:
        with suppress(NotFoundError):
            there = await api.get(item_path(path, body["metadata"]["name"]))
            if _stands(there, uid) and not taken(there):
                return There(there, new=False)
    try:
        return There(await api.create(path, body), new=True)
    except (AlreadyExistsError, ForbiddenError, InvalidError) as error:
        refusal = error
    name, kind = body["metadata"]["name"], body["kind"]
    found = await _holder_of(api, item_path(path, name), refusal)
    if found is None:
        raise TransientError(f"{kind} {name} is just being removed", retry_after=0.5)
    if _stands(found, uid):
        if foreign := taken(found):
            raise foreign
        return There(found, new=False)
    raise await name_conflict(api, kind, name, found)


def _stands(item: JsonObject, uid: str) -> bool:
    """Return whether the object names this workload as its owner, and is not being removed."""
    return owned_by(item, uid) and "deletionTimestamp" not in item["metadata"]


async def _holder_of(api: Api, path: str, refusal: PermanentError) -> JsonObject | None:
    """Return the object that has the refused name, or None if it went in the meantime.

    Raises the refusal if nothing has the name.
    """
    try:
        return await api.get(path)
    except PermanentError as error:
        if not isinstance(refusal, AlreadyExistsError):
            raise refusal from None
        if isinstance(error, NotFoundError):
            return None
        raise
