"""The claim: the ConfigMap named as the job, which holds its name and the values that were decided, from before
anything else exists.

Create-only and owned by the workload. With `name` the claim's name is fixed; with a prefix it is `<prefix>-<index>`,
from 1, the next that nobody holds.
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
"""Names found taken in a row after which the names in use are read again: other creators have moved on."""


@dataclass
class Indices:
    """The last index known to be used, per namespace and prefix; so the next name is usually free at the first try."""

    api: Api
    _last: dict[str, dict[str, int]] = field(default_factory=dict)
    _learning: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _outdated: set[str] = field(default_factory=set)

    async def next(self, namespace: str, prefix: str) -> str:
        """A name for the prefix that this process has not given out before and that was free when last looked."""
        if namespace not in self._last or namespace in self._outdated:
            self._outdated.discard(namespace)
            await self.learn(namespace)
        last = self._last[namespace]
        last[prefix] = last.get(prefix, 0) + 1
        return f"{prefix}-{last[prefix]}"

    def found_taken(self, namespace: str) -> None:
        """A name of ours was taken by something that came after we looked: the next one is given after another look."""
        self._outdated.add(namespace)

    async def learn(self, namespace: str) -> None:
        """Read which names are in use; indices only ever grow. However many ask at once, it is read once."""
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
                continue  # a kind that this cluster does not know holds no names
            for item in answer["items"]:
                if match := INDEXED.match(item["metadata"]["name"]):
                    found[match[1]] = max(found.get(match[1], 0), int(match[2]))
        known = self._last.setdefault(namespace, {})
        for prefix, index in found.items():
            known[prefix] = max(known.get(prefix, 0), index)


async def find(api: Api, namespace: str, uid: str) -> list[JsonObject]:
    """The claims of a workload, lowest index first: more than one only where creators met, or one died between two
    writes."""
    answer = await api.list(
        resource_path("configmaps", namespace, api_version="v1"), {"labelSelector": f"{WORKLOAD_UID_LABEL}={uid}"}
    )
    ours = [item for item in answer["items"] if owned_by(item, uid) and "deletionTimestamp" not in item["metadata"]]
    return sorted(ours, key=lambda item: (len(item["metadata"]["name"]), item["metadata"]["name"]))


async def create_or_adopt(api: Api, path: str, body: JsonObject, uid: str, *, look_first: bool = False) -> JsonObject:
    """The object as it exists after this: created now, or found to be this workload's own already.

    What an earlier try made may be in its own way: the API server says that its port or the quota is used up before it
    says that the name is. So a refusal counts only once we know that what is there is not ours. And a creation that is
    refused because of the name has been counted in the quota by then, so `look_first` where there was an earlier try.

    Raises NameTakenError when something else has the name, TransientError while what had it is still being removed,
    and the refusal where the API server refuses the object for other reasons.
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
    """What has the name of what was refused; None where it went meanwhile. Raises the refusal where nothing has it."""
    try:
        return await api.get(path)
    except PermanentError as error:
        if not isinstance(refusal, AlreadyExistsError):
            raise refusal from None
        if isinstance(error, NotFoundError):
            return None
        raise
