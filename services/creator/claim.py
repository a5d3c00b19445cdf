"""Claim a job's name and freeze the decided values, before anything else exists.

The claim is a ConfigMap with the job's name. It is create-only and owned by the workload. With `name` the claim's name
is fixed. With a prefix it is `<prefix>-<index>`, counted from 1, with the next index that is free.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from shared.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from shared.kubernetes.api import NAMES_ONLY, Api
from shared.names import WORKLOAD_UID_LABEL, item_path, resource_path
from shared.objects import JsonObject
from shared.outputs.configmap import owned_by
from shared.outputs.conflicts import name_conflict
from shared.outputs.kinds import NAMED_AS_JOBS

INDEXED: Final = re.compile(r"(.+)-(\d{1,9})$")
LEARN_AFTER: Final = 8
"""Taken names in a row after which the names in use are read again: other creators have moved on."""


@dataclass
class Indices:
    """The last index known to be used, per namespace and prefix: the next name is usually free at the first try."""

    api: Api
    _last: dict[str, dict[str, int]] = field(default_factory=dict)
    _learning: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _outdated: set[str] = field(default_factory=set)

    async def next(self, namespace: str, prefix: str) -> str:
        """Return a name for the prefix that this process has not given out and that was free at the last reading."""
        if namespace not in self._last or namespace in self._outdated:
            self._outdated.discard(namespace)
            await self.learn(namespace)
        last = self._last[namespace]
        last[prefix] = last.get(prefix, 0) + 1
        return f"{prefix}-{last[prefix]}"

    def found_taken(self, namespace: str) -> None:
        """Note that a name was taken after the last reading: the next name is given out only after a new one."""
        self._outdated.add(namespace)

    async def learn(self, namespace: str) -> None:
        """Read which names are in use. Indices only grow; concurrent callers share one reading."""
        task = self._learning.get(namespace)
        if task is None:
            task = self._learning[namespace] = asyncio.create_task(self._learn(namespace))
            task.add_done_callback(lambda _: self._learning.pop(namespace, None))
        await asyncio.shield(task)

    async def _learn(self, namespace: str) -> None:
        found: dict[str, int] = {}
        for plural, version in NAMED_AS_JOBS:
            try:
                answer = await self.api.list(resource_path(plural, namespace, api_version=version), accept=NAMES_ONLY)
            except NotFoundError:
                continue  # a kind that this cluster does not know uses no names
            for item in answer["items"]:
                if match := INDEXED.match(item["metadata"]["name"]):
                    found[match[1]] = max(found.get(match[1], 0), int(match[2]))
        known = self._last.setdefault(namespace, {})
        for prefix, index in found.items():
            known[prefix] = max(known.get(prefix, 0), index)


async def find(api: Api, namespace: str, uid: str) -> list[JsonObject]:
    """Return the claims of a workload, lowest index first.

    There is more than one only if creators met, or if one died between two writes.
    """
    answer = await api.list(
        resource_path("configmaps", namespace, api_version="v1"), {"labelSelector": f"{WORKLOAD_UID_LABEL}={uid}"}
    )
    ours = [item for item in answer["items"] if owned_by(item, uid) and "deletionTimestamp" not in item["metadata"]]
    return sorted(ours, key=lambda item: (len(item["metadata"]["name"]), item["metadata"]["name"]))


async def create_or_adopt(api: Api, path: str, body: JsonObject, uid: str, *, look_first: bool = False) -> JsonObject:
    """Create the object, or adopt it if it already exists and is this workload's own. Return it as it now exists.

    What an earlier try made may be in its own way: the API server reports a used port or an exhausted quota before it
    reports a used name. So a refusal counts only once it is known that the existing object belongs to something else. A
    creation that is refused for its name has already been counted in the quota, so set `look_first` after an earlier
    try.

    Raises NameTakenError if something else has the name, TransientError while the object that had it is still being
    removed, and the refusal itself if the API server refuses the object for another reason.
    """
    if look_first:
        with suppress(NotFoundError):
            there = await api.get(item_path(path, body["metadata"]["name"]))
            if owned_by(there, uid) and "deletionTimestamp" not in there["metadata"]:
                return there
    try:
        return await api.create(path, body)
    except (AlreadyExistsError, ForbiddenError, InvalidError) as error:
        refusal = error
    name, kind = body["metadata"]["name"], body["kind"]
    found = await _holder_of(api, item_path(path, name), refusal)
    if found is None:
        raise TransientError(f"{kind} {name} is just being removed", retry_after=0.5)
    if owned_by(found, uid) and "deletionTimestamp" not in found["metadata"]:
        return found
    raise await name_conflict(api, kind, name, found)


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
